"""Tests out of plain asserts: one class for each assert, or for each group of asserts that depend on each other."""

from __future__ import annotations

import ast
import textwrap
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from coderm_eval.core.programs.source import all_nodes
from coderm_eval.generation.extraction.assert_groups import grouped, has_assert
from coderm_eval.generation.extraction.name_uses import name_uses
from coderm_eval.generation.extraction.source_text import SourceText

__all__ = ["assert_tests"]


def assert_tests(source: str, statements: Sequence[ast.stmt], entry_point: str) -> Iterator[str]:
    """Yield the tests of a module's statements. What stands above an assert is its set-up, without other asserts.

    Statements between the asserts of one test stand between them in its method.
    """
    text_of = SourceText(source).of
    setup = [index for index, node in enumerate(statements) if not has_assert(node)]
    texts = [text_of(statements[index]) + "\n" for index in setup]
    for group in grouped(statements, entry_point):
        start, end = (bisect_left(setup, index) for index in (group[0], group[-1]))
        between = [index for index in setup[start:end] if not _is_for_modules(statements[index])]
        above = texts[:start] + [
            text
            for index, text in zip(setup[start:end], texts[start:end], strict=True)
            if _is_for_modules(statements[index])
        ]
        body = [statements[index] for index in sorted([*group, *between])]
        yield _assert_class("".join(above), _method_body(body, text_of(body[0])))


def _is_for_modules(node: ast.stmt) -> bool:
    """Return whether it is no statement of a function: `from solution import *`."""
    return isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)


def _method_body(statements: Sequence[ast.stmt], text: str) -> str:
    """The statements in a method. `text` is the source of the first, which stays as it is where it is the only one.

    The names that they bind are those of the module, as where they stood.
    """
    uses = [name_uses(node, "") for node in statements]
    bound = set().union(*(use.bound for use in uses)) - _kept_local(statements)
    if not bound and len(statements) == 1 and isinstance(statements[0], ast.Assert):
        return text
    lines = [f"global {', '.join(sorted(bound))}"] if bound else []
    return f"\n{' ' * 8}".join([*lines, *map(_indented, statements)])


def _kept_local(statements: Sequence[ast.stmt]) -> set[str]:
    """Names that a method cannot declare as global: its argument, and those with an annotation."""
    annotated = (
        node.target for statement in statements for node in all_nodes(statement) if isinstance(node, ast.AnnAssign)
    )
    return {"self", *(target.id for target in annotated if isinstance(target, ast.Name))}


def _indented(node: ast.stmt) -> str:
    """The statement, of several lines, as the body of a method; multi-line strings become one line."""
    try:
        return textwrap.indent(ast.unparse(node), " " * 8).lstrip()
    except RecursionError:  # a repetition loop in the model; the test then fails, as it would when compiled
        return "assert False"


def _assert_class(setup: str, statement: str) -> str:
    """A class with one assert. `setup` comes first, as an import from `__future__` must; the further lines of an assert
    need no indentation."""
    return (
        f"{setup}import unittest\n\n\nclass TestAssert(unittest.TestCase):\n"
        f"    def test_assert(self):\n        {statement}\n"
    )
