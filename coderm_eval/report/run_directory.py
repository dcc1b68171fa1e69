"""The files of a run directory; each is written whole or not at all, and depends on nothing but the run's inputs.

samples.jsonl    the candidates as programs, EvalPlus's format
tests.jsonl      the test samples that were used; a test that was written twice stands there twice
chosen.jsonl     EvalPlus samples: the chosen program of each task
verdicts.jsonl   the matrix, votes, ties and pick of each task; nothing of the benchmark's own tests
grades.jsonl     what the benchmark's own tests say of each candidate, if asked for
pass_rates.jsonl the share of each problem's samples that are right, what a probe is trained on, if asked for
misleading_tests.jsonl the tests that spoke for a wrong program which the vote put first, if grades were asked for
alternative_grades.jsonl what the benchmark's other grader says of the picks, if grades were asked for and it has one
curve.csv, .svg  what each budget policy makes of the tests, if asked for
summary.json     the numbers; all but `seconds` is the same for the same inputs
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coderm_eval.core.errors import InputError
from coderm_eval.core.files import write_jsonl
from coderm_eval.core.records import Candidate, Grade, ProblemCandidates, RerankResult, Selection
from coderm_eval.generation.shown_candidate import round_robin
from coderm_eval.report.quality import MisleadingTest, misleading_tests
from coderm_eval.report.scores import pass_rates
from coderm_eval.report.statistics import DrawSummary, Interval

__all__ = [
    "AlternativeGrades",
    "draw_summary_row",
    "interval_row",
    "json_number",
    "read_alternative_grades",
    "read_json",
    "read_jsonl",
    "require_graded",
    "write_alternative_grades",
    "write_run",
    "write_samples",
]


_ALTERNATIVE_GRADES = "alternative_grades.jsonl"


def write_samples(folder: Path, work: Iterable[ProblemCandidates]) -> Path:
    """Write the candidates, before anything is asked or run; returns the file."""
    path = folder / "samples.jsonl"
    write_jsonl(path, (row for item in work for row in _sample_rows(item)))
    return path


def write_run(
    folder: Path,
    results: Sequence[RerankResult],
    *,
    rule: str,
    shown: Mapping[str, Sequence[int | None]],
    grades: Sequence[Sequence[Grade]] | None,
) -> None:
    """Write everything but the candidates and the summary.

    `shown`: the samples that each problem's test prompts showed, in turn.
    """
    write_jsonl(folder / "tests.jsonl", (row for r in results for row in _test_rows(r)))
    write_jsonl(folder / "chosen.jsonl", (_chosen_row(r, rule) for r in results))
    write_jsonl(folder / "verdicts.jsonl", (_verdict_row(r, shown) for r in results))
    if grades is None:
        for name in ("grades.jsonl", "pass_rates.jsonl", "misleading_tests.jsonl"):  # of a run before, with other picks
            (folder / name).unlink(missing_ok=True)
    else:
        pairs = list(zip(results, grades, strict=True))
        write_jsonl(folder / "grades.jsonl", (_grade_row(r, g) for r, g in pairs))
        rates = pass_rates(results, grades)
        write_jsonl(folder / "pass_rates.jsonl", ({"task_id": task, "rate": rate} for task, rate in rates.items()))
        write_jsonl(
            folder / "misleading_tests.jsonl", (_misleading_row(r, t) for r, g in pairs for t in misleading_tests(r, g))
        )


@dataclass(frozen=True)
class AlternativeGrades:
    """Grades of picks by another grader than the run's own."""

    grader: str
    """The name of that grader."""
    grades: Mapping[str, Grade]
    """By task id."""


def write_alternative_grades(folder: Path, alternative: AlternativeGrades | None) -> None:
    """Write alternative_grades.jsonl; without grades, remove what an earlier run left there."""
    path = folder / _ALTERNATIVE_GRADES
    if alternative is None:
        path.unlink(missing_ok=True)
        return
    grades = alternative.grades.items()
    write_jsonl(path, ({"task_id": task, "grader": alternative.grader, **g.statuses} for task, g in grades))


def read_alternative_grades(folder: Path) -> AlternativeGrades | None:
    """Read what `write_alternative_grades` wrote; None if there is no such file, or nothing in it."""
    rows = read_jsonl(folder, _ALTERNATIVE_GRADES) if (folder / _ALTERNATIVE_GRADES).exists() else []
    if not rows:
        return None
    [grader] = {row.pop("grader") for row in rows}
    return AlternativeGrades(grader, {row.pop("task_id"): Grade(row) for row in rows})


def interval_row(interval: Interval) -> dict[str, Any]:
    return {
        "value": json_number(interval.value),
        "ci95": [json_number(interval.low), json_number(interval.high)],
        "stderr": json_number(interval.stderr),
    }


def draw_summary_row(draws: DrawSummary) -> dict[str, Any]:
    return {
        "value": json_number(draws.value),
        "ci95": [json_number(draws.low), json_number(draws.high)],
        "stdev": json_number(draws.stdev),
    }


def read_json(folder: Path, name: str) -> dict[str, Any]:
    """One of the files of a run directory.

    Raises:
        InputError: `folder` is not a run directory.
    """
    return _parsed(folder / name, _read(folder / name))


def read_jsonl(folder: Path, name: str) -> list[dict[str, Any]]:
    """Like `read_json`, of a file with an object on each line."""
    path = folder / name
    return [_parsed(path, line) for line in _read(path).splitlines()]


def require_graded(folder: Path, summary: Mapping[str, Any]) -> None:
    """Raises InputError if nothing in the run directory `folder`, whose summary this is, was graded."""
    if not summary.get("rules"):
        raise InputError(f"{folder}: nothing in it was graded; run the same `coderm-eval rerank` with --grade")


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return dict(json.loads(text))
    except (ValueError, TypeError):
        raise InputError(f"{path}: not what `coderm-eval rerank` wrote: {text[:60]!r}; run it again") from None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); name a folder that `coderm-eval rerank --grade --out` wrote"
        ) from error


def json_number(value: float) -> float | None:
    """JSON has no NaN: undefined is null."""
    return None if math.isnan(value) else round(value, 6)


def _sample_rows(work: ProblemCandidates) -> Iterable[dict[str, Any]]:
    by_sample = {s: c.program for c in work.candidates for s in c.samples}
    for sample in sorted(by_sample):
        yield {"task_id": work.problem.task_id, "solution": by_sample[sample]}


def _test_rows(result: RerankResult) -> Iterable[dict[str, Any]]:
    by_sample = {sample: test.source for test in result.tests for sample in test.samples}
    for sample in sorted(by_sample):
        yield {"task_id": result.problem.task_id, "test": by_sample[sample]}


def _chosen_row(result: RerankResult, rule: str) -> dict[str, Any]:
    chosen = result.candidates[result.selections[rule].chosen]
    return {"task_id": result.problem.task_id, "solution": chosen.program}


def _verdict_row(result: RerankResult, shown: Mapping[str, Sequence[int | None]]) -> dict[str, Any]:
    task_id = result.problem.task_id
    conditions = shown.get(task_id)
    return {
        "task_id": task_id,
        "shown": conditions and [[round_robin(conditions, s) for s in test.samples] for test in result.tests],
        "candidates": [candidate.samples for candidate in result.candidates],
        "tests": [test.samples for test in result.tests],
        "verdicts": result.verdicts.rows(),
        "selections": {
            rule: _selection_row(selection, result.candidates) for rule, selection in sorted(result.selections.items())
        },
    }


def _selection_row(selection: Selection, candidates: Sequence[Candidate]) -> dict[str, Any]:
    return {
        "chosen": candidates[selection.chosen].samples[0],
        "ties": sorted(sample for row in selection.ties for sample in candidates[row].samples),
        "rewards": [json_number(reward) for reward in selection.rewards],
        "tests_used": selection.tests_used,
        "stopped": selection.stopped,
    }


def _misleading_row(result: RerankResult, found: MisleadingTest) -> dict[str, Any]:
    return {
        "task_id": found.task_id,
        "wrong": found.wrong,
        "right": found.right,
        "accepted_wrong": json_number(found.accepted_wrong),
        "accepted_right": json_number(found.accepted_right),
        "test": result.tests[found.test].source,
    }


def _grade_row(result: RerankResult, grades: Sequence[Grade]) -> dict[str, Any]:
    return {
        "task_id": result.problem.task_id,
        "grades": [
            {"samples": candidate.samples, **grade.statuses}
            for candidate, grade in zip(result.candidates, grades, strict=True)
        ],
    }
