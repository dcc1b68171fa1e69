"""What is said of a tests file in which no test can be used: why, and where it is not Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers.cli import write_rows

from coderm_eval.core.errors import InputError
from coderm_eval.core.records import Problem
from coderm_eval.generation.recorded.readers import line_of, read_by_task
from coderm_eval.generation.recorded.usable_tests import require_tests

ROWS: list[dict[str, Any]] = [
    {"task_id": "tide/1", "test": "x = 1"},
    {"task_id": "tide/0", "test": "x = 2"},
    {"task_id": "tide/0", "unit_tests": ["y = 1", "def", "y = 2"]},
]


@pytest.mark.parametrize(("task", "index", "line"), [("tide/1", 0, 1), ("tide/0", 0, 2), ("tide/0", 3, 3)])
def test_a_text_is_found_again_by_its_line(tmp_path: Path, task: str, index: int, line: int) -> None:
    assert line_of(write_rows(tmp_path / "t.jsonl", ROWS), "test", task, index) == line


FAULTS = [
    ("import unittest\nclas T: ...", "line 2 of the test 'clas T: ...': "),
    ("def f(:\n    ...", "line 1 of the test 'def f(:': "),
    ("if f(1):\nassert f(2)", "line 2 of the test 'assert f(2)': expected an indented block"),
    ("assert f(1)\0", "null bytes"),
    ("assert f(" + "-" * 100_000 + "1)", ""),
    ("assert '" + "x" * 1_000, 'xxx...": unterminated string'),
    ("```python\nassrt f(1) == 2\n```", "line 1 of the test 'assrt f(1) == 2': "),
]


@pytest.mark.parametrize(("test", "words"), FAULTS, ids=range(len(FAULTS)))
def test_a_file_whose_tests_are_no_python_is_refused_with_a_place(tmp_path: Path, test: str, words: str) -> None:
    path = write_rows(tmp_path / "t.jsonl", [*ROWS[:2], {"task_id": "tide/0", "test": test}])
    with pytest.raises(InputError) as caught:
        require_tests(path, read_by_task(path, "test"), [Problem(task, "f", "", "") for task in ("tide/0", "tide/1")])
    message = str(caught.value)
    assert f"no TestCase class (2), not valid Python (1), as {path}:3, " in message and words in message
    assert "\n" not in message and len(message) < len(str(path)) * 2 + 500


def test_a_file_with_one_test_is_not_refused(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "t.jsonl", [*ROWS, {"task_id": "tide/0", "test": "assert f(1)"}])
    require_tests(path, read_by_task(path, "test"), [Problem("tide/0", "f", "", "")])
