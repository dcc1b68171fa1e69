"""What the page shows of each problem: candidates by behaviour, tests by agreement, and why the pick won."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from coderm_eval.core.records import Grade, RerankResult, Verdict
from coderm_eval.report.recorded_results import RecordedRun

__all__ = ["misled_rows", "problem_rows"]

_PASSED = Verdict.PASSED.code


def problem_rows(run: RecordedRun, *, with_programs: bool) -> list[dict[str, Any]]:
    """One object for each problem, as the page's script takes it.

    "candidates" are rows of the matrix, the most rewarded first and those of equal verdicts together; "tests" are its
    columns, those that most candidates pass first; "runner_up" is the best row that is not tied with the pick.

    Args:
        run: as it is recorded.
        with_programs: whether the programs and the tests are there as text.

    Raises:
        KeyError: the files do not belong together.
    """
    grades = run.grades or [[Grade() for _ in result.candidates] for result in run.results]
    rule = run.summary["select"]
    return [_problem(r, g, rule, with_programs=with_programs) for r, g in zip(run.results, grades, strict=True)]


def misled_rows(found: Sequence[Mapping[str, Any]], run: RecordedRun) -> list[dict[str, Any]]:
    """The rows of misleading_tests.jsonl, with the test's lowest sample index in place of its text.

    Raises:
        KeyError: the files do not belong together.
    """
    samples = {r.problem.task_id: {test.source: test.samples[0] for test in r.tests} for r in run.results}
    return [{**row, "test": samples[row["task_id"]][row["test"]]} for row in found]


def _problem(result: RerankResult, grades: Sequence[Grade], rule: str, *, with_programs: bool) -> dict[str, Any]:
    selection, candidates, verdicts = result.selections[rule], result.candidates, result.verdicts.rows()
    rewards = [None if math.isnan(reward) else reward for reward in selection.rewards]
    order = sorted(range(len(candidates)), key=lambda n: (-(rewards[n] or 0), verdicts[n], candidates[n].samples))
    columns = sorted(range(len(result.tests)), key=lambda m: -sum(row[m] == _PASSED for row in verdicts))
    known = [(bool(g.passed), c.multiplicity) for g, c in zip(grades, candidates, strict=True) if g.passed is not None]
    return {
        "task_id": result.problem.task_id,
        "right": grades[selection.chosen].passed,
        "oracle": any(right for right, _ in known) if known else None,
        "rate": round(sum(n for right, n in known if right) / sum(n for _, n in known), 4) if known else None,
        "confidence": selection.confidence,
        "ties": sum(candidates[n].multiplicity for n in selection.ties),
        "tests_used": selection.tests_used,
        "pick": order.index(selection.chosen),
        "runner_up": next((place for place, n in enumerate(order) if n not in selection.ties), None),
        "candidates": [
            {
                "samples": candidates[n].samples,
                "reward": rewards[n],
                "right": grades[n].passed,
                "grades": grades[n].statuses,
                "verdicts": "".join(verdicts[n][m] for m in columns),
                **({"program": candidates[n].program} if with_programs else {}),
            }
            for n in order
        ],
        "tests": [
            {"samples": result.tests[m].samples, **({"source": result.tests[m].source} if with_programs else {})}
            for m in columns
        ],
    }
