"""Files that users bring: candidates and tests, one JSON object a line, gzipped or not.

samples   {"task_id", "solution"}   EvalPlus's own format, N lines a task
tests     {"task_id", "test"}       M lines a task: a unittest class, or plain asserts
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from coderm_eval.core.errors import InputError
from coderm_eval.core.files import numbered_lines, parse_object
from coderm_eval.core.messages import abbreviated, expected_shape, quoted_line

__all__ = ["check_coverage", "read_by_task"]


class _Line(NamedTuple):
    number: int
    task_id: str
    value: str


def read_by_task(path: Path, column: str) -> dict[str, list[str]]:
    """{task id: its values of `column`, in file order}, for each task in the file.

    Raises:
        InputError: no such file, or a line that is not a JSON object with text under both keys.
    """
    values: dict[str, list[str]] = {}
    for line in _read_lines(path, column):
        values.setdefault(line.task_id, []).append(line.value)
    if not values:
        raise InputError(f"{path}: no lines; expected {expected_shape(column)} on each")
    return values


def check_coverage(path: Path, found: Collection[str], expected: Collection[str], benchmark: str) -> None:
    """Refuse a file whose task ids are not exactly the benchmark's.

    Raises:
        InputError: names the unknown and the missing ids, and what goes on without them.
    """
    unknown = [task for task in found if task not in expected]
    missing = [task for task in expected if task not in found]
    complaints = []
    if unknown:
        complaints.append(f"{len(unknown)} task ids that {benchmark} does not have ({abbreviated(unknown)})")
    if missing:
        complaints.append(f"no line for {len(missing)} of its tasks ({abbreviated(missing)})")
    if complaints:
        raise InputError(f"{path}: {' and '.join(complaints)}; --allow-partial goes on with the tasks that are there")


def _read_lines(path: Path, column: str) -> Iterator[_Line]:
    for number, line in numbered_lines(path):
        yield _parse_line(path, number, line, column)


def _parse_line(path: Path, number: int, line: bytes, column: str) -> _Line:
    row = parse_object(path, number, line, expected_shape(column))
    if not all(isinstance(row.get(key), str) for key in ("task_id", column)):
        raise InputError(
            f"{path}:{number}: no text under task_id and {column}: {quoted_line(line)}; "
            f"expected {expected_shape(column)}"
        )
    return _Line(number, row["task_id"], row[column])
