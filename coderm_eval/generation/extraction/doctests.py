"""Doctests as plain asserts: `>>> f(1)` with the value below it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from coderm_eval.core.programs.source import all_nodes, parse

if TYPE_CHECKING:
    import doctest

__all__ = ["with_doctests_as_asserts"]

_DEFINITION = re.compile(r"^[ \t]*(?:def|class|async def) ", re.MULTILINE)


def with_doctests_as_asserts(source: str, entry_point: str) -> str:
    """A module followed by the asserts of its doctests, or the statements of a session; unchanged without doctests.

    The docstring of a copy of the function under test is the prompt's, and counts only in a module that runs doctests.
    """
    if ">>>" not in source:
        return source
    tree = parse(source)
    session = [] if _DEFINITION.search(source) else [source]
    texts = _texts(tree, entry_point) if tree else iter(session)
    statements = [_statement(example) for text in texts for example in _examples(text)]
    return "\n".join([source.rstrip("\n")] * (tree is not None) + statements) + "\n" if statements else source


def _texts(tree: ast.Module, entry_point: str) -> Iterator[str]:
    """Yield the texts of a module that hold doctests."""
    runs = any(isinstance(node, ast.Import) and node.names[0].name == "doctest" for node in all_nodes(tree))
    for node in tree.body:
        if runs or getattr(node, "name", "") != entry_point:
            texts = (inner.value for inner in all_nodes(node) if isinstance(inner, ast.Constant))
            yield from (text for text in texts if isinstance(text, str) and ">>>" in text)


def _examples(text: str) -> list[doctest.Example]:
    import doctest  # here: it brings unittest, and few tests have doctests

    try:
        return doctest.DocTestParser().get_examples(text)
    except ValueError:  # of odd indentation
        return []


def _statement(example: doctest.Example) -> str:
    """An example as a statement: an assert if it has a value, and no option says that it is shown in part."""
    tree = parse(example.source)
    shown = example.want.strip()
    if not shown or example.options or tree is None or len(tree.body) != 1 or not isinstance(tree.body[0], ast.Expr):
        return example.source
    value = tree.body[0].value
    try:
        expression = ast.unparse(value)
    except RecursionError:
        return example.source
    if example.exc_msg:
        kind = example.exc_msg.partition(":")[0].strip().rpartition(".")[2]
        return f"try:\n    {expression}\nexcept {kind}:\n    pass\nelse:\n    assert False, {expression!r}"
    match value:
        case ast.Call(func=ast.Name(id="print"), args=[printed], keywords=[]):
            return f"assert str({ast.unparse(printed)}) == {shown!r}"
    try:
        ast.literal_eval(shown)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return f"assert repr({expression}) == {shown!r}"
    return f"assert {expression} == {' '.join(shown.splitlines())}"
