"""The names that statements bind and read, and which definitions follow from which."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from coderm_eval.core.programs.source import all_nodes
from coderm_eval.generation.extraction.dotted import dotted

__all__ = ["DEFINITIONS", "IMPORTS", "binds", "calls", "imported_as", "loads", "needed_by", "stores", "users"]

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)

_BY_NAME = frozenset({"globals", "locals", "vars", "eval", "exec", "getattr", "__import__"})
"""Calls that reach a definition by its name as a text, so that no definition is known to be unneeded."""


def binds(node: ast.stmt) -> set[str]:
    """The names that a top-level statement binds, those of functions in its branches included."""
    if isinstance(node, DEFINITIONS):
        return {node.name}
    if isinstance(node, IMPORTS):
        return set(map(imported_as, node.names))
    inner = {name for n in all_nodes(node) if isinstance(n, DEFINITIONS) for name in (n.name,)}
    return stores(node) | inner


def imported_as(alias: ast.alias) -> str:
    """The name that an import binds: `os` for `os.path`, and `p` for `os.path as p`."""
    return (alias.asname or alias.name).partition(".")[0]


def calls(node: ast.AST) -> set[str]:
    """The names of the functions that are called, as they are written."""
    return {dotted(inner.func) for inner in all_nodes(node) if isinstance(inner, ast.Call)}


def loads(node: ast.AST) -> set[str]:
    """The names that are read in a node; a name declared global, or added to, is read before it is bound."""
    found: set[str] = set()
    for n in all_nodes(node):
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load):
            found.add(n.id)
        elif isinstance(n, ast.Global):
            found.update(n.names)
        elif isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name):
            found.add(n.target.id)
    return found


def stores(node: ast.AST) -> set[str]:
    return {n.id for n in all_nodes(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def needed_by(statements: Iterable[ast.stmt], roots: Iterable[str]) -> set[str]:
    """The names of the module that `roots` need, those included."""
    uses: dict[str, set[str]] = {}
    for node in statements:
        for target in binds(node):
            uses.setdefault(target, set()).update(loads(node))
    if any(_BY_NAME & used for used in uses.values()):
        return {*roots, *uses}
    needed: set[str] = set()
    pending = list(roots)
    while pending:
        target = pending.pop()
        if target not in needed:
            needed.add(target)
            pending += uses.get(target, set()) & uses.keys()
    return needed


def users(statements: Iterable[ast.stmt], names: Iterable[str]) -> set[str]:
    """The functions and classes that use one of `names`, straight or through others."""
    used_by: dict[str, list[str]] = {}
    for node in statements:
        if isinstance(node, DEFINITIONS):
            for each in loads(node):
                used_by.setdefault(each, []).append(node.name)
    found: set[str] = set()
    pending = list(names)
    while pending:
        for user in used_by.get(pending.pop(), ()):
            if user not in found:
                found.add(user)
                pending.append(user)
    return found - set(names)
