"""Files of texts by task: one JSON object per line, gzipped or not.

tests     {"task_id", "test"}       M lines per task, each a unittest class or plain asserts
          {"task_id", "unit_tests"} one line per task with a list, as CodeRM's authors have it
samples   {"task_id", "solution"}   N lines per task; `samples` reads these and other formats
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from coderm_eval.core.errors import InputError
from coderm_eval.core.inputs import called, numbered_lines, open_input, parse_object
from coderm_eval.core.line_index import LineIndex
from coderm_eval.core.messages import LINES_OF_LIST, abbreviated, counted, expected_shape, quoted_line
from coderm_eval.generation.recorded.coderm_records import parse_tests_record, refuse_prompts

__all__ = ["PARTIAL", "check_coverage", "line_of", "read_by_task"]

PARTIAL = "--allow-partial evaluates only the tasks that have samples"
"""What to do about a file that lacks tasks, where there is that flag."""


def read_by_task(path: Path, column: str) -> Mapping[str, Sequence[str]]:
    """Find the texts under `column` by task id, in file order; they are counted now, and read when they are asked for.

    Raises:
        InputError: no such file, or a line that is not a JSON object with text under both keys; also, when texts are
            asked for, a file that was changed meanwhile.
    """
    with open_input(path) as file:
        index = LineIndex(path, file)
        for number, line in index.read():
            if number == 1 and line.lstrip().startswith(b"["):
                raise InputError(f"{path}: a JSON list: {quoted_line(line)}; {LINES_OF_LIST}")
            task_id, found = _parse_line(path, number, line, column)
            index.add(task_id, len(found))
    if not index:
        raise InputError(f"{path}: no lines; expected {expected_shape(column)} on each")
    return index.texts(lambda line: _parse_line(path, 0, line, column)[1])


def line_of(path: Path, column: str, task_id: str, index: int) -> int:
    """The number of the line that has the text with this index, among those of a task."""
    before = 0
    for number, line in numbered_lines(path):
        task, found = _parse_line(path, number, line, column)
        before += len(found) if task == task_id else 0
        if before > index:
            return number
    raise LookupError(f"{path} has no such text any more")


def check_coverage(
    path: Path, found: Collection[str], expected: Collection[str], benchmark: str, advice: str = PARTIAL
) -> None:
    """Refuse a file whose task ids are not exactly the benchmark's.

    Raises:
        InputError: names the unknown and the missing ids, and ends with the `advice`.
    """
    known, there = set(expected), set(found)
    unknown = [task for task in found if task not in known]
    missing = [task for task in expected if task not in there]
    complaints = []
    if unknown:
        complaints.append(f"{counted(len(unknown), 'task id')} that {benchmark} does not have ({abbreviated(unknown)})")
    if missing:
        complaints.append(f"nothing for {len(missing)} of its tasks ({abbreviated(missing)})")
    if complaints:
        raise InputError(f"{called(path)}: {' and '.join(complaints)}; {advice}")


def _parse_line(path: Path, number: int, line: bytes, column: str) -> tuple[str, list[str]]:
    """The task id and the texts of a line."""
    row = parse_object(path, number, line, expected_shape(column))
    if column == "test" and "unit_tests" in row:
        return parse_tests_record(f"{path}:{number}", row)
    refuse_prompts(f"{path}:{number}", row)
    if not all(isinstance(row.get(key), str) for key in ("task_id", column)):
        raise InputError(
            f"{path}:{number}: no text under task_id and {column}: {quoted_line(line)}; "
            f"expected {expected_shape(column)}"
        )
    return row["task_id"], [row[column]]
