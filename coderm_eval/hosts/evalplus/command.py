"""`evalplus.coderm`, the script between `evalplus.codegen` and `evalplus.evaluate`.

    evalplus.coderm --dataset humaneval --samples X.jsonl --tests tests.jsonl

X.coderm.jsonl              the pick of each task, as an EvalPlus sample
X.coderm/                   the run directory, with all that was expensive in its store
X_eval_results.json and X.coderm_eval_results.json, which EvalPlus itself reads and prints pass@k of
"""

from __future__ import annotations

import inspect
import logging
import os
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import evalplus.provider
import fire
from evalplus.codegen import run_codegen
from evalplus.config import DEFAULT_GT_TIME_LIMIT_FACTOR, DEFAULT_MIN_TIME_LIMIT
from evalplus.evaluate import evaluate as evalplus_evaluate

from coderm_eval.benchmarks import Benchmark, load_benchmark
from coderm_eval.benchmarks.grade import grade_programs, require_complete
from coderm_eval.core.errors import IncompleteRunError, InputError, ModelError, SettingsError
from coderm_eval.core.files import write_atomically
from coderm_eval.core.messages import abbreviated, single_line, suggestion, user_errors
from coderm_eval.core.records import Grade, ProblemCandidates, deduplicate_candidates
from coderm_eval.core.store import Store
from coderm_eval.generation.recorded.samples import read_samples, take_first
from coderm_eval.generation.settings import TestSettings
from coderm_eval.generation.write_tests import validate_test_settings
from coderm_eval.hosts.evalplus.files import (
    ResultsFile,
    back_up,
    results_path,
    sibling_path,
    write_results,
)
from coderm_eval.pipeline.preflight import preflight
from coderm_eval.pipeline.run import run
from coderm_eval.pipeline.settings import Settings, load_settings
from coderm_eval.report.reporter import RunReport

__all__ = ["evaluate", "main"]

log = logging.getLogger(__name__)

_BENCHMARKS = {"humaneval": "humaneval+", "mbpp": "mbpp+"}


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
    allow_incomplete: bool = False,
    **model_kwargs: Any,
) -> None:
    """Pick one of each task's samples by unit tests, and evaluate the samples and the picks as EvalPlus does.

    What is not described here is a flag of evalplus.evaluate, with its meaning there. With --model, every flag of
    evalplus.codegen is one of this script, which samples first.

    Args:
        samples: a .jsonl file of EvalPlus samples, or a folder of them.
        i_just_wanna_run: evaluate again, and keep result files that are there already as .bak.
        tests: recorded unit tests, a file of {"task_id", "test"} lines.
        tests_model: the model that writes unit tests, where none are recorded, such as KAKA22/CodeRM-8B.
        tests_base_url: its OpenAI-compatible server; by default --base-url, which with --model is the policy's.
        tests_backend: openai, or, in this process, vllm or hf.
        num_tests: unit tests per problem.
        select: the rule that picks.
        budget: how tests are shared out.
        config: YAML file of settings; flags override it.
        store: folder of stored answers, executions and grades; by default in the run directory.
        allow_partial: go on with the tasks that have samples.
        allow_incomplete: end well although something could not be run.
        model_kwargs: base_url; flags of evalplus.codegen.

    Raises:
        CodermError: a flag, file, dataset, model or server that cannot be used.
        NotRunError: something could not be run, and `allow_incomplete` is off.
    """
    name = _benchmark_name(dataset)
    if test_details:
        raise SettingsError("--test-details is not for this script; see `evalplus.evaluate --test-details`")
    _check_origin(samples, model_kwargs)
    chosen = {
        "evalplus": _changed(
            mini=mini,
            noextreme=noextreme,
            version=version,
            base_only=base_only,
            min_time_limit=min_time_limit,
            gt_time_limit_factor=gt_time_limit_factor,
        ),
        "execution": _given(workers=parallel or None, allow_incomplete=allow_incomplete or None),
        "tests": _tests(tests, tests_model, tests_base_url, tests_backend, num_tests, model_kwargs),
        "budget": _given(policy=budget),
        **_given(select=select, store=store),
    }
    settings = _settings(chosen, config)
    validate_test_settings(settings.tests)
    benchmark = load_benchmark(name, settings.for_benchmark(name))
    evaluation = _EvalPlusRun(dataset, benchmark, settings, i_just_wanna_run, allow_partial)
    if samples is None:
        preflight(settings)  # what would fail after hours of sampling
        samples = _codegen(dataset, version, model_kwargs)
    evaluation.of(_path("samples", samples))


def main() -> None:
    """The console script."""
    logging.basicConfig(format="evalplus.coderm: %(message)s", level=logging.WARNING)
    with user_errors("evalplus.coderm"):
        fire.Fire(evaluate, name="evalplus.coderm")


@dataclass(frozen=True)
class _EvalPlusRun:
    """How samples are reranked and evaluated, wherever they come from."""

    dataset: str
    benchmark: Benchmark
    settings: Settings
    anew: bool
    """Whether result files that are there already are set aside."""
    allow_partial: bool

    def of(self, samples: Path) -> None:
        """Rerank the samples and write the picks; then EvalPlus prints pass@k of both."""
        programs = self._read(samples)
        self._refuse_stale(samples, programs)
        out, picks = sibling_path(samples, ".coderm"), sibling_path(samples, ".coderm.jsonl")
        store = self.settings.store or out / "store"
        result = self._rerank(samples, programs, out, store)
        write_atomically(picks, (out / "chosen.jsonl").read_bytes())
        grades = self._grades(programs, store, out)
        count = sum(map(len, programs.values()))
        self._print(samples, programs, grades, f"{count} samples of {len(programs)} tasks")
        tests = result.summary["tests_per_problem"]
        how = f"one sample per task, picked by rule {self.settings.rule} with {tests:g} tests per problem"
        self._print(picks, self._picked(result), grades, how)
        print(f"run directory: {out}")

    def _read(self, samples: Path) -> dict[str, list[str]]:
        """The programs of each of the benchmark's tasks, in the benchmark's order."""
        if not samples.is_dir() and samples.suffix != ".jsonl":
            raise InputError(
                f"{samples}: EvalPlus takes samples from a plain .jsonl file or from a folder; unpack or rename it"
            )
        return read_samples(
            samples,
            self.benchmark.problem_by_id(),
            benchmark=self.benchmark.name,
            n=None,
            allow_partial=self.allow_partial,
        )

    def _picked(self, result: RunReport) -> dict[str, list[str]]:
        """The one program of each task that was picked."""
        chosen = {r.problem.task_id: r.candidates[r.selections[self.settings.rule].chosen] for r in result.results}
        return {task: [candidate.program] for task, candidate in chosen.items()}

    def _refuse_stale(self, samples: Path, programs: Mapping[str, Sequence[str]]) -> None:
        """EvalPlus reads a result file that is there, whatever it is of."""
        path = results_path(samples)
        why = self._expected(programs).mismatch(path) if path.is_file() and not self.anew else None
        if why:
            raise InputError(f"{path} {why}; give --i-just-wanna-run, which keeps it as .bak, or delete it")

    def _rerank(self, samples: Path, programs: Mapping[str, list[str]], out: Path, store: Path) -> RunReport:
        known = self.benchmark.problem_by_id()
        problems = [
            ProblemCandidates(known[task], deduplicate_candidates(listed))
            for task, listed in take_first(samples, programs, self.settings.n).items()
        ]
        return run(
            self.benchmark,
            problems,
            self.settings,
            out=out,
            store_folder=store,
            graded=True,
            allow_partial=self.allow_partial,
        )

    def _grades(self, programs: Mapping[str, Sequence[str]], store: Path, out: Path) -> dict[tuple[str, str], Grade]:
        """The run has stored them, but for samples that `n` left out of it."""
        pairs = [(task, program) for task, listed in programs.items() for program in listed]
        execution = self.settings.execution
        with Store(store) as opened:
            grades = grade_programs(self.benchmark, pairs, opened, execution)
        ungraded = sum(grades[pair].passed is None for pair in pairs)
        require_complete(executions=0, grades=ungraded, out=out, allowed=execution.allow_incomplete)
        return grades

    def _print(
        self,
        samples: Path,
        programs: Mapping[str, Sequence[str]],
        grades: Mapping[tuple[str, str], Grade],
        what: str,
    ) -> None:
        self._write_results(samples, programs, grades)
        print(f"{samples}: {what}")
        evalplus_evaluate(self.dataset, str(samples), base_only=self.settings.evalplus.base_only)

    def _write_results(
        self, samples: Path, programs: Mapping[str, Sequence[str]], grades: Mapping[tuple[str, str], Grade]
    ) -> None:
        """Unless as many are there; those of other picks, which are gone, are replaced."""
        path, expected = results_path(samples), self._expected(programs)
        rows = expected.rows(grades)
        fits = path.is_file() and not expected.mismatch(path)
        if fits and not self.anew and not expected.is_incomplete(path, rows):
            if otherwise := expected.disagreements(path, grades):
                log.warning("%s judges samples of %s otherwise than this run's grader", path, abbreviated(otherwise))
            return
        if not rows:
            raise IncompleteRunError(
                f"{path}: not written, as nothing could be graded; run the same command to try again"
            )
        if fits or (self.anew and path.is_file()):
            print(f"Backup {path} to {back_up(path)}")
        write_results(path, expected.hash, rows)

    def _expected(self, programs: Mapping[str, Sequence[str]]) -> ResultsFile:
        return ResultsFile(self.benchmark.results_hash, programs, self.settings.evalplus.base_only)


# Flags


def _benchmark_name(dataset: str) -> str:
    if dataset == "evalperf":
        raise SettingsError("evalperf measures how fast programs are, which no unit test says; see `evalplus.evalperf`")
    name = _BENCHMARKS.get(str(dataset))
    if name is None:
        raise SettingsError(f"--dataset is {dataset!r}; {suggestion(str(dataset), _BENCHMARKS)}")
    return name


def _check_origin(samples: str | None, model_kwargs: Mapping[str, Any]) -> None:
    """Samples or a model that gives them, and no flag that is for neither."""
    codegen = [name for name in _parameters(run_codegen) if name not in ("dataset", "version")]
    if unknown := next((name for name in model_kwargs if name not in codegen), None):
        known = [name for name in _parameters(evaluate) if name != "model_kwargs"] + codegen
        raise SettingsError(f"unknown flag {_flag(unknown)}; {suggestion(_flag(unknown), map(_flag, known))}")
    if samples is not None and "model" in model_kwargs:
        raise SettingsError("--samples and --model exclude each other: give the samples, or the model that draws them")
    if samples is None and "model" not in model_kwargs:
        raise SettingsError(
            "no samples: give --samples X.jsonl, or --model M --n-samples 100 --temperature 0.8 to have them drawn"
        )
    if samples is not None and (without := [name for name in model_kwargs if name != "base_url"]):
        raise SettingsError(f"{_flag(without[0])} says how --model is sampled, and --samples are drawn already")
    backends = {module.name for module in pkgutil.iter_modules(evalplus.provider.__path__)} - {"base", "utility"}
    backend = model_kwargs.get("backend")
    if backend is not None and backend not in backends:
        raise SettingsError(f"--backend is {backend!r}; {suggestion(str(backend), sorted(backends))}")


def _parameters(function: Any) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(function).parameters


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _changed(**flags: Any) -> dict[str, Any]:
    """Those that are not EvalPlus's defaults: the others may stand in a file of settings."""
    defaults = _parameters(evalplus_evaluate)
    return {name: value for name, value in flags.items() if value != defaults[name].default}


def _given(**flags: Any) -> dict[str, Any]:
    return {name: value for name, value in flags.items() if value is not None}


def _tests(
    file: str | None,
    model: str | None,
    base_url: str | None,
    backend: str | None,
    num: int | None,
    model_kwargs: Mapping[str, Any],
) -> dict[str, Any]:
    """The section of settings that says where unit tests come from."""
    if file and model:
        raise SettingsError("--tests and --tests-model exclude each other: tests are recorded, or a model writes them")
    if file:
        return _given(file=file, num=num)
    if model:
        backend = backend or "openai"
    if model or "model" not in model_kwargs:
        base_url = base_url or model_kwargs.get("base_url")
    return _given(model=model, base_url=base_url, backend=backend, num=num)


def _settings(chosen: Mapping[str, Any], config: str | None) -> Settings:
    """Settings with these flags, over those of the file `config`; half of the cores work where neither says."""
    settings = load_settings(chosen, source="flags", config=None if config is None else _path("config", config))
    _check_tests(settings.tests)
    if "workers" in settings.execution.model_fields_set:
        return settings
    execution = settings.execution.model_copy(update={"workers": max(1, (os.cpu_count() or 1) // 2)})
    return settings.model_copy(update={"execution": execution})


def _check_tests(tests: TestSettings) -> None:
    """Say in flags what `check_tests` says in settings."""
    if tests.file is None and tests.model is None:
        raise SettingsError(
            "no unit tests: give --tests tests.jsonl, or --tests-model KAKA22/CodeRM-8B with "
            "--tests-base-url http://127.0.0.1:8001/v1 or --tests-backend vllm"
        )
    if tests.backend == "openai" and tests.base_url is None:
        raise SettingsError(
            f"no server for the test writer {tests.model}: give --tests-base-url http://127.0.0.1:8001/v1, "
            "or --tests-backend vllm to run it in this process"
        )


def _path(name: str, value: Any) -> Path:
    """Fire reads a flag without a value as True, and one that looks like a number as that."""
    if not isinstance(value, str | os.PathLike):
        raise SettingsError(f"{_flag(name)} is {value!r}; give a path, with ./ before it if it looks like a number")
    return Path(value)


def _codegen(dataset: str, version: str, model_kwargs: Mapping[str, Any]) -> str:
    """Have EvalPlus draw samples; returns where they are."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # as evalplus.evaluate does, against a warning
    try:
        return str(run_codegen(dataset=dataset, version=version, **model_kwargs))
    except ImportError as error:
        raise ModelError(
            f"evalplus.codegen needs {error.name}, which is not installed: run `pip install {error.name}`, "
            "or give another --backend"
        ) from error
    except Exception as error:  # its providers let through whatever the libraries below them raise
        raise ModelError(
            f"evalplus.codegen stopped ({type(error).__name__}: {single_line(error)}); samples drawn so far are "
            "kept, and the same command goes on from them"
        ) from error
