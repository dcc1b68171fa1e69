"""The TestCase classes of a test's module, and whether they have methods that unittest runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from coderm_eval.core.programs.source import all_nodes
from coderm_eval.generation.extraction.dotted import dotted

__all__ = ["base_names", "has_methods", "sets_methods", "test_classes", "with_run_test_named"]


def test_classes(tree: ast.Module) -> list[ast.ClassDef]:
    """The classes that derive from a ...TestCase, by any imported name, directly or through a class of the module.

    They may stand within a function or an `if`, but not within a class, where unittest does not look.
    """
    known = {
        alias.asname
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name.endswith("TestCase")
    }
    found: list[ast.ClassDef] = []
    for node, is_inner in _classes(tree):
        bases = base_names(node)
        if any(base.endswith("TestCase") for base in bases) or bases & known:
            known.add(node.name)
            found += [] if is_inner else [node]
    return found


def has_methods(tree: ast.Module, classes: Sequence[ast.ClassDef]) -> bool:
    """Return whether a test class has a test method: its own, one from a class of the module, or one set later."""
    names = {node.name for node in classes}
    wanted = names.union(*map(base_names, classes))
    bodies = (item for node, _ in _classes(tree) if node.name in wanted for item in node.body)
    return any(map(_is_method, bodies)) or sets_methods(tree, names)


def sets_methods(tree: ast.Module, names: set[str]) -> bool:
    """Return whether statements set test methods of the classes `names`: `setattr(TestF, ...)`, `TestF.test_a = ...`"""
    return any(_sets_method(node, names) for node in all_nodes(tree))


def with_run_test_named(code: str) -> str:
    """The source with `runTest`, which unittest runs where there is no other method, named as a test method is."""
    if "runTest" not in code or re.search(r"^\s*(?:async )?def test", code, re.MULTILINE):
        return code
    return re.sub(r"\brunTest\b", "test_run", code)


_BLOCKS = ("body", "handlers", "orelse", "finalbody")
"""Where a statement has others."""


def _classes(tree: ast.Module) -> Iterator[tuple[ast.ClassDef, bool]]:
    """Yield the classes of a module in their order, each with whether it stands within another."""
    pending: list[tuple[ast.AST, bool]] = [(tree, False)]
    while pending:
        node, is_inner = pending.pop()
        if isinstance(node, ast.ClassDef):
            yield node, is_inner
            is_inner = True
        inner = [child for block in _BLOCKS for child in getattr(node, block, ())]
        pending += ((child, is_inner) for child in reversed(inner))


def base_names(node: ast.ClassDef) -> set[str]:
    """The last part of the name of each base: TestCase for unittest.TestCase."""
    names = {base.id for base in node.bases if isinstance(base, ast.Name)}
    return names | {base.attr for base in node.bases if isinstance(base, ast.Attribute)}


def _is_method(item: ast.stmt) -> bool:
    return isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)) and item.name.startswith("test")


def _sets_method(node: ast.AST, names: set[str]) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="setattr"), args=[target, *_]):
            return dotted(target) in names
        case ast.Attribute(value=ast.Name(id=name), attr=attribute, ctx=ast.Store()):
            return name in names and attribute.startswith("test")
        case _:
            return False
