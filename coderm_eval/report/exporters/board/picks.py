"""`picks.jsonl` of an entry: the picks without their texts, and the scores that follow from them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from coderm_eval.core.records import Grade, Verdict
from coderm_eval.report.exporters.exported_run import ExportedRun
from coderm_eval.report.rows import interval_row, read_grade
from coderm_eval.report.statistics import gain_interval, score_interval

__all__ = ["numbers_of_picks", "pick_rows", "right_picks"]


def pick_rows(run: ExportedRun) -> list[dict[str, Any]]:
    """The lines of the file, in the order of the run's problems.

    Raises:
        KeyError or ValueError: the run's files do not belong together.
    """
    grades = {row["task_id"]: row["grades"] for row in run.directory.rows("grades.jsonl")}
    return [
        _pick_row(row, run.summary["select"], run.picks[row["task_id"]], grades[row["task_id"]])
        for row in run.directory.rows("verdicts.jsonl")
    ]


def _pick_row(
    verdicts: Mapping[str, Any], rule: str, program: str, grades: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    pick = verdicts["selections"][rule]
    [row] = [number for number, samples in enumerate(verdicts["candidates"]) if pick["chosen"] in samples]
    [grade] = [found for found in grades if pick["chosen"] in found["samples"]]
    cells = zip(verdicts["verdicts"][row], verdicts["tests"], strict=True)
    return {
        "task_id": verdicts["task_id"],
        "sample": pick["chosen"],
        "sha256": hashlib.sha256(program.encode("utf-8", "surrogatepass")).hexdigest(),
        "votes": sum(len(samples) for code, samples in cells if code == Verdict.PASSED.code),
        "tests": pick["tests_used"],
        "confidence": pick["confidence"],
        "samples": sum(len(found["samples"]) for found in grades),
        "right_samples": sum(len(found["samples"]) for found in grades if read_grade(found).passed),
        "grade": read_grade(grade).statuses,
    }


def right_picks(rows: Sequence[Mapping[str, Any]]) -> npt.NDArray[np.float64]:
    """1 for each pick that is right, 0 for each that is wrong."""
    return np.array([float(bool(Grade(row["grade"]).passed)) for row in rows])


def numbers_of_picks(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The entries of entry.json that follow from the picks alone."""
    right = right_picks(rows)
    share = np.array([row["right_samples"] / row["samples"] for row in rows])
    samples = {row["samples"] for row in rows}
    return {
        "candidates": samples.pop() if len(samples) == 1 else [min(samples), max(samples)],
        "tests_per_problem": round(float(np.mean([row["tests"] for row in rows])), 4),
        "results": {
            "pass@1": interval_row(score_interval(right)),
            "random": interval_row(score_interval(share)),
            "oracle": interval_row(score_interval((share > 0).astype(float))),
            "gain_over_random": interval_row(gain_interval(right - share)),
        },
    }
