"""Recorded candidates and tests of CodeRM's authors: a line for each task, with all its programs or tests.

candidates   {"task_id", "solutions": ["def ...", ...]}, or with {"solution": "def ...", ...} in place of each text
tests        {"task_id", "unit_tests": ["import unittest ...", ...]}, each with lines at its end that run the class
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from coderm_eval.core.errors import InputError
from coderm_eval.core.messages import quoted

__all__ = ["parse_record", "parse_tests_record", "refuse_prompts"]

_RUNNER = re.compile(
    r"\n+suite = unittest\.TestLoader\(\)\.loadTestsFromTestCase\(\w+\)\n"
    r"runner = unittest\.TextTestRunner\(stream=output, verbosity=2\)\n"
    r"result = runner\.run\(suite\)\n"
    r"locals_dict\['result'\] = result\s*\Z"
)
"""The end of each test: it runs the class, and leaves the result under names of the authors' own executor."""


def parse_record(place: str, row: Mapping[str, Any], column: str) -> tuple[str, list[str]]:
    """The task id of a line, and the texts under `column`.

    Raises:
        InputError: no task id, or something else than a list of texts, or of objects with a text under `solution`.
    """
    task_id, listed = row.get("task_id"), row[column]
    if not isinstance(task_id, str | int) or not isinstance(listed, list):
        raise InputError(
            f'{place}: no task_id with a list of {column}; expected {{"task_id": "...", "{column}": [...]}}'
        )
    texts = [entry.get("solution") if isinstance(entry, Mapping) else entry for entry in listed]
    odd = next((entry for entry, text in zip(listed, texts, strict=True) if not isinstance(text, str)), None)
    if odd is not None or None in texts:
        raise InputError(f"{place}: {column} of {task_id} hold {quoted(repr(odd))}; expected texts")
    return str(task_id), [text for text in texts if isinstance(text, str)]


def parse_tests_record(place: str, row: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The task id of a line, and its tests without the lines that run them.

    Raises:
        InputError: as `parse_record`.
    """
    task_id, tests = parse_record(place, row, "unit_tests")
    return task_id, [_RUNNER.sub("\n", test) for test in tests]


def refuse_prompts(place: str, row: Mapping[str, Any]) -> None:
    """Refuse a line of the authors' files of prompts, which hold no answers.

    Raises:
        InputError: it is one.
    """
    if "messages" in row and "task_id" in row:
        raise InputError(f"{place}: a prompt and no answer to it (messages); give a file with the model's answers")
