"""The page's tables of what the tests were worth and of what the run took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from coderm_eval.core.records import Grade, RerankResult, Verdict
from coderm_eval.report.percent import UNDEFINED, percent
from coderm_eval.report.recorded_results import RecordedRun

__all__ = ["cost_lines", "quality_lines", "time_lines", "verdict_lines"]

_QUALITIES = {
    "accuracy": ("accuracy", "programs judged as the benchmark judges them"),
    "f1": ("F1", "harmonic mean of precision and recall of accepting right programs"),
    "far": ("FAR", "of the programs that are accepted, those that are wrong"),
    "frr": ("FRR", "of the programs that are rejected, those that are right"),
}
"""The paper's four (its Table 2 and Appendix D)."""


def quality_lines(quality: Mapping[str, Any] | None) -> list[list[str]]:
    """Of each test by itself and of the vote of a problem's tests, in per cent; empty without tests or grades."""
    if not quality or quality["vote"]["accuracy"] is None:
        return []
    single, vote = quality["single_tests"], quality["vote"]
    return [[name, percent(single[key]), percent(vote[key]), meaning] for key, (name, meaning) in _QUALITIES.items()]


def verdict_lines(run: RecordedRun) -> list[list[str]]:
    """How often each verdict came, and its share of those of right and of wrong programs; empty without tests."""
    counts = sum((np.bincount(r.verdicts.matrix.ravel(), minlength=len(Verdict)) for r in run.results), _NONE)
    if not counts.sum():
        return []
    right, wrong = (_of_graded(run, passed=passed) for passed in (True, False))
    return [
        [
            verdict.name.lower().replace("_", " "),
            f"{counts[verdict]:,}",
            *(_share(found, verdict) for found in (counts, right, wrong)),
        ]
        for verdict in Verdict
    ]


_NONE = np.zeros(len(Verdict), np.int64)


def _of_graded(run: RecordedRun, *, passed: bool) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The count of each verdict of the candidates with this grade."""
    pairs: Sequence[tuple[RerankResult, Sequence[Grade]]] = list(zip(run.results, run.grades, strict=False))
    kept = [r.verdicts.matrix[[grade.passed is passed for grade in grades]] for r, grades in pairs]
    return sum((np.bincount(cells.ravel(), minlength=len(Verdict)) for cells in kept), _NONE)


def cost_lines(summary: Mapping[str, Any]) -> list[list[str]]:
    """Tokens and seconds by role: of the run, for each problem, and for each problem whose pick is right.

    What is not known, or what no model was asked for, is not there.
    """
    problems, scores = summary["n_problems"], summary["pass@1"]
    right = scores["coderm"]["value"] if scores else None
    solved = right * problems if right else None
    return [
        [name, f"{amount:,.{digits}f}", f"{amount / problems:,.{digits}f}", _each(amount, solved, digits)]
        for name, amount, digits in _amounts(summary)
        if amount
    ]


_STAGES = {
    "starting": "start: imports, inputs, the sandbox's self-test",
    "writing_tests": "waiting for tests",
    "executing": "running tests",
    "probing": "running probing inputs",
    "choosing": "choosing",
    "explaining": "asking why tests fail",
    "grading": "grading",
    "reporting": "writing the files",
    "ending": "end: the workers leave, the files are hashed",
}
"""By their names in provenance.json. The page itself is left out: made again, it would be another one."""


def time_lines(provenance: Mapping[str, Any] | None) -> list[list[str]]:
    """Seconds of each stage, in the order of a run, and its share of them all; empty where nobody took them."""
    stages = ((provenance or {}).get("seconds") or {}).get("stages", {})
    known = {title: stages[stage] for stage, title in _STAGES.items() if stage in stages}
    whole = sum(taken["wall"] for taken in known.values())
    return [
        [title, f"{taken['wall']:,.1f}", percent(taken["wall"] / whole) if whole else UNDEFINED, f"{taken['cpu']:,.1f}"]
        for title, taken in known.items()
    ]


def _amounts(summary: Mapping[str, Any]) -> list[tuple[str, float | None, int]]:
    tokens, seconds = summary["tokens"], summary["seconds"]
    roles = {"policy": "policy", "tests": "test writer"}
    counted = [
        (f"{title}: {kind} tokens", (tokens.get(role) or {}).get(kind), 0)
        for role, title in roles.items()
        for kind in ("prompt", "completion")
    ]
    return [
        *counted,
        ("test writer: seconds", seconds.get("writing_tests"), 1),
        ("executions: CPU seconds", seconds.get("executing_cpu"), 1),
    ]


def _each(amount: float, count: float | None, digits: int) -> str:
    return f"{amount / count:,.{digits}f}" if count else UNDEFINED


def _share(counts: Any, verdict: Verdict) -> str:
    return percent(counts[verdict] / counts.sum()) if counts.sum() else UNDEFINED
