"""Two times the same run: which verdicts, picks and grades are not the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from coderm_eval.core.records import Grade, RerankResult, Verdict
from coderm_eval.report.recorded_results import RecordedRun

__all__ = ["differences"]


def differences(recorded: RecordedRun, places: Sequence[int], again: RecordedRun) -> Iterator[str]:
    """Yield a sentence for each verdict, pick and grade that came out otherwise.

    Args:
        recorded: a run.
        places: which of its problems were run again.
        again: what came out, in this order.
    """
    for number, place in enumerate(places):
        there, here = recorded.results[place], again.results[number]
        yield from _different_verdicts(there, here)
        yield from _different_picks(there, here)
        if recorded.grades:
            yield from _different_grades(there, recorded.grades[place], again.grades[number])


def _different_verdicts(there: RerankResult, here: RerankResult) -> Iterator[str]:
    """Yield which cells differ; one that was not run has nothing to compare."""
    task = there.problem.task_id
    if [test.source for test in there.tests] != [test.source for test in here.tests]:
        yield f"tests.jsonl: {task}: the tests are not those that a run makes of them"
        return
    pairs = zip(there.verdicts.matrix.ravel(), here.verdicts.matrix.ravel(), strict=True)
    for cell, (old, new) in enumerate(pairs):
        if old not in (new, Verdict.NOT_RUN):
            row, column = divmod(cell, len(there.tests))
            yield (
                f"verdicts.jsonl: {task}: sample {there.candidates[row].samples[0]} on test "
                f"{there.tests[column].samples[0]} is {Verdict(int(old)).name}, and now {Verdict(int(new)).name}"
            )


def _different_picks(there: RerankResult, here: RerankResult) -> Iterator[str]:
    for rule in there.selections.keys() & here.selections.keys():
        old, new = (result.candidates[result.selections[rule].chosen].samples[0] for result in (there, here))
        if old != new:
            yield f"verdicts.jsonl: {there.problem.task_id}: {rule} picked sample {old}, and now picks sample {new}"


def _different_grades(result: RerankResult, there: Sequence[Grade], here: Sequence[Grade]) -> Iterator[str]:
    for candidate, old, new in zip(result.candidates, there, here, strict=True):
        if old.statuses and old != new:
            yield (
                f"grades.jsonl: {result.problem.task_id}: sample {candidate.samples[0]} is {dict(old.statuses)}, and "
                f"now {dict(new.statuses)}"
            )
