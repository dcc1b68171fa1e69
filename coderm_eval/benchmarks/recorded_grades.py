"""Grades that others recorded, a second opinion on ours.

{"eval": {task_id: [{"solution", "base_status", "plus_status"}, ...]}}     results of EvalPlus, and of `grade`
{"task_id", "solutions": [{"solution", "plus_status"}, ...]}               CodeRM's authors, a line for each task
{"task_id", "solutions": [{"solution", "result"}, ...]}                    their LiveCodeBench
[{"question_id", "code_list", "graded_list": [true, ...]}, ...]            *_eval_all.json of LiveCodeBench's runner
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from coderm_eval.core.errors import InputError
from coderm_eval.core.inputs import BYTE_ORDER_MARK, open_input, parse_object
from coderm_eval.core.messages import quoted
from coderm_eval.core.records import Grade, fingerprint
from coderm_eval.generation.recorded.evalplus_results import is_results
from coderm_eval.generation.recorded.lines import numbered_objects
from coderm_eval.generation.recorded.livecodebench_outputs import parse_list

__all__ = ["RecordedGrade", "read_recorded_grades"]

_STATUS = "_status"
_RESULT = "result"
_SHAPE = '{"task_id": "...", "solutions": [{"plus_status": "pass"}, ...]}, or the results file of EvalPlus'


class RecordedGrade(NamedTuple):
    """What a file says of one sample."""

    grade: Grade
    program: str | None
    """The fingerprint of its program; None where the file does not have it."""


def read_recorded_grades(path: Path) -> dict[str, list[RecordedGrade]]:
    """The grades of a file by task id, in the order of its samples.

    Raises:
        InputError: no such file, or one without grades.
    """
    found: dict[str, list[RecordedGrade]] = {}
    for place, row in _rows(path):
        for task_id, samples in _samples(place, row):
            found.setdefault(task_id, []).extend(_grade(place, task_id, sample) for sample in samples)
    if not found:
        raise InputError(f"{path}: no grades; expected {_SHAPE}")
    return found


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The objects of a file, each with its place."""
    with open_input(path) as file:
        if file.peek(64).removeprefix(BYTE_ORDER_MARK).lstrip().startswith(b"["):
            for number, entry in enumerate(parse_list(path, file.read()), 1):
                yield f"{path}: entry {number}", entry if isinstance(entry, Mapping) else {}
            return
        for number, line in numbered_objects(file):
            yield f"{path}:{number}", parse_object(path, number, line, _SHAPE)


def _samples(place: str, row: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[Any]]]:
    """The task ids of an object, each with what it says of its samples."""
    if is_results(row):
        for task_id, samples in row["eval"].items():
            yield task_id, samples if isinstance(samples, list) else [samples]
    elif "task_id" in row and isinstance(row.get("solutions"), list):
        yield str(row["task_id"]), row["solutions"]
    elif "question_id" in row and all(isinstance(row.get(key), list) for key in ("code_list", "graded_list")):
        pairs = zip(row["code_list"], row["graded_list"], strict=False)
        yield (
            str(row["question_id"]),
            [{"solution": code, _RESULT: "pass" if right else "fail"} for code, right in pairs],
        )
    else:
        raise InputError(f"{place}: no grades: {quoted(repr(row))}; expected {_SHAPE}")


def _grade(place: str, task_id: str, sample: Any) -> RecordedGrade:
    entry: Mapping[str, Any] = sample if isinstance(sample, Mapping) else {}
    statuses = {
        key.removesuffix(_STATUS): value
        for key, value in entry.items()
        if (key.endswith(_STATUS) or key == _RESULT) and isinstance(value, str)  # EvalPlus's null: not run
    }
    if not statuses:
        raise InputError(f"{place}: a sample of {task_id} without a grade: {quoted(repr(sample))}; expected {_SHAPE}")
    program = entry.get("solution")
    return RecordedGrade(Grade(statuses), fingerprint(program) if isinstance(program, str) else None)
