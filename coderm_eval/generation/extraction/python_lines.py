"""Python among lines of prose: where it begins, and how far it goes."""

from __future__ import annotations

import ast
import itertools
import re
import warnings
from collections.abc import Callable, Iterator, Sequence

from coderm_eval.core.programs.source import parse

__all__ = ["python_in", "python_prefix"]

_START = re.compile(
    r"@|async |assert |def |class |import |from [\w.]+ import|if |for |while |try\s*:|with |[\"']{3}|#"
    r"|[A-Za-z_][\w.]*(?:\[.*\])?(?:\s*,\s*\w+)*\s*(?::[^=]+)?[-+*/|&]?=[^=]|[A-Za-z_][\w.]*\("
)
"""How a line of code begins; other lines are prose, and are not parsed."""

_MOST_LINES = 3_000
"""Lines that are looked at: no program is longer, and a model that repeats itself may write many more."""
_MOST_TRIES = 200
"""Ends that are tried for one beginning."""
_MOST_PARSES = 300
"""Ends that are tried in one text: of 3,000 lines of decorators each is a beginning, and none has an end."""

_DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign)


def python_in(text: str, fits: Callable[[str], bool], *, whole: bool = False) -> str:
    """The last lines of Python in a text that fit, with the definitions above them; empty if none fit.

    Args:
        whole: whether a definition within which the Python ends is left out.
    """
    lines = text.splitlines()[:_MOST_LINES]
    pieces: list[str] = []
    found = 0
    start = 0
    tries = iter(range(_MOST_PARSES))
    while start < len(lines):
        end = _end(lines, start, tries) if _START.match(lines[start]) else start
        if whole and end < len(lines) and re.match(r"[ \t]+(?![`~])\S", lines[end]):
            end = start + _last_statement(lines[start:end])
        if end > start:
            pieces.append("\n".join(lines[start:end]))
            found = len(pieces) if fits(pieces[-1]) else found
        start = max(end, start + 1)
    if not found:
        return ""
    code = "\n\n".join([*filter(None, map(_definitions, pieces[: found - 1])), pieces[found - 1]])
    return code + "\n" if fits(code) else pieces[found - 1] + "\n"


def python_prefix(text: str) -> str:
    """The longest beginning of a text, in whole lines, that is Python."""
    lines = text.split("\n")
    return text if parse(text) else "\n".join(lines[: _end(lines, 0, iter(range(_MOST_TRIES)))])


def _end(lines: Sequence[str], start: int, tries: Iterator[int]) -> int:
    """The line up to which the lines from `start` on are Python: the parser's errors say where it cannot be."""
    end = len(lines)
    for _ in itertools.islice(tries, _MOST_TRIES):
        if end <= start:
            break
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse("\n".join(lines[start:end]))
        except SyntaxError as error:
            end = min(start + max(error.lineno or 1, 1) - 1, end - 1)
        except (ValueError, RecursionError, MemoryError):
            break
        else:
            return end
    return start


def _last_statement(lines: Sequence[str]) -> int:
    """The index of the line on which the last top-level statement begins."""
    tree = parse("\n".join(lines))
    return _first_line(tree.body[-1]) - 1 if tree and tree.body else 0


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _definitions(code: str) -> str:
    """The statements of a piece that define something: imports, functions, classes, constants."""
    tree = parse(code) or ast.Module([], [])
    lines = code.split("\n")
    kept = []
    for node in tree.body:
        if isinstance(node, _DEFINITIONS):
            kept += lines[_first_line(node) - 1 : node.end_lineno]
    return "\n".join(kept)
