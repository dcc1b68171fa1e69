"""A line for each problem in Every Eval Ever's schema 0.3.0: its statement, the pick and its grade."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from coderm_eval.report.exporters.every_eval_ever.record import SCHEMA_VERSION, Identity, result_id
from coderm_eval.report.exporters.exported_run import ExportedRun

__all__ = ["instances"]

_WITHOUT_LICENCE = ("livecodebench",)
"""Benchmarks whose statements nobody may copy into a database: a line names the problem instead."""


def instances(run: ExportedRun, identity: Identity) -> list[dict[str, Any]]:
    """The lines, in the order of the picks."""
    statements = _statements(run)
    selections = {
        row["task_id"]: row["selections"][run.summary["select"]] for row in run.directory.rows("verdicts.jsonl")
    }
    return [_line(run, identity, task, statements[task], selections[task]) for task in run.picks]


def _statements(run: ExportedRun) -> dict[str, str]:
    name = run.summary["benchmark"]
    if name in _WITHOUT_LICENCE:
        return {task: f"{name}: {task}" for task in run.picks}
    return {task: problem.prompt for task, problem in run.benchmark().problem_by_id().items()}


def _line(
    run: ExportedRun, identity: Identity, task: str, statement: str, selection: Mapping[str, Any]
) -> dict[str, Any]:
    program, grade = _encodable(run.picks[task]), run.grades[task]
    return {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": identity.evaluation,
        "model_id": identity.model,
        "evaluation_name": run.summary["benchmark"],
        "evaluation_result_id": result_id(identity, "coderm"),
        "sample_id": task,
        "sample_hash": hashlib.sha256(statement.encode()).hexdigest(),
        "interaction_type": "single_turn",
        "input": {"raw": statement, "reference": []},  # a reference solution is the benchmark's
        "output": {"raw": [program]},
        "messages": None,
        "answer_attribution": [
            {
                "turn_idx": 0,
                "source": "output.raw",
                "extracted_value": program,
                "extraction_method": f"best-of-N by the rule {run.summary['select']}",
                "is_terminal": True,
            }
        ],
        "evaluation": {"score": float(bool(grade.passed)), "is_correct": bool(grade.passed)},
        "metadata": {
            "tests_used": str(selection["tests_used"]),
            "confidence": str(selection["confidence"]),
            **{f"status_{suite}": status for suite, status in grade.statuses.items()},
        },
    }


def _encodable(program: str) -> str:
    """The program with ? for half of a surrogate pair, which no reader of the database takes."""
    return program.encode("utf-8", "replace").decode()
