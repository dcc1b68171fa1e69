"""The statements of a test's module that are kept: all but a copy of the candidate and what runs the tests."""

from __future__ import annotations

import ast

from coderm_eval.core.programs.source import all_nodes, is_main_guard
from coderm_eval.generation.extraction.dotted import dotted
from coderm_eval.generation.extraction.names import calls, stores

__all__ = ["kept_statements"]

_RUNNERS = frozenset(
    {
        *("unittest.main", "pytest.main", "doctest.testmod", "unittest.TextTestRunner", "TextTestRunner", "main"),
        *("sys.exit", "os._exit", "exit", "quit", "input", "ut.main"),
        *("sys.path.append", "sys.path.insert"),
    }
)
"""Calls that run the tests, end the process, wait for a user, or say where the candidate is: the executor knows."""

_ENDINGS = frozenset({"sys.exit", "os._exit", "exit", "quit", "sys.path.append", "sys.path.insert"})
"""Calls for which a function of the test is still called, unless it always ends the process."""

_CHANGING = frozenset(
    {
        *("append", "extend", "insert", "remove", "pop", "popleft", "appendleft", "clear", "sort", "reverse"),
        *("add", "discard", "update", "setdefault", "push"),
    }
)
"""Methods that change what they are called on, and whose result may be printed."""


def kept_statements(tree: ast.Module, entry_point: str) -> list[ast.stmt]:
    """The top-level statements that a test needs: imports, helpers, classes, and whatever fills a constant.

    Left out are what binds the function under test or a class `Solution`, `if __name__` blocks but for the constants
    that the tests read, statements without effect, calls that run the tests or say where the candidate is, and
    statements that need the result of one that is left out. A `Solution` that calls the function under test is kept.
    """
    runners = _runners(tree)
    kept: list[ast.stmt] = []
    lost: set[str] = set()
    for node in _with_guarded_constants(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if node.name != entry_point and (node.name != "Solution" or _is_adapter(node, entry_point)):
                kept.append(node)
        elif _is_left_out(node, entry_point, runners) or _loads(node) & lost:
            lost |= stores(node) - {entry_point}
        else:
            lost -= stores(node)
            kept.append(node)
    return kept


def _runners(tree: ast.Module) -> frozenset[str]:
    """The functions that run the tests, and those of the module that call them or always end the process."""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    runners = _RUNNERS - {node.name for node in functions}
    return runners | {node.name for node in functions if _runs(node, runners)}


def _runs(function: ast.FunctionDef, runners: frozenset[str]) -> bool:
    always = (node.value for node in function.body if isinstance(node, ast.Expr))
    ends = any(isinstance(call, ast.Call) and dotted(call.func) in _ENDINGS for call in always)
    return ends or bool(calls(function) & (runners - _ENDINGS))


def _with_guarded_constants(tree: ast.Module) -> list[ast.stmt]:
    """The statements of a module, with the assignments of a main guard whose names its definitions read."""
    if not any(map(is_main_guard, tree.body)):
        return tree.body
    definitions = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    needed = {name for node in definitions for name in _loads(node)}
    needed -= {name for node in tree.body if not is_main_guard(node) for name in stores(node)}
    found: list[ast.stmt] = []
    for node in reversed(tree.body):
        inner = node.body if isinstance(node, ast.If) and is_main_guard(node) else []
        for statement in reversed(inner):
            if isinstance(statement, (ast.Assign, ast.AnnAssign)) and stores(statement) & needed:
                needed |= _loads(statement)
                found.append(statement)
        found += [] if inner else [node]
    return found[::-1]


def _is_adapter(node: ast.stmt, entry_point: str) -> bool:
    """Return whether a class calls the function under test, and does not define a function of that name in a method."""
    methods = node.body if isinstance(node, ast.ClassDef) else []
    inner = {n.name for method in methods for n in all_nodes(method) if isinstance(n, ast.FunctionDef) and n != method}
    return entry_point in calls(node) and entry_point not in inner | stores(node)


def _is_left_out(node: ast.stmt, entry_point: str, runners: frozenset[str]) -> bool:
    if isinstance(node, (ast.Pass, ast.Raise)) or _is_without_effect(node):
        return True
    names = {inner.id for inner in all_nodes(node) if isinstance(inner, ast.Name)}
    in_main = isinstance(node, ast.If) and "__name__" in names
    hides = not isinstance(node, ast.Try) and entry_point in stores(node)
    return in_main or hides or "__file__" in names or bool(calls(node) & runners)


def _is_without_effect(node: ast.stmt) -> bool:
    """Return whether it is a docstring, a name, or a `print` of what no method changes."""
    if not isinstance(node, ast.Expr):
        return False
    called = node.value.func if isinstance(node.value, ast.Call) else None
    if isinstance(called, ast.Name) and called.id == "print":
        return not any(path.partition(".")[2] in _CHANGING for path in calls(node))
    return isinstance(node.value, (ast.Constant, ast.Name))


def _loads(node: ast.stmt) -> set[str]:
    return {n.id for n in all_nodes(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
