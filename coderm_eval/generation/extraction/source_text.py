"""The source of a module by lines and by statements, split once however many statements there are."""

from __future__ import annotations

import ast
import re

__all__ = ["SourceText", "source_lines"]

_LINE = re.compile(r"(?<=\n)|(?<=\r)(?!\n)")  # as Python's parser counts lines


def source_lines(source: str) -> list[str]:
    """The lines of a module with their ends."""
    return _LINE.split(source)


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
