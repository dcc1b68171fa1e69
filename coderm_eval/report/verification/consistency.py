"""Whether the files of a run agree with each other: picks with votes, scores with grades."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from coderm_eval.report.abstention import abstention
from coderm_eval.report.calibration import calibration
from coderm_eval.report.counts import candidate_counts, sizes
from coderm_eval.report.cross_checks import cross_checks
from coderm_eval.report.recorded_results import RecordedRun
from coderm_eval.report.rules import compare_rules
from coderm_eval.report.summary import interval_rows, quality_rows, rule_row
from coderm_eval.report.tally import Tally
from coderm_eval.report.verification.spending import of_spending

__all__ = ["ROUNDING", "contradictions", "different"]

ROUNDING = 3e-6
"""Of numbers with six digits."""


def contradictions(run: RecordedRun, tally: Tally, protocol_note: str) -> Iterator[str]:
    """Yield a sentence for each thing that one file says and another denies; nothing is executed.

    Args:
        run: as its files say.
        tally: counted from them.
        protocol_note: the benchmark's.
    """
    rule = run.summary["select"]
    for result in run.results:
        task, picks = result.problem.task_id, result.selections
        for name, pick in picks.items():
            if pick.chosen not in pick.ties:
                yield f"verdicts.jsonl: {task}: the pick of {name} is not among the candidates that it leaves tied"
            best = [row for row, reward in enumerate(pick.rewards) if reward == max(pick.rewards)]
            if best and not set(pick.ties) <= set(best):
                yield f"verdicts.jsonl: {task}: {name} leaves a candidate tied that has not the highest reward"
        if run.chosen.get(task) != result.candidates[picks[rule].chosen].program:
            yield f"chosen.jsonl: {task}: not the program that verdicts.jsonl says was picked"
    if run.chosen.keys() != {result.problem.task_id for result in run.results}:
        yield "chosen.jsonl: not the problems of verdicts.jsonl"
    not_run = sum(int((~result.verdicts.ran).sum()) for result in run.results)
    if not_run > run.summary["not_run"]["executions"]:
        yield f"verdicts.jsonl: {not_run} verdicts are NOT_RUN, and summary.json counts fewer"
    yield from different("summary.json", {**_numbers(run, tally, protocol_note), **of_spending(run)}, run.summary)


def _numbers(run: RecordedRun, tally: Tally, protocol_note: str) -> dict[str, Any]:
    """The numbers of summary.json that follow from the other files."""
    numbers: dict[str, Any] = {
        **sizes(tally, run.problems_of_benchmark),
        **candidate_counts(tally),
        "tests_per_problem": tally.mean("tests_used"),
        "confidence": calibration(tally),
        "abstention": abstention(tally, run.summary["settings"].get("abstain_below")),
        **_writer(run.summary),
    }
    if not tally.is_graded:
        return {**numbers, **dict.fromkeys(("pass@1", "paired_gain", "rules", "test_quality", "cross_checks"))}
    scores = tally.mean_scores()
    return {
        **numbers,
        "pass@1": interval_rows(scores.pass_at_1),
        "test_quality": quality_rows(tally),
        "paired_gain": interval_rows(scores.paired_gain),
        "rules": {found.rule: rule_row(found) for found in compare_rules(tally)},
        "cross_checks": cross_checks(tally, protocol_note),
    }


def _writer(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Who wrote the tests, by the settings of a run in which a model wrote them; earlier versions did not say it."""
    tests = summary["settings"]["tests"]
    if "model" not in tests or "test_writer" not in summary:
        return {}
    return {"test_writer": {"model": tests["model"], "backend": tests["backend"]}}


def different(path: str, here: Any, there: Any) -> Iterator[str]:
    """Yield where `there` lacks what is `here`, or has something else."""
    if isinstance(here, Mapping) and isinstance(there, Mapping):
        for key, value in here.items():
            yield from different(f"{path}: {key}", value, there.get(key))
    elif isinstance(here, list) and isinstance(there, list) and len(here) == len(there):
        for number, (value, other) in enumerate(zip(here, there, strict=True)):
            yield from different(f"{path}[{number}]", value, other)
    elif here != there and not _are_rounded_alike(here, there):
        yield f"{path} is {there!r:.60}, and the other files give {here!r:.60}"


def _are_rounded_alike(here: Any, there: Any) -> bool:
    """Return whether two numbers differ by no more than what six digits of their parts leave open."""
    return isinstance(here, float) and isinstance(there, (int, float)) and abs(here - there) <= ROUNDING
