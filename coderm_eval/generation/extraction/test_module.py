"""The statements of a test's module that are kept: all but a copy of the candidate and what runs the tests."""

from __future__ import annotations

import ast

from coderm_eval.generation.extraction.dotted import dotted

__all__ = ["kept_statements"]

_RUNNERS = frozenset(
    {
        *("unittest.main", "pytest.main", "doctest.testmod", "unittest.TextTestRunner", "TextTestRunner", "main"),
        *("sys.exit", "os._exit", "exit", "quit", "input", "ut.main"),
        *("sys.path.append", "sys.path.insert"),
    }
)
"""Calls that run the tests, end the process, wait for a user, or say where the candidate is: the executor knows."""


def kept_statements(tree: ast.Module, entry_point: str) -> list[ast.stmt]:
    """The top-level statements that a test needs: imports, helpers, classes, and whatever fills a constant.

    Left out are what binds the function under test or a class `Solution`, `if __name__` blocks, statements without
    effect, calls that run the tests or say where the candidate is, and statements that need the result of one that is
    left out.
    """
    runners = _RUNNERS | {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and _calls(node) & _RUNNERS
    }
    kept: list[ast.stmt] = []
    lost: set[str] = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if node.name not in (entry_point, "Solution"):
                kept.append(node)
        elif _is_left_out(node, entry_point, runners) or _loads(node) & lost:
            lost |= _stores(node) - {entry_point}
        else:
            lost -= _stores(node)
            kept.append(node)
    return kept


def _is_left_out(node: ast.stmt, entry_point: str, runners: frozenset[str]) -> bool:
    if isinstance(node, (ast.Pass, ast.Raise)) or _is_without_effect(node):
        return True
    names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
    in_main = isinstance(node, ast.If) and "__name__" in names
    hides = not isinstance(node, ast.Try) and entry_point in _stores(node)
    return in_main or hides or "__file__" in names or bool(_calls(node) & runners)


def _is_without_effect(node: ast.stmt) -> bool:
    """Return whether it is a docstring, a name, or a `print`."""
    if not isinstance(node, ast.Expr):
        return False
    called = node.value.func if isinstance(node.value, ast.Call) else None
    return isinstance(node.value, (ast.Constant, ast.Name)) or (isinstance(called, ast.Name) and called.id == "print")


def _calls(node: ast.AST) -> set[str]:
    """The names of the functions that are called, as they are written."""
    return {dotted(inner.func) for inner in ast.walk(node) if isinstance(inner, ast.Call)}


def _loads(node: ast.stmt) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def _stores(node: ast.stmt) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
