"""Asserts that a statement shows as examples, as MBPP's do."""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from coderm_eval.core.programs.source import all_nodes, parse

__all__ = ["Asserts", "last_asserts"]

_BUILTINS = frozenset(dir(builtins))

_MOST_ASSERTS = 20
_MOST_LINES = 10
"""Lines of one assert."""
_MOST_TRIES = 100
"""Lines that begin like an assert and are none."""


class Asserts(NamedTuple):
    """Asserts that follow each other."""

    first: int
    """Their first line, counted from 0."""
    text: str
    names: Counter[str]
    """The functions that they call, with the number of asserts that do."""


def last_asserts(lines: Sequence[str]) -> Asserts | None:
    """The last asserts of a text that call a function of its own; None if there are none."""
    starts = [number for number, line in enumerate(lines) if line.lstrip().startswith(("assert ", "assert("))]
    found: list[tuple[int, str]] = []
    names: Counter[str] = Counter()
    for start in reversed(starts[-_MOST_TRIES:]):
        source, called = _assert_at(lines, start)
        if found and (len(found) == _MOST_ASSERTS or not _follows(lines, start, source, found[-1][0])):
            break
        if called:
            found.append((start, source))
            names.update(called)
    return Asserts(found[-1][0], "\n".join(source for _, source in reversed(found)), names) if found else None


def _assert_at(lines: Sequence[str], start: int) -> tuple[str, list[str]]:
    """The assert that begins on a line, and the functions that it calls; none where it is no Python."""
    source = ""
    for line in lines[start : start + _MOST_LINES]:
        source = f"{source}\n{line}" if source else line.strip()
        tree = parse(source)
        if tree is not None and len(tree.body) == 1 and isinstance(tree.body[0], ast.Assert):
            return source, _called(tree)
    return "", []


def _follows(lines: Sequence[str], start: int, source: str, next_start: int) -> bool:
    """Return whether only blanks stand between an assert and the next."""
    behind = start + source.count("\n") + 1
    return bool(source) and not any(line.strip() for line in lines[behind:next_start])


def _called(tree: ast.Module) -> list[str]:
    """The functions that are called, the inner before the outer; built-in ones only where there is no other: a task may
    ask for a `sum`."""
    calls = (node for node in all_nodes(tree) if isinstance(node, ast.Call))
    names = list(dict.fromkeys(call.func.id for call in calls if isinstance(call.func, ast.Name)))[::-1]
    return [name for name in names if name not in _BUILTINS] or names
