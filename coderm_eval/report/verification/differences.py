"""Two times the same run: which verdicts, picks and grades are not the same."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from coderm_eval.core.programs.source import parse
from coderm_eval.core.records import Grade, RerankResult, UnitTest, Verdict, Verdicts
from coderm_eval.report.recorded_results import RecordedRun
from coderm_eval.report.verification.consistency import ROUNDING

__all__ = ["differences", "same_verdicts"]

_PATIENT_TIMEOUTS = 2
"""Tests that time out before the executor gives a program less time."""


def differences(recorded: RecordedRun, places: Sequence[int], again: RecordedRun) -> Iterator[str]:
    """Yield a sentence for each verdict, pick and grade that came out otherwise.

    Args:
        recorded: a run.
        places: which of its problems were run again.
        again: what came out, in this order.
    """
    for number, place in enumerate(places):
        there, here = recorded.results[place], again.results[number]
        yield from _different_runs(there, here)
        if recorded.grades:
            yield from _different_grades(there, recorded.grades[place], again.grades[number])


def same_verdicts(recorded: RecordedRun, again: RecordedRun) -> bool:
    """Return whether all verdicts of two whole runs are the same, also those that `differences` leaves open."""
    pairs = zip(recorded.results, again.results, strict=True)
    return all(np.array_equal(there.verdicts.matrix, here.verdicts.matrix) for there, here in pairs)


def _different_runs(there: RerankResult, here: RerankResult) -> Iterator[str]:
    """Yield which verdicts differ; where none does, which picks and rewards."""
    task = there.problem.task_id
    if list(map(_meaning, there.tests)) != list(map(_meaning, here.tests)):
        yield f"tests.jsonl: {task}: the tests are not those that a run makes of them"
        return
    cells = there.verdicts.matrix != here.verdicts.matrix
    open_rows = _got_less_time(there.verdicts) | _got_less_time(here.verdicts)
    for row, column in np.argwhere(cells & ~open_rows[:, None]):
        old, new = (Verdict(int(result.verdicts.matrix[row, column])).name for result in (there, here))
        at = f"sample {there.candidates[row].samples[0]} on test {there.tests[column].samples[0]}"
        yield f"verdicts.jsonl: {task}: {at} is {old}, and now {new}"
    if not cells.any():
        yield from _different_picks(there, here)


def _meaning(test: UnitTest) -> str:
    """Return a test's source without its layout, which is made anew where a test is read."""
    tree = parse(test.source)
    return test.source if tree is None else ast.unparse(tree)


def _got_less_time(verdicts: Verdicts) -> npt.NDArray[np.bool_]:
    """Return which programs timed out so often that they get less time: for which tests depends on the order."""
    return np.asarray((verdicts.matrix == Verdict.TIMED_OUT).sum(axis=1) >= _PATIENT_TIMEOUTS)


def _different_picks(there: RerankResult, here: RerankResult) -> Iterator[str]:
    task = there.problem.task_id
    for rule in sorted(there.selections.keys() & here.selections.keys()):
        old, new = there.selections[rule], here.selections[rule]
        samples = [there.candidates[pick.chosen].samples[0] for pick in (old, new)]
        if old.chosen != new.chosen:
            yield f"verdicts.jsonl: {task}: {rule} picked sample {samples[0]}, and now picks sample {samples[1]}"
        elif old.ties != new.ties:
            yield f"verdicts.jsonl: {task}: {rule} leaves other samples tied than now"
        elif not np.allclose(old.rewards, new.rewards, rtol=0, atol=ROUNDING, equal_nan=True):
            yield f"verdicts.jsonl: {task}: {rule} rewards candidates otherwise than now"


def _different_grades(result: RerankResult, there: Sequence[Grade], here: Sequence[Grade]) -> Iterator[str]:
    for candidate, old, new in zip(result.candidates, there, here, strict=True):
        if old.statuses and old != new:
            yield (
                f"grades.jsonl: {result.problem.task_id}: sample {candidate.samples[0]} is {dict(old.statuses)}, and "
                f"now {dict(new.statuses)}"
            )
