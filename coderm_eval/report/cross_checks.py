"""Checks of a graded run's scores: known-bad problems, another grader, parts without a published protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from coderm_eval.core.messages import abbreviated
from coderm_eval.report.rows import interval_row
from coderm_eval.report.tally import Tally

__all__ = ["cross_checks", "messages"]


def cross_checks(tally: Tally, protocol_note: str) -> dict[str, Any]:
    """The entry `cross_checks` of summary.json; a value is null if there is nothing to say.

    Args:
        tally: of a graded run.
        protocol_note: a sentence on parts of the benchmark for which the paper has no protocol.
    """
    return {
        "protocol_note": protocol_note or None,
        "without_errata": _without_errata(tally),
        "other_grader": _disagreement(tally) if tally.other_graders else None,
    }


def messages(checks: Mapping[str, Any]) -> list[str]:
    """Say in sentences what `cross_checks` found."""
    sentences = [checks["protocol_note"]] if checks["protocol_note"] else []
    if errata := checks["without_errata"]:
        value = errata["pass@1"]["coderm"]["value"]
        names = abbreviated(errata["tasks"])
        sentences.append(f"excluding known-bad problems ({names}), pass@1 of coderm is {value:.4f}")
    if (other := checks["other_grader"]) and other["differ"]:
        sentences.append(f"the {other['grader']} grader disagrees on {other['differ']} of {other['picks']} picks")
    return sentences


def _without_errata(tally: Tally) -> dict[str, Any] | None:
    if not 0 < len(tally.known_bad) < len(tally):
        return None
    rows = tally.mean_scores(without_known_bad=True).pass_at_1
    return {
        "left_out": len(tally.known_bad),
        "tasks": list(tally.known_bad),
        "pass@1": {name: interval_row(interval) for name, interval in rows.items()},
    }


def _disagreement(tally: Tally) -> dict[str, Any]:
    """Count the picks that were graded by both graders, and those on which these disagree."""
    one, other = tally.scores("coderm"), tally.column("other")
    graded = ~np.isnan(one) & ~np.isnan(other)
    [grader] = tally.other_graders
    return {"grader": grader, "picks": int(graded.sum()), "differ": int((one != other)[graded].sum())}
