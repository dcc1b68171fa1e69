"""Files that users bring: candidates and tests, one JSON object a line, gzipped or not.

samples   {"task_id", "solution"}   EvalPlus's own format, N lines a task
tests     {"task_id", "test"}       M lines a task: a unittest class, or plain asserts
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from coderm_eval.errors import InputError, shown

__all__ = [
    "check_coverage",
    "few",
    "first_n",
    "numbered_lines",
    "object_of",
    "read_column",
    "read_rates",
    "shape_of",
    "shown_line",
]


class _Line(NamedTuple):
    number: int
    task_id: str
    value: str


def read_column(path: Path, column: str) -> dict[str, list[str]]:
    """{task id: its values of `column`, in file order}, for each task in the file.

    Raises:
        InputError: no such file, or a line that is not a JSON object with text under both keys.
    """
    values: dict[str, list[str]] = {}
    for line in _lines(path, column):
        values.setdefault(line.task_id, []).append(line.value)
    if not values:
        raise InputError(f"{path}: no lines; expected {shape_of(column)} on each")
    return values


def read_rates(path: Path) -> dict[str, float]:
    """{task id: pass rate} of a file of {"task_id", "rate"} lines.

    Raises:
        InputError: no such file, or a line without a number from 0 to 1.
    """
    rates = {}
    for number, line in numbered_lines(path):
        row = object_of(path, number, line, _RATE)
        task_id, rate = row.get("task_id"), row.get("rate")
        if not isinstance(task_id, str) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
            raise InputError(f"{path}:{number}: {shown_line(line)}; expected {_RATE}, with a rate from 0 to 1")
        rates[task_id] = float(rate)
    return rates


def rates_for(path: Path, tasks: Sequence[str], problems: str, otherwise: str = "") -> dict[str, float]:
    """The pass rates of all `tasks`, in their order.

    Args:
        problems: what the tasks are called where some have no rate.
        otherwise: what else can be done then.

    Raises:
        InputError: as `read_rates`, or a task without a rate.
    """
    found = read_rates(path)
    if missing := [task for task in tasks if task not in found]:
        raise InputError(
            f"{path}: no rate for {len(missing)} of {problems} ({few(missing)}); add a line for each{otherwise}"
        )
    return {task: found[task] for task in tasks}


_RATE = '{"task_id": "...", "rate": 0.5}'


def check_coverage(path: Path, found: Collection[str], expected: Collection[str], benchmark: str) -> None:
    """Refuse a file whose task ids are not exactly the benchmark's.

    Raises:
        InputError: names the unknown and the missing ids, and what goes on without them.
    """
    unknown = [task for task in found if task not in expected]
    missing = [task for task in expected if task not in found]
    complaints = []
    if unknown:
        complaints.append(f"{len(unknown)} task ids that {benchmark} does not have ({few(unknown)})")
    if missing:
        complaints.append(f"no line for {len(missing)} of its tasks ({few(missing)})")
    if complaints:
        raise InputError(f"{path}: {' and '.join(complaints)}; --allow-partial goes on with the tasks that are there")


def first_n(path: Path, samples: Mapping[str, list[str]], n: int | None) -> dict[str, list[str]]:
    """The first `n` samples of each task; all of them where n is None.

    Raises:
        InputError: a task has fewer than n.
    """
    for task_id, values in samples.items():
        if n is not None and len(values) < n:
            raise InputError(
                f"{path}: {task_id} has {len(values)} samples, fewer than n={n}; set n to {len(values)} or less"
            )
    return {task_id: values[:n] for task_id, values in samples.items()}


def _lines(path: Path, column: str) -> Iterator[_Line]:
    for number, line in numbered_lines(path):
        yield _parse(path, number, line, column)


def numbered_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that are not empty, by their numbers from 1.

    Raises:
        InputError: the file is not there or cannot be read.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        if not path.is_file():
            raise InputError(f"{path}: no such file")
        with opener(path, "rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error


def _parse(path: Path, number: int, line: bytes, column: str) -> _Line:
    row = object_of(path, number, line, shape_of(column))
    if not all(isinstance(row.get(key), str) for key in ("task_id", column)):
        raise InputError(
            f"{path}:{number}: no text under task_id and {column}: {shown_line(line)}; expected {shape_of(column)}"
        )
    return _Line(number, row["task_id"], row[column])


def object_of(path: Path, number: int, line: bytes, expected: str) -> dict[str, Any]:
    """The JSON object on a line; an empty one for JSON of another kind.

    Raises:
        InputError: it is no JSON; says what was `expected`.
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):  # a UnicodeDecodeError is a ValueError
        raise InputError(f"{path}:{number}: not JSON: {shown_line(line)}; expected {expected}") from None
    return row if isinstance(row, dict) else {}


def shape_of(column: str) -> str:
    """What a line with this column looks like, for a message."""
    return '{"task_id": "...", "' + column + '": "..."}'


def shown_line(line: bytes) -> str:
    """The beginning of a line, for a message."""
    return shown(line.decode("utf-8", "replace").strip())


def few(names: Sequence[str]) -> str:
    """The first of many names, for a message."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
