"""One graded run as others are compared with it: what its picks scored, read from its directory alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coderm_eval.core.errors import InputError
from coderm_eval.report.provenance import read_provenance
from coderm_eval.report.run_directory import RunDirectory

__all__ = ["GradedRun", "read_graded_run"]


@dataclass(frozen=True)
class GradedRun:
    """What a run says of itself, and the score of its pick on each problem."""

    name: str
    benchmark: str
    dataset_sha256: str
    rule: str
    """The rule that picked."""
    settings: Mapping[str, Any]
    """By their dotted keys, such as "tests.num"; `n` is the candidates that there were, `select` the rule that picked,
    and "inputs.samples" a hash."""
    input_files: Mapping[str, str]
    """Files of which hashes are among the settings, by the same keys; none where the run does not name them."""
    tests_per_problem: float
    scores: Mapping[str, float]
    """By task id: 1 where the pick is right, else 0; NaN where it could not be graded."""


def read_graded_run(directory: RunDirectory) -> GradedRun:
    """Read summary.json, verdicts.jsonl, grades.jsonl and, where it is there, provenance.json.

    Raises:
        InputError: this is no graded run, or not one that this version wrote.
    """
    summary = directory.graded_summary()
    try:
        rule = summary["select"]
        found = {"n": summary["n_candidates"], "select": rule, "inputs": summary["inputs"]}
        return GradedRun(
            name=str(directory),
            benchmark=summary["benchmark"],
            dataset_sha256=str(summary["dataset_sha256"]),
            rule=rule,
            settings=dict(_flat({**summary["settings"], **found})),
            input_files=_input_files(directory),
            tests_per_problem=float(summary["tests_per_problem"]),
            scores={task: _score(grade.passed) for task, grade in directory.grades_of_picks(rule).items()},
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise InputError(
            f"{directory}: its files do not belong together, or another version of coderm-eval wrote them; run the "
            "same `coderm-eval rerank --grade` with --overwrite"
        ) from None


def _input_files(directory: RunDirectory) -> dict[str, str]:
    given = (read_provenance(directory) or {}).get("input_files", {})
    return {f"inputs.{name}": row["file"] for name, row in given.items() if row}


def _score(passed: bool | None) -> float:
    return math.nan if passed is None else float(passed)


def _flat(values: Mapping[str, Any], above: str = "") -> list[tuple[str, Any]]:
    """Return (dotted key, value) of nested settings."""
    found = []
    for key, value in values.items():
        found += _flat(value, f"{above}{key}.") if isinstance(value, dict) else [(f"{above}{key}", value)]
    return found
