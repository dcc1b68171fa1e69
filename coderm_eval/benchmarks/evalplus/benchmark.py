"""HumanEval+ and MBPP+, loaded by EvalPlus's own loaders and graded by its own rules inside the executor."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from coderm_eval.benchmarks.base import Benchmark, GradeTask
from coderm_eval.benchmarks.evalplus.comparison import BROKEN_TASK
from coderm_eval.benchmarks.evalplus.dataset import Dataset, Row
from coderm_eval.benchmarks.evalplus.gold_tests import (
    LIBRARIES,
    LIMITS,
    REVISION,
    accepts_any_solution,
    gold_program,
    loads_test,
    statuses,
    suite_test,
)
from coderm_eval.benchmarks.evalplus.reference_answers import SUITES, Answers, reference_answers
from coderm_eval.benchmarks.evalplus.settings import EvalPlusSettings
from coderm_eval.benchmarks.prompts import AFTER_FUNCTION, function_request
from coderm_eval.core.errors import SettingsError
from coderm_eval.core.records import Grade, Problem, Verdict
from coderm_eval.execution.backends.base import Executor
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.limits_fingerprint import limits_fingerprint
from coderm_eval.execution.program_test import ProgramTest
from coderm_eval.generation.questions import docstring_question, function_question

__all__ = ["EvalPlus", "humaneval_plus_files", "load_humaneval_plus", "load_mbpp_plus", "mbpp_plus_files"]

_MIB = 1024 * 1024

AFTER_DOCSTRING = ('\n"""', "\nassert", "\nif __name__", "\nprint(")
"""Stop texts for MBPP+: its prompts are a docstring, so the function is still to come. The first two are EvalPlus's."""


class _Key(NamedTuple):
    task: GradeTask
    suite: str


class EvalPlus(Benchmark):
    """One of EvalPlus's two datasets, with its own limits unless the settings have others."""

    def __init__(self, name: str, dataset: Dataset, settings: EvalPlusSettings) -> None:
        self.name = name
        self.dataset = dataset
        self.rows = dataset.rows()
        self.problems = tuple(_problem(row, dataset.name) for row in self.rows.values())
        self.dataset_sha256 = dataset.sha256()
        unpassable = {task for task, row in self.rows.items() if row["entry_point"] == BROKEN_TASK}
        self.errata = frozenset(() if unpassable and accepts_any_solution() else unpassable)
        self._suites = SUITES[:1] if settings.base_only else SUITES
        self._least_s, self._factor = _time_limits(settings)

    @property
    def results_hash(self) -> str:
        return self.dataset.hash()

    def grader(self) -> str:
        version = importlib.metadata.version("evalplus")
        limits = f"{limits_fingerprint(self._limits())} {self._factor}"
        return f"evalplus {version} {REVISION} {self.dataset.name} {self.dataset_sha256} {self._suites} {limits}"

    def prepare(self) -> None:
        reference_answers(self.dataset)

    def grade(self, tasks: Iterable[GradeTask], executor: Executor) -> Iterator[tuple[str, Grade]]:
        found: dict[GradeTask, dict[str, Verdict]] = {}
        tests = self._tests(sorted(tasks, key=lambda task: task.task_id), reference_answers(self.dataset))
        for result in executor.run(tests, self._limits(), LIBRARIES):
            task, suite = result.key
            verdicts = found.setdefault(task, {})
            verdicts[suite] = result.verdict
            if len(verdicts) > len(self._suites):
                yield task.key, Grade(statuses(found.pop(task), unpassable=task.task_id in self.errata))

    def _seconds(self, answers: Mapping[str, Answers]) -> float:
        """Return the time limit of a problem's slowest input."""
        return max(self._least_s, *(self._factor * answers[suite].seconds for suite in self._suites))

    def _limits(self) -> Limits:
        return LIMITS._replace(timeout_s=self._least_s, memory_mb=_memory_mb())

    def _tests(
        self, tasks: Iterable[GradeTask], answers: Mapping[str, Mapping[str, Answers]]
    ) -> Iterator[ProgramTest[_Key]]:
        for task_id, group in groupby(tasks, lambda task: task.task_id):
            row, of_row = self.rows[task_id], answers[task_id]
            tests = {suite: suite_test(row, of_row[suite]) for suite in self._suites} | {"loads": loads_test(row)}
            seconds = self._seconds(of_row)
            for task in group:
                program = gold_program(task.program)
                for suite, test in tests.items():
                    yield ProgramTest(
                        _Key(task, suite), program, test, task_id, row["entry_point"], timeout_s=seconds, trusted=True
                    )


_DEFAULTS = EvalPlusSettings()


def load_humaneval_plus(settings: EvalPlusSettings = _DEFAULTS) -> EvalPlus:
    """Load HumanEval+; raises DatasetError if its data is not on this machine and cannot be downloaded."""
    return EvalPlus("humaneval+", Dataset.of("humaneval", settings), settings)


def load_mbpp_plus(settings: EvalPlusSettings = _DEFAULTS) -> EvalPlus:
    """Load MBPP+; raises DatasetError as for HumanEval+, SettingsError for a part that it does not have."""
    if settings.mini:
        raise SettingsError("evalplus.mini (--mini): MBPP+ has no mini version; leave it out")
    return EvalPlus("mbpp+", Dataset.of("mbpp", settings), settings)


def humaneval_plus_files(settings: EvalPlusSettings = _DEFAULTS) -> list[Path]:
    """The file of HumanEval+, which is read; empty if it would have to be downloaded."""
    return Dataset.of("humaneval", settings).local_files()


def mbpp_plus_files(settings: EvalPlusSettings = _DEFAULTS) -> list[Path]:
    """The same for MBPP+, which has no mini version."""
    return Dataset.of("mbpp", settings)._replace(mini=False).local_files()


def _problem(row: Row, dataset: str) -> Problem:
    prompt, entry_point = row["prompt"], row["entry_point"]
    mbpp = dataset == "mbpp"
    return Problem(
        task_id=row["task_id"],
        entry_point=entry_point,
        prompt=prompt,
        question=docstring_question(prompt) if mbpp else function_question(prompt, entry_point),
        request=function_request(prompt),
        stop=AFTER_DOCSTRING if mbpp else AFTER_FUNCTION,
    )


def _time_limits(settings: EvalPlusSettings) -> tuple[float, float]:
    """Return the fewest seconds, and the multiple of the reference solution's; by default the installed EvalPlus's."""
    from evalplus.config import DEFAULT_GT_TIME_LIMIT_FACTOR, DEFAULT_MIN_TIME_LIMIT

    return (
        settings.min_time_limit or DEFAULT_MIN_TIME_LIMIT,
        settings.gt_time_limit_factor or DEFAULT_GT_TIME_LIMIT_FACTOR,
    )


def _memory_mb() -> int:
    """Return EvalPlus's limit: 4 GiB unless its variable says otherwise, where -1 is all that the machine has."""
    from evalplus.eval import query_maximum_memory_bytes

    limit: int = query_maximum_memory_bytes() or os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return limit // _MIB
