"""Statements behind a function that set, fill or register something, and are not its usage."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence, Set

from coderm_eval.core.programs.source import all_nodes, is_known_module
from coderm_eval.generation.extraction.names import DEFINITIONS, IMPORTS, binds, loads, users

__all__ = ["sets_attributes", "setting_statements"]

_SHOWING = frozenset({"print", "input", "exit", "quit", "help", "unittest", "pytest", "doctest", "timeit"})
"""Names whose use is to show or to test something."""

_BUILTINS = frozenset(dir(builtins))


def setting_statements(
    statements: Sequence[ast.stmt], position: int, usage: set[str], *, other_exercises: bool
) -> list[ast.stmt]:
    """The statements behind the one at `position` that may change what the function does, whatever it reads.

    Such are `sys.setrecursionlimit(9000)`, `fill_table()`, `Sea.ebb = ebb` and a definition under a decorator of the
    module itself. A statement that reads a name which is not defined by then would fail: it is no part of the program.

    Args:
        other_exercises: whether what stands behind may be another program, whose imports and variables do not count:
            of 4,920 completions of CodeGen-16B, 6 went on with one that cannot run here, such as a server.
    """
    showing = _SHOWING | users(statements, _SHOWING)
    own = {name for node in statements if not isinstance(node, IMPORTS) for name in binds(node)}
    known = _BUILTINS.union(*map(binds, statements[: position + 1]))
    found: list[ast.stmt] = []
    for node in statements[position + 1 :]:
        if isinstance(node, DEFINITIONS):
            known |= binds(node)
            found += [node] if _is_registered(node, own, known) else []
        elif not other_exercises and (_is_importable(node) if isinstance(node, IMPORTS) else _runs(node, known)):
            known |= binds(node)
        barred = showing if sets_attributes(node) else showing | usage
        if _is_set(node) and _runs(node, known) and loads(node).isdisjoint(barred):
            found.append(node)
    return found


def sets_attributes(node: ast.stmt) -> bool:
    """Return whether it is an assignment to attributes or items only, such as `f.calls = 0`."""
    return isinstance(node, ast.Assign) and all(isinstance(t, (ast.Attribute, ast.Subscript)) for t in node.targets)


def _is_registered(node: ast.stmt, own: Set[str], known: Set[str]) -> bool:
    """Return whether a decorator of the module gets the definition, and may keep it: `@ebb.register`."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return any(loads(each) & own for each in decorators) and all(loads(each) <= known for each in decorators)


def _is_set(node: ast.stmt) -> bool:
    """Return whether a statement is a call or sets attributes or items, in its branches too."""
    if isinstance(node, (ast.If, ast.Try)):
        inner = [*node.body, *node.orelse, *getattr(node, "finalbody", [])]
        inner += [statement for handler in getattr(node, "handlers", []) for statement in handler.body]
        return all(_is_set(statement) or isinstance(statement, (ast.Pass, *IMPORTS)) for statement in inner)
    if isinstance(node, ast.AugAssign):
        return isinstance(node.target, (ast.Attribute, ast.Subscript))
    return sets_attributes(node) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call))


def _runs(node: ast.stmt, known: Set[str]) -> bool:
    parameters = {argument.arg for argument in all_nodes(node) if isinstance(argument, ast.arg)}
    return loads(node) <= known | binds(node) | parameters


def _is_importable(node: ast.Import | ast.ImportFrom) -> bool:
    modules = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    return all(map(is_known_module, modules))
