"""Recorded candidates in EvalPlus's formats.

lines     {"task_id", "solution"} or {"task_id", "completion"}, N lines per task
folder    FOLDER/HumanEval_0/0.py, FOLDER/HumanEval_0/1.py, ...
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coderm_eval.core.errors import InputError
from coderm_eval.core.messages import expected_shape, quoted, quoted_line
from coderm_eval.core.records import Problem
from coderm_eval.generation.recorded.coderm_records import refuse_prompts

__all__ = ["parse_sample", "read_sample_folder"]

_SHAPE = expected_shape("solution")


def parse_sample(
    place: str, row: Mapping[str, Any], line: bytes, problems: Mapping[str, Problem]
) -> tuple[str, list[str]]:
    """The task id and the whole program of a line; a completion continues its problem's prompt.

    A solution counts for more than a completion, as in EvalPlus.

    Raises:
        InputError: it is no such line.
    """
    refuse_prompts(place, row)
    task_id = row.get("task_id")
    key = next((key for key in ("solution", "completion") if key in row), None)
    if not isinstance(task_id, str) or key is None:
        raise InputError(f"{place}: no task_id with a solution or a completion: {quoted_line(line)}; expected {_SHAPE}")
    program = row[key]
    if isinstance(program, list):
        raise InputError(
            f"{place}: {key} of {task_id} is a list of {len(program)}; write a line for each, all with that task_id"
        )
    if not isinstance(program, str):
        raise InputError(f"{place}: {key} of {task_id} is {quoted(json.dumps(program))}; expected {_SHAPE}")
    prompt = problems[task_id].prompt if key == "completion" and task_id in problems else ""
    return task_id, [prompt + program]


def read_sample_folder(folder: Path, problems: Mapping[str, Problem]) -> dict[str, list[str]]:
    """Read programs by task id, in the order of their numbers, in which they were sampled.

    EvalPlus itself takes the files in whatever order the disk lists them. A folder's name is its task id with "_" for
    "/"; some ids have a "_" of their own.

    Raises:
        InputError: the folder holds no such files, or one that cannot be read.
    """
    try:
        tasks = sorted(entry for entry in folder.iterdir() if entry.is_dir())
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror}); name a folder that can") from error
    programs: dict[str, list[str]] = {}
    task_ids = {task_id.replace("/", "_"): task_id for task_id in problems}
    for task in tasks:
        task_id = task_ids.get(task.name, task.name.replace("_", "/"))
        for file in sorted(task.glob("*.py"), key=_sample_order):
            programs.setdefault(task_id, []).append(_read_program(file))
    if not programs:
        found = "no files such as HumanEval_0/0.py are in it" if any(folder.iterdir()) else "the folder is empty"
        raise InputError(f"{folder}: {found}; name a folder that has them, or a file of {_SHAPE} lines")
    return programs


def _sample_order(file: Path) -> tuple[bool, int, str]:
    """Files with a number for a name first, by that number."""
    number = int(file.stem) if file.stem.isdecimal() else 0
    return not file.stem.isdecimal(), number, file.name


def _read_program(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{file}: not UTF-8; save the file in UTF-8") from None
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); write the file again") from error
