"""Functions that a text shows without a body, wherever they stand in it: the one to be written is among them.

The text is read line by line and once, since most of it is no Python and it may be a megabyte.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from coderm_eval.core.programs.solution_class import CLASS

__all__ = ["Stub", "last_stub"]

_DEFINITION = re.compile(r"([ \t]*)(?:async[ \t]+)?(def|class)[ \t]+([A-Za-z_]\w*)[ \t]*([(:]?)")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_END_OF_SIGNATURE = re.compile(r"\)[ \t]*(?:->[^:]{1,300})?:[ \t]*(?:pass|\.\.\.)?[ \t]*$")
_TRIPLE_QUOTE = re.compile(r"[ \t]*[rRuU]?(\"\"\"|''')")
_ONE_LINE_TEXT = re.compile(r"[ \t]*[rRuU]?([\"']).*\1[ \t]*$")
_NOTHING = re.compile(r"[ \t]*(?:#.*|pass|\.\.\.|raise NotImplementedError\b.*)?[ \t;]*$")

_MOST_LINES_OF_A_SIGNATURE = 60


class Stub(NamedTuple):
    """A function without a body, or with a docstring alone; lines are counted from 0."""

    name: str
    top: int
    """The first line: of the class for a method, else of the signature."""
    signature: int
    """The line that its signature begins on."""
    end: int
    """The line behind it, and behind what stands for its body."""
    is_method: bool
    """Whether it stands in a class `Solution`."""
    has_docstring: bool


class _Open(NamedTuple):
    """A definition whose body the next lines may be in."""

    indent: int
    keyword: str
    name: str
    line: int


def last_stub(lines: Sequence[str]) -> Stub | None:
    """The last function without a body that stands alone or in a class `Solution`; None if there is none.

    Functions in other classes and in functions are no entry points. A docstring hides what looks like code in it.
    """
    found: Stub | None = None
    around: list[_Open] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        if not line.strip() or line.lstrip().startswith(("#", "@")):
            number += 1
            continue
        indent = len(line) - len(line.lstrip())
        while around and around[-1].indent >= indent:
            around.pop()
        first, definition = number, _DEFINITION.match(line)
        number += 1
        if definition and definition[4]:
            stub, number = _function(lines, first, definition, around)
            found = stub or found
            around.append(_Open(indent, definition[2], definition[3], first))
    return found


def _function(
    lines: Sequence[str], number: int, definition: re.Match[str], around: Sequence[_Open]
) -> tuple[Stub | None, int]:
    """The stub that begins on a line, if one does, and the next line to look at."""
    behind = _behind_signature(lines, number) if (definition[2], definition[4]) == ("def", "(") else None
    if behind is None:
        return None, number + 1
    indent = len(definition[1])
    body = _behind_docstring(lines, behind, indent)
    end = _behind_nothing(lines, body, indent)
    is_method = bool(around) and around[-1].keyword == "class" and around[-1].name == CLASS
    if end is None or (around and not is_method):
        return None, body
    top = around[-1].line if is_method else number
    return Stub(definition[3], top, number, end, is_method, body > behind), max(end, number + 1)


def _behind_signature(lines: Sequence[str], first: int) -> int | None:
    """The line behind a signature that no statement follows on its line; None if it is none."""
    depth = 0
    for number in range(first, min(first + _MOST_LINES_OF_A_SIGNATURE, len(lines))):
        line = lines[number]
        if number > first and _DEFINITION.match(line):
            return None
        code = _QUOTED.sub("", line).partition("#")[0]
        depth += sum(map(code.count, "([{")) - sum(map(code.count, ")]}"))
        if depth <= 0:
            return number + 1 if _END_OF_SIGNATURE.search(code) else None
    return None


def _behind_docstring(lines: Sequence[str], first: int, indent: int) -> int:
    """The line behind the docstring that begins on the next line with something on it; `first` if none does."""
    start = next((n for n in range(first, len(lines)) if lines[n].strip()), len(lines))
    if start == len(lines) or _indent(lines[start]) <= indent:
        return first
    opening = _TRIPLE_QUOTE.match(lines[start])
    if opening is None:
        return start + 1 if _ONE_LINE_TEXT.match(lines[start]) else first
    if opening[1] in lines[start][opening.end() :]:
        return start + 1
    return next((n + 1 for n in range(start + 1, len(lines)) if opening[1] in lines[n]), len(lines))


def _behind_nothing(lines: Sequence[str], first: int, indent: int) -> int | None:
    """The line behind what does nothing, such as `pass`; None where a statement follows that is in the function."""
    end = first
    for number in range(first, len(lines)):
        line = lines[number]
        if line.strip() and _indent(line) <= indent:
            return end
        if not _NOTHING.match(line):
            return None
        if line.strip():
            end = number + 1
    return len(lines)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
