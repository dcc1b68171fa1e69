"""A finished run as a notebook looks at it. Nothing but its directory is read, and of that only what is asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coderm_eval.core.errors import InputError
from coderm_eval.core.messages import counted, suggestion
from coderm_eval.report.budget_curve import draw_curve, read_curve
from coderm_eval.report.printed_table import Table
from coderm_eval.report.rows import read_grade, read_interval
from coderm_eval.report.run_directory import RunDirectory
from coderm_eval.report.statistics import Interval
from coderm_eval.report.tables import rules_table, scores_table, value_and_ci, without_vote
from coderm_eval.report.texts_of_run import by_task
from coderm_eval.report.verdict_table import Matrix, matrix_of_row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

__all__ = ["Pick", "Run"]


@dataclass(frozen=True)
class Pick:
    """The program that the run's rule chose for a problem."""

    program: str
    sample: int
    """Its place among the problem's samples, from 0."""
    confidence: float
    """How likely it is to be right, from 0 to 1; NaN where that is not known."""
    abstained: bool
    """Whether the pick is no answer, because it is less likely to be right than `abstain_below`."""
    right: bool | None
    """Whether it passes the benchmark's own tests; None where it was not graded."""


@dataclass(frozen=True, repr=False)
class Run:
    """A finished run. Every property reads files of the directory `folder`, once, when it is first used.

    All of them raise `InputError`, with one sentence, where a file is missing, damaged, or of another version.
    """

    folder: Path

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """The content of summary.json: every number of the run."""
        return self._directory.summary()

    @property
    def scores(self) -> Mapping[str, Interval]:
        """pass@1, from 0 to 1, of `coderm`, `first`, `majority`, `oracle` and `random`, each with its 95 % interval.

        Raises:
            InputError: the run was not graded.
        """
        with self._as_written():
            return {name: read_interval(row) for name, row in self._directory.graded_summary()["pass@1"].items()}

    @property
    def table(self) -> Table:
        """The `scores` in per cent, as text and as HTML; raises InputError if the run was not graded."""
        with self._as_written():
            return scores_table(self._directory.graded_summary())

    @property
    def rules(self) -> Table:
        """The rules side by side, all of them after `select="all"`; raises InputError if the run was not graded."""
        with self._as_written():
            summary = self._directory.graded_summary()
            return rules_table(without_vote(summary["rules"], summary["tests_per_problem"]))

    @cached_property
    def picks(self) -> Mapping[str, Pick]:
        """The pick of each problem, by task id, in the benchmark's order."""
        with self._as_written():
            chosen = {row["task_id"]: row for row in self._directory.rows("chosen.jsonl")}
            return {task: self._pick(task, chosen[task]) for task in self._rows}

    def matrix(self, task_id: str) -> Matrix:
        """The verdicts of a problem: an array of the shape (candidates, tests), its labels, and the texts.

        Raises:
            InputError: the run has no such problem.
        """
        if not isinstance(task_id, str) or task_id not in self._rows:
            raise InputError(f"{self.folder}: no problem {task_id!r:.60}; {suggestion(str(task_id), self._rows)}")
        with self._as_written():
            programs, tests = self._texts
            return matrix_of_row(self._rows[task_id], programs[task_id], tests[task_id])

    def to_pandas(self) -> DataFrame:
        """One row for each problem, with its task id as the index.

        The columns are `samples`, `candidates` (distinct ones) and `tests` (distinct ones); of the pick `tests_used`,
        `stopped`, `sample`, `ties` (samples of the same score), `confidence`, `abstained` and `right`; and
        `pass_rate`, the share of right samples among those that were graded. `right` is a nullable boolean: <NA> where
        there is no grade, and `pass_rate` is NaN there.

        Raises:
            InputError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            raise InputError("pandas is not installed; type `pip install pandas`, or use `picks`") from None
        with self._as_written():
            frame = pd.DataFrame.from_dict({task: self._as_row(task) for task in self._rows}, orient="index")
            frame["right"] = frame["right"].astype("boolean")
        return frame.rename_axis("task_id")

    def plot_curve(self, axes: Axes | None = None) -> Axes:
        """Draw pass@1 of each budget policy, in per cent, against the tests per problem; returns the axes.

        Args:
            axes: where to draw; a new figure by default.

        Raises:
            InputError: the run has no budget curve.
        """
        if not self._directory.has_curve():
            raise InputError(
                f"{self.folder}: no budget curve in it; run it with budget_curve=True, or "
                "`coderm-eval rerank --grade --budget-curve`"
            )
        with self._as_written():
            points = read_curve(self.folder)
        if axes is None:
            from matplotlib import pyplot  # takes half a second to load

            _, axes = pyplot.subplots(layout="constrained")
        draw_curve(axes, points, f"{self.summary['benchmark']}, {self._rule}")
        return axes

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r}): {self._in_words}"

    def _repr_html_(self) -> str:
        table = self.table._repr_html_() if self._is_graded else ""
        return f"<p><b>{escape(str(self.folder))}</b>: {escape(self._in_words)}</p>{table}"

    @property
    def _directory(self) -> RunDirectory:
        return RunDirectory(self.folder)

    @property
    def _rule(self) -> str:
        return str(self.summary["select"])

    @property
    def _is_graded(self) -> bool:
        return bool(self.summary.get("rules"))

    @property
    def _in_words(self) -> str:
        with self._as_written():
            summary = self.summary
            count = f"{counted(summary['n_problems'], 'problem')}, {summary['tests_per_problem']:.1f} tests per problem"
            if not self._is_graded:
                return f"{summary['benchmark']}, {count}, picks by {self._rule}, not graded"
            value, interval = value_and_ci(summary["pass@1"]["coderm"])
            return f"{summary['benchmark']}, {count}, picks by {self._rule}, pass@1 {value} % ({interval})"

    @cached_property
    def _rows(self) -> Mapping[str, Mapping[str, Any]]:
        """The rows of verdicts.jsonl, by task id."""
        with self._as_written():
            return {row["task_id"]: row for row in self._directory.rows("verdicts.jsonl")}

    @cached_property
    def _texts(self) -> tuple[Mapping[str, list[str]], Mapping[str, list[str]]]:
        """The programs and the tests of each task, as samples.jsonl and tests.jsonl have them."""
        directory = self._directory
        return by_task(directory.rows("samples.jsonl"), "solution"), by_task(directory.rows("tests.jsonl"), "test")

    @cached_property
    def _right(self) -> Mapping[str, Mapping[int, bool | None]]:
        """Whether each sample is right, by task id; empty where the run was not graded."""
        rows = self._directory.rows("grades.jsonl") if self._is_graded else []
        return {
            row["task_id"]: {sample: read_grade(one).passed for one in row["grades"] for sample in one["samples"]}
            for row in rows
        }

    def _pick(self, task: str, chosen: Mapping[str, Any]) -> Pick:
        pick = self._rows[task]["selections"][self._rule]
        return Pick(
            program=chosen["solution"],
            sample=pick["chosen"],
            confidence=math.nan if pick["confidence"] is None else pick["confidence"],
            abstained=chosen.get("abstained", False),
            right=self._right[task][pick["chosen"]] if self._right else None,
        )

    def _as_row(self, task: str) -> dict[str, Any]:
        row, pick = self._rows[task], self.picks[task]
        selection = row["selections"][self._rule]
        known = [right for right in self._right.get(task, {}).values() if right is not None]
        return {
            "samples": sum(map(len, row["candidates"])),
            "candidates": len(row["candidates"]),
            "tests": len(row["tests"]),
            "tests_used": selection["tests_used"],
            "stopped": selection["stopped"],
            "sample": pick.sample,
            "ties": len(selection["ties"]),
            "confidence": pick.confidence,
            "abstained": pick.abstained,
            "right": pick.right,
            "pass_rate": sum(known) / len(known) if known else math.nan,
        }

    @contextmanager
    def _as_written(self) -> Iterator[None]:
        """Say of files that do not belong together what they are."""
        try:
            yield
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{self.folder}: its files do not belong together, or another version of coderm-eval wrote them "
                f"({error!r:.80}); run the same again with overwrite"
            ) from None
