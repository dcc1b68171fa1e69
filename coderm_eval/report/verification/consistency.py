"""Whether the files of a run agree with each other: picks with votes, scores with grades."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from coderm_eval.report.abstention import abstention
from coderm_eval.report.calibration import calibration
from coderm_eval.report.counts import candidate_counts, sizes
from coderm_eval.report.recorded_results import RecordedRun
from coderm_eval.report.rules import compare_rules
from coderm_eval.report.scores import mean_scores, problem_scores
from coderm_eval.report.summary import interval_rows, quality_rows, rule_row
from coderm_eval.report.verification.spending import of_spending

__all__ = ["ROUNDING", "contradictions", "different"]

ROUNDING = 3e-6
"""Of numbers with six digits."""


def contradictions(run: RecordedRun) -> Iterator[str]:
    """Yield a sentence for each thing that one file says and another denies; nothing is executed."""
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
    yield from different("summary.json", {**_numbers(run, rule), **of_spending(run)}, run.summary)


def _numbers(run: RecordedRun, rule: str) -> dict[str, Any]:
    """The numbers of summary.json that follow from the other files."""
    below = run.summary["settings"].get("abstain_below")
    numbers: dict[str, Any] = {
        **sizes(run.results, run.problems_of_benchmark),
        **candidate_counts(run.results),
        "tests_per_problem": round(float(np.mean([result.selections[rule].tests_used for result in run.results])), 4),
        "confidence": calibration(run.results, rule, run.grades),
        "abstention": abstention(run.results, rule, below, run.grades),
        **_writer(run.summary),
    }
    if not run.grades:
        return {**numbers, **dict.fromkeys(("pass@1", "paired_gain", "rules", "test_quality"))}
    pairs = list(zip(run.results, run.grades, strict=True))
    scores = mean_scores([problem_scores(result, grades, rule) for result, grades in pairs])
    return {
        **numbers,
        "pass@1": interval_rows(scores.pass_at_1),
        "test_quality": quality_rows(run.results, run.grades),
        "paired_gain": interval_rows(scores.paired_gain),
        "rules": {found.rule: rule_row(found) for found in compare_rules(run.results, run.grades)},
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
