"""The code that a stub stands in: its imports, helpers and constants, without the words around it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

from coderm_eval.core.programs.source import parse

__all__ = ["Passage", "code_around", "dedented", "docstring_above", "docstring_around", "without_quotes", "words_above"]

_FENCE = re.compile(r"[ \t]*(?:`{3}|~{3})")

_CODE = re.compile(
    r"\s|#(?!#)|@|[)\]}]|import +\w|from +[\w.]+ +import\b|(?:async +)?def +\w|class +\w+ *[(:]"
    r"|[A-Za-z_]\w*(?: *:[^=]{1,80})? *=[^=]|(?:if|for|while|try|else|elif|except|with|finally)\b.*:\s*$"
)
"""How a line of a module begins that may stand above a function."""

_TRIPLE_QUOTE = '"""'


class Passage(NamedTuple):
    """Some lines of a text."""

    first: int
    end: int
    """The line behind it."""
    text: str
    is_last: bool
    """Whether nothing follows it, so that a completion goes on from it."""


def code_around(lines: Sequence[str], top: int, end: int) -> Passage:
    """The code of which the lines from `top` to `end` are part, up to the fences or words around it.

    Where what stands above them is no Python, they stand for themselves.
    """
    fences = [number for number in range(top) if _FENCE.match(lines[number])]
    if len(fences) % 2:
        first, last = fences[-1] + 1, next((n for n in range(end, len(lines)) if _FENCE.match(lines[n])), len(lines))
    else:
        first, last = _first_of_module(lines, top), end
    return _passage(lines, first if _is_code(lines[first:end]) else top, last)


def docstring_around(lines: Sequence[str], line: int) -> Passage | None:
    """The text in triple quotes at the left margin in which a line stands; None if there is none."""
    first = _last_with_quotes(lines, line)
    last = next((n for n in range(line, len(lines)) if n > first and _TRIPLE_QUOTE in lines[n]), len(lines))
    return _docstring(lines, first, last)


def docstring_above(lines: Sequence[str], line: int) -> Passage | None:
    """The text in triple quotes at the left margin that ends above a line and comments; None if there is none."""
    last = next((n for n in range(line - 1, -1, -1) if lines[n].strip() and not lines[n].startswith("#")), -1)
    is_end = last >= 0 and lines[last].rstrip().endswith(_TRIPLE_QUOTE)
    return _docstring(lines, _last_with_quotes(lines, last - 1), last) if is_end else None


def words_above(lines: Sequence[str], code: Passage) -> str:
    """The text above some code, without the mark of its fence."""
    is_fenced = code.first > 0 and _FENCE.match(lines[code.first - 1])
    return "\n".join(lines[: code.first - 1 if is_fenced else code.first])


def without_quotes(docstring: Passage) -> str:
    """The text between the triple quotes."""
    return docstring.text.strip()[3:-3].removeprefix("\n").removesuffix("\n")


def _last_with_quotes(lines: Sequence[str], line: int) -> int:
    return next((n for n in range(line, -1, -1) if _TRIPLE_QUOTE in lines[n]), -1)


def _docstring(lines: Sequence[str], first: int, last: int) -> Passage | None:
    if first < 0 or last == len(lines) or not lines[first].startswith(_TRIPLE_QUOTE):
        return None
    found = _passage(lines, first, last + 1)
    return found if parse(found.text) else None


def dedented(code: str) -> str:
    """Code without the indentation of a list that it stands in; a blank line of other code keeps its blanks."""
    return textwrap.dedent(code) if code.lstrip("\n")[:1] in (" ", "\t") else code


def _passage(lines: Sequence[str], first: int, end: int) -> Passage:
    """The lines; to the last character where only blanks follow."""
    is_last = not any(line.strip() for line in lines[end:])
    text = "\n".join(lines[first:]) if is_last else dedented("\n".join(lines[first:end]) + "\n")
    return Passage(first, len(lines) if is_last else end, text, is_last)


def _first_of_module(lines: Sequence[str], top: int) -> int:
    """The first line above `top` from which on there is code alone."""
    first = number = top
    while number > 0:
        number -= 1
        line = lines[number]
        if line.startswith(_TRIPLE_QUOTE) and line.count(_TRIPLE_QUOTE) % 2:
            number = next((n for n in range(number - 1, -1, -1) if _TRIPLE_QUOTE in lines[n]), -1)
            if number < 0 or not (lines[number].startswith(_TRIPLE_QUOTE) or _CODE.match(lines[number])):
                break
        elif line.strip() and not line.startswith(_TRIPLE_QUOTE) and not _CODE.match(line):
            break
        first = number if lines[number].strip() else first
    return first


def _is_code(lines: Sequence[str]) -> bool:
    """Return whether the lines are Python up to a function whose body is still to come."""
    text = dedented("\n".join(lines)).rstrip()
    last = text.rpartition("\n")[2]
    indent = last[: len(last) - len(last.lstrip())]
    return parse(text) is not None or parse(f"{text}\n{indent}    pass") is not None
