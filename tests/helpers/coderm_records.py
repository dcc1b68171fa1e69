"""Files in the formats of CodeRM's authors, made of given programs and tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from helpers.cli import write_rows

__all__ = ["as_recorded", "write_annotated", "write_functions", "write_tests"]

_RUNNER = """

suite = unittest.TestLoader().loadTestsFromTestCase({name})
runner = unittest.TextTestRunner(stream=output, verbosity=2)
result = runner.run(suite)
locals_dict['result'] = result
"""


def as_recorded(test: str, name: str) -> str:
    """A test as the authors keep it: its class `name` is run by lines at its end."""
    return test.rstrip("\n") + _RUNNER.format(name=name)


def write_annotated(path: Path, graded: Mapping[str, Sequence[tuple[str, str]]], key: str = "plus_status") -> Path:
    """Candidates with their grades, by task: a program and "pass" or "fail" for each."""
    return _write(
        path,
        [
            {"task_id": task, "solutions": [{"solution": program, key: grade} for program, grade in listed]}
            for task, listed in graded.items()
        ],
    )


def write_functions(path: Path, programs: Mapping[str, Sequence[str]]) -> Path:
    """Candidates of LiveCodeBench, turned into functions."""
    return _write(path, [{"task_id": task, "solutions": list(listed)} for task, listed in programs.items()])


def write_tests(path: Path, tests: Mapping[str, Sequence[str]]) -> Path:
    """Tests by task, as `as_recorded` makes them."""
    return _write(path, [{"task_id": task, "unit_tests": list(listed)} for task, listed in tests.items()])


def _write(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_rows(path, rows)
