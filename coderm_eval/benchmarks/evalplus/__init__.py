"""HumanEval+ and MBPP+, loaded by EvalPlus's own loaders and graded by its own checker."""

from __future__ import annotations

import gzip
import hashlib
import importlib.metadata
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from coderm_eval.benchmarks.base import Benchmark, GradeTask
from coderm_eval.benchmarks.evalplus.ground_truth import ensure_ground_truth
from coderm_eval.errors import DatasetError
from coderm_eval.execution.pool import Job, WorkerPool
from coderm_eval.generation.prompts import docstring_question, function_question, policy_prompt
from coderm_eval.records import Grade, Problem

__all__ = ["load_humaneval_plus", "load_mbpp_plus"]

# EvalPlus gives a program at most 60 s and a second of grace for each of its two suites (evalplus.eval).
_PATIENCE_S = 2 * (60 + 3) + 60

_PASSED_ON = ("EVALPLUS_MAX_MEMORY_BYTES",)
_PATHS_PASSED_ON = ("HOME", "XDG_CACHE_HOME", "HUMANEVAL_OVERRIDE_PATH", "MBPP_OVERRIDE_PATH")


class _EvalPlus(Benchmark):
    """One of EvalPlus's two datasets; `dataset` is its name there: humaneval or mbpp."""

    def __init__(self, name: str, dataset: str) -> None:
        self.name = name
        self.dataset = dataset
        self.problems, self.dataset_sha256 = _load(dataset)

    def grader(self) -> str:
        version = importlib.metadata.version("evalplus")
        memory = os.environ.get("EVALPLUS_MAX_MEMORY_BYTES", "")
        return f"evalplus {version} {self.dataset} {self.dataset_sha256} {memory}"

    def grade(self, tasks: Iterable[GradeTask], *, workers: int) -> Iterator[tuple[str, Grade]]:
        ensure_ground_truth(self.dataset)
        pool = WorkerPool(
            "coderm_eval.benchmarks.evalplus.worker",
            arguments=[self.dataset],
            workers=workers,
            patience_s=_PATIENCE_S,
            environment=_environment(),
        )
        jobs = (Job([(t.key, {"task_id": t.task_id, "program": t.program})]) for t in tasks)
        with pool:
            for key, statuses in pool.run(jobs):
                yield key, Grade(statuses or {})


def load_humaneval_plus() -> Benchmark:
    return _EvalPlus("humaneval+", "humaneval")


def load_mbpp_plus() -> Benchmark:
    return _EvalPlus("mbpp+", "mbpp")


def _problem(row: dict[str, Any], dataset: str) -> Problem:
    prompt, entry_point = row["prompt"], row["entry_point"]
    mbpp = dataset == "mbpp"
    return Problem(
        task_id=row["task_id"],
        entry_point=entry_point,
        prompt=prompt,
        question=docstring_question(prompt) if mbpp else function_question(prompt, entry_point),
        request=policy_prompt(prompt),
    )


def _environment() -> dict[str, str]:
    """The variables that EvalPlus reads; paths made absolute, since a worker runs in another folder."""
    plain = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return plain | {name: str(Path(os.environ[name]).absolute()) for name in _PATHS_PASSED_ON if os.environ.get(name)}


def _load(dataset: str) -> tuple[tuple[Problem, ...], str]:
    """EvalPlus's problems and the SHA-256 of the file they come from.

    Raises:
        DatasetError: no override, nothing in EvalPlus's cache, and no network; or a file that is no dataset.
    """
    from evalplus.data import humaneval, mbpp

    variable = f"{dataset.upper()}_OVERRIDE_PATH"
    try:
        if dataset == "humaneval":
            path, rows = humaneval._ready_human_eval_plus_path(), humaneval.get_human_eval_plus()
        else:
            path, rows = mbpp._ready_mbpp_plus_path(), mbpp.get_mbpp_plus()
        problems = tuple(_problem(row, dataset) for row in rows.values())
        if not problems:
            raise ValueError("it holds no problems")
        return problems, hashlib.sha256(_uncompressed(Path(path))).hexdigest()
    except Exception as error:  # a file that is no dataset breaks EvalPlus's loaders anywhere
        reason = " ".join(str(error).split()) or type(error).__name__
        given = os.environ.get(variable)
        if given:
            raise DatasetError(
                f"{variable} is {given!r}, which cannot be read as EvalPlus's dataset ({reason}); "
                "point it to EvalPlus's .jsonl or .jsonl.gz file"
            ) from error
        raise DatasetError(
            f"EvalPlus's {dataset} dataset is not in its cache and could not be downloaded ({reason}); "
            f"set {variable}=/path/to/its.jsonl, or run once where the network reaches it"
        ) from error


def _uncompressed(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data
