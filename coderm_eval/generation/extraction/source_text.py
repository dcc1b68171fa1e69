"""The source of a module by lines and by statements, split once however many statements there are."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Sequence

__all__ = ["SourceText", "replaced", "source_lines"]

_LINE = re.compile(r"(?<=\n)|(?<=\r)(?!\n)")  # as Python's parser counts lines


def source_lines(source: str) -> list[str]:
    """The lines of a module with their ends."""
    return _LINE.split(source)


def replaced(code: str, changes: Sequence[tuple[ast.stmt | ast.expr, str]]) -> str:
    """The source with a text in place of each of these nodes, which do not overlap."""
    lines = [line.encode() for line in source_lines(code)]
    starts = [0, *itertools.accumulate(map(len, lines))]
    source = b"".join(lines)
    parts: list[bytes] = []
    done = 0
    for node, text in sorted(changes, key=lambda change: (change[0].lineno, change[0].col_offset)):
        parts += [source[done : starts[node.lineno - 1] + node.col_offset], text.encode()]
        done = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
    return b"".join([*parts, source[done:]]).decode()


class SourceText:
    """Gives the text of each statement of a module.

    `ast.get_source_segment` splits the whole source for each of them: minutes for a megabyte of statements.
    """

    def __init__(self, source: str) -> None:
        self._lines = [line.encode() for line in source_lines(source)]  # nodes count columns in bytes

    def of(self, node: ast.stmt) -> str:
        """The source of a statement, with its decorators and the comments inside it."""
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        decorators: list[ast.expr] = getattr(node, "decorator_list", [])
        if decorators:
            whole = self._lines[decorators[0].lineno - 1 : last + 1]
            return "\n".join(line.decode().rstrip("\r\n") for line in whole)
        if first == last:
            return self._lines[first][node.col_offset : node.end_col_offset].decode()
        inner = self._lines[first + 1 : last]
        return b"".join(
            [self._lines[first][node.col_offset :], *inner, self._lines[last][: node.end_col_offset]]
        ).decode()
