"""What a run's problems add up to: from the lines of tally.jsonl to what summary.json is made of.

About 300 bytes a problem are kept, however many candidates and tests it has.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from coderm_eval.generation.cached_model import TokenUsage
from coderm_eval.report.quality import ConfusionMatrix
from coderm_eval.report.scores import ROWS, MeanScores, mean_scores

__all__ = ["Tally"]

_OF_PROBLEM = (
    *("samples", "programs", "no_code", "no_function", "tests", "test_samples", "tests_used", "confidence"),
    *("change_probability", "executions", "not_run", "inputs", "inputs_run", "inputs_unanswered", "undecided"),
    "faulty",
)
_OF_WRITING = ("read", "truncated", "truncated_but_usable")


class Tally:
    """A column for each number of the lines, in their order, and what is only added up."""

    def __init__(self, rows: Iterable[Mapping[str, Any]] = ()) -> None:
        self.tasks: list[str] = []
        self.rejected: Counter[str] = Counter()
        """Test samples without a usable test, by reason."""
        self.rejected_examples: dict[str, tuple[str, int]] = {}
        """For each of these reasons a task and the index of a sample, the first in the order of both."""
        self.faults: Counter[str] = Counter()
        """Test samples that say nothing of any program, by reason."""
        self.fault_examples: dict[str, Mapping[str, Any]] = {}
        """For each of these reasons the first example."""
        self.usage = TokenUsage()
        """What the test samples cost; `seconds` are added by whoever knows them."""
        self.single_tests = ConfusionMatrix(0, 0, 0, 0)
        self.vote = ConfusionMatrix(0, 0, 0, 0)
        self.known_bad: list[str] = []
        """Problems whose own tests are known to be wrong."""
        self.other_graders: set[str] = set()
        self._columns: defaultdict[str, array[float]] = defaultdict(lambda: array("d"))
        self._scores: defaultdict[str, array[float]] = defaultdict(lambda: array("d"))
        for row in rows:
            self.add(row)

    def __len__(self) -> int:
        return len(self.tasks)

    @property
    def is_graded(self) -> bool:
        return bool(self._scores)

    def add(self, row: Mapping[str, Any]) -> None:
        """Count one line of tally.jsonl."""
        task = str(row["task_id"])
        self.tasks.append(task)
        for name in _OF_PROBLEM:
            self._columns[name].append(_number(row[name]))
        self._add_written(task, row["written"])
        for kind, found in row["faults"].items():
            self.faults[kind] += found["test_samples"]
            self.fault_examples.setdefault(kind, {"task_id": task, **found["example"]})
        if row["graded"] is not None:
            self._add_graded(task, row["graded"])

    def _add_written(self, task: str, written: Mapping[str, Any]) -> None:
        for name in _OF_WRITING:
            self._columns[name].append(written[name])
        self.rejected.update(written["rejected"])
        for reason, sample in written["examples"].items():
            first = self.rejected_examples.get(reason, (task, sample))
            self.rejected_examples[reason] = min(first, (task, sample))
        self.usage.prompt_tokens += written["prompt_tokens"]
        self.usage.completion_tokens += written["completion_tokens"]
        self.usage.models.update(written["models"])

    def _add_graded(self, task: str, graded: Mapping[str, Any]) -> None:
        self._columns["grades_not_run"].append(graded["not_run"])
        for name, score in graded["pass@1"].items():
            self._scores[name].append(_number(score))
        self.single_tests += ConfusionMatrix(*graded["single_tests"])
        self.vote += ConfusionMatrix(*graded["vote"])
        if graded["known_bad"]:
            self.known_bad.append(task)
        other = graded["other"]
        self._columns["other"].append(_number(other["passed"] if other else None))
        if other:
            self.other_graders.add(other["grader"])

    def column(self, name: str) -> npt.NDArray[np.float64]:
        """A number of each problem; NaN for null."""
        return np.array(self._columns[name])

    def total(self, name: str) -> int:
        """The sum of a column; 0 of one that no line has, as of ungraded problems."""
        return int(self.column(name).sum())

    def mean(self, name: str) -> float:
        """The mean of a column, with four digits."""
        return round(float(self.column(name).sum()) / len(self), 4)

    def scores(self, name: str) -> npt.NDArray[np.float64]:
        """pass@1 of each problem by a way to choose: one of `report.scores.ROWS`, or a rule; NaN where undefined."""
        return np.array(self._scores[name])

    @property
    def rules(self) -> list[str]:
        """The rules that were applied."""
        return [name for name in self._scores if name == "majority" or name not in ROWS]

    def mean_scores(self, *, without_known_bad: bool = False) -> MeanScores:
        """The means over all problems, or over those without known errors."""
        kept = ~np.isin(self.tasks, self.known_bad) if without_known_bad else np.full(len(self), True)
        return mean_scores({row: self.scores(row)[kept] for row in ROWS})

    def scores_by_task(self) -> dict[str, dict[str, float]]:
        """pass@1 by task id and way to choose."""
        columns = [column.tolist() for column in self._scores.values()]
        return {
            task: dict(zip(self._scores, scores, strict=True))
            for task, *scores in zip(self.tasks, *columns, strict=True)
        }


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
