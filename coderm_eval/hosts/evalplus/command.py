"""`evalplus.coderm`, the script between `evalplus.codegen` and `evalplus.evaluate`.

    evalplus.coderm --dataset humaneval --samples X.jsonl --tests tests.jsonl

X.coderm.jsonl              the pick of each task, as an EvalPlus sample
X.coderm/                   the run directory, with all that was expensive in its store
X_eval_results.json and X.coderm_eval_results.json, which EvalPlus itself reads and prints pass@k of
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import fire
from evalplus.codegen import run_codegen
from evalplus.config import DEFAULT_GT_TIME_LIMIT_FACTOR, DEFAULT_MIN_TIME_LIMIT

from coderm_eval.benchmarks import Benchmark, load_benchmark
from coderm_eval.core.errors import CodermError, ModelError
from coderm_eval.core.messages import single_line
from coderm_eval.core.user_errors import user_errors
from coderm_eval.generation.recorded.readers import PARTIAL
from coderm_eval.generation.write_tests import check_tests_file, validate_test_settings
from coderm_eval.hosts.evalplus.drawn import extract_again
from coderm_eval.hosts.evalplus.drawn_from import drawn_from
from coderm_eval.hosts.evalplus.flags import (
    benchmark_name,
    check_flags,
    read_path,
    require_long_flags,
    settings_from_flags,
)
from coderm_eval.hosts.evalplus.help import help_text
from coderm_eval.hosts.evalplus.requests import GO_ON, bounded_requests
from coderm_eval.hosts.evalplus.run import EvalPlusRun
from coderm_eval.pipeline.preflight import preflight
from coderm_eval.pipeline.settings import Settings

__all__ = ["evaluate", "main"]


def evaluate(
    dataset: str,
    samples: str | None = None,
    base_only: bool = False,
    parallel: int | None = None,
    i_just_wanna_run: bool = False,
    test_details: bool = False,
    min_time_limit: float = DEFAULT_MIN_TIME_LIMIT,
    gt_time_limit_factor: float = DEFAULT_GT_TIME_LIMIT_FACTOR,
    mini: bool = False,
    noextreme: bool = False,
    version: str = "default",
    *,
    tests: str | None = None,
    tests_model: str | None = None,
    tests_base_url: str | None = None,
    tests_backend: str | None = None,
    num_tests: int | None = None,
    select: str | None = None,
    budget: str | None = None,
    config: str | None = None,
    store: str | None = None,
    allow_partial: bool = False,
    allow_incomplete: bool | None = None,
    **model_kwargs: Any,
) -> None:
    """Pick one of each task's samples by unit tests, and evaluate the samples and the picks as EvalPlus does.

    What is not described here is a flag of evalplus.evaluate, with its meaning there. With --model, every flag of
    evalplus.codegen is one of this script, which samples first.

    Args:
        samples: a .jsonl file of EvalPlus samples, or a folder of them.
        i_just_wanna_run: evaluate again, and keep existing results files as .bak.
        tests: recorded unit tests, a file of {"task_id", "test"} lines.
        tests_model: the model that writes unit tests if none are recorded, such as KAKA22/CodeRM-8B.
        tests_base_url: the test writer's OpenAI-compatible server; by default --base-url.
        tests_backend: openai; or, to run the test writer in this process, vllm or hf; or none, to pick without tests.
        num_tests: unit tests per problem.
        select: the rule that picks.
        budget: how the test budget is allocated: sequential, uniform or greedy.
        config: YAML file of settings; flags override it.
        store: folder of stored answers, executions and grades; by default in the run directory.
        allow_partial: evaluate only the tasks that have samples.
        allow_incomplete: exit 0 although something could not be run.
        model_kwargs: base_url; flags of evalplus.codegen.

    Raises:
        CodermError: a flag, file, dataset, model or server that cannot be used.
        IncompleteRunError: something could not be run, and `allow_incomplete` is off.
    """
    allow_incomplete = allow_incomplete or model_kwargs.pop("allow_not_run", None)  # its name before, kept until 1.0
    flags = {**locals(), "parallel": parallel or None}  # EvalPlus takes 0 for half of the cores
    name = benchmark_name(dataset)
    check_flags(evaluate, flags, model_kwargs)
    settings = settings_from_flags(flags, model_kwargs)
    validate_test_settings(settings.tests)
    benchmark = load_benchmark(name, settings.for_benchmark(name))
    run = EvalPlusRun(dataset, benchmark, settings, i_just_wanna_run, allow_partial, drawn_from(dataset, model_kwargs))
    run.rerank_and_evaluate(read_path("samples", samples or _sample(benchmark, settings, flags, model_kwargs)))


def main() -> None:
    """The console script."""
    logging.basicConfig(format="evalplus.coderm: %(message)s", level=logging.WARNING)
    with user_errors("evalplus.coderm"):
        require_long_flags(sys.argv[1:])
        if not {"-h", "--help"}.isdisjoint(sys.argv[1:]):
            print(help_text(evaluate, "evalplus.coderm"))
            return
        fire.Fire(evaluate, name="evalplus.coderm")


def _sample(
    benchmark: Benchmark, settings: Settings, flags: Mapping[str, Any], model_kwargs: Mapping[str, Any]
) -> Path:
    """Have `evalplus.codegen` draw samples, and find the programs in them as every host does; returns their file."""
    preflight(settings)  # what would fail after hours of sampling
    if not flags["allow_partial"]:
        known = benchmark.problem_by_id()
        check_tests_file(settings.tests, known, known, benchmark=benchmark.name, advice=PARTIAL)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # as evalplus.evaluate does, against a warning
    samples = Path(_drawn(flags["dataset"], flags["version"], model_kwargs))
    extract_again(samples, benchmark.problem_by_id(), settings.extraction)
    return samples


def _drawn(dataset: str, version: str, model_kwargs: Mapping[str, Any]) -> str:
    """Call `evalplus.codegen`; returns the file of its samples."""
    try:
        with bounded_requests(model_kwargs.get("backend")):
            return str(run_codegen(dataset=dataset, version=version, **model_kwargs))
    except CodermError:
        raise
    except ImportError as error:
        raise ModelError(
            f"evalplus.codegen needs {error.name}, which is not installed: run `pip install {error.name}`, "
            "or give another --backend"
        ) from error
    except Exception as error:  # its providers let through whatever the libraries below them raise
        what = f"{type(error).__name__}: {single_line(error)}"
        raise ModelError(f"evalplus.codegen stopped ({what}); {GO_ON}") from error
