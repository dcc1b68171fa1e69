"""A program without what models write around the function: usage, asserts, prose that happens to be Python."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from coderm_eval.core.programs.source import bound, parse
from coderm_eval.generation.extraction.dotted import dotted
from coderm_eval.generation.extraction.source_text import source_lines
from coderm_eval.generation.extraction.stubs import is_empty

__all__ = ["without_usage"]

_BY_NAME = frozenset({"globals", "locals", "vars", "eval", "exec", "getattr", "__import__"})
"""Calls that reach a definition by its name as a text, so that no definition is known to be unneeded."""

_ENDINGS = frozenset({"exit", "quit", "sys.exit", "input", "unittest.main", "doctest.testmod", "pytest.main"})

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def without_usage(source: str, name: str, *, first: bool = False) -> str:
    """A program without the top-level statements that its function `name` does not need and that could break it.

    Dropped are asserts, statements that use the function, and whatever stands behind it that it does not need. The
    text is unchanged where nothing is dropped, or where `name` is not defined.

    Args:
        first: whether the first definition counts, and not the last: a base model goes on with other exercises.
    """
    tree = parse(source)
    places = [n for n, node in enumerate(tree.body) if name in bound(node)] if tree else []
    if tree is None or not places:
        return source
    place = next((n for n in places if not _is_stub(tree.body[n])), places[-1]) if first else places[-1]
    statements = [node for n, node in enumerate(tree.body) if not (first and n > place and n in places)]
    needed = _needed(statements, name)
    usage = {name, *(_users(statements, name) - needed)}
    helpers = needed - {name}
    position = statements.index(tree.body[place])
    kept: list[ast.stmt] = []
    for n, node in enumerate(statements):
        if _breaks(node, usage, needed) or (n > position and not _serves(node, helpers, name)):
            usage |= set() if isinstance(node, _DEFINITIONS) else _stores(node) - needed
        else:
            kept.append(node)
    return _text_of(source, tree.body, kept)


def _is_stub(node: ast.stmt) -> bool:
    """Return whether it is a function without a body, as the prompt that the answer repeats."""
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and is_empty(node)


def _needed(statements: Iterable[ast.stmt], name: str) -> set[str]:
    """The names of the module that `name` needs, itself included."""
    uses: dict[str, set[str]] = {}
    for node in statements:
        for target in _binds(node):
            uses.setdefault(target, set()).update(_loads(node))
    if any(_BY_NAME & used for used in uses.values()):
        return {name, *uses}
    needed: set[str] = set()
    pending = [name]
    while pending:
        target = pending.pop()
        if target not in needed:
            needed.add(target)
            pending += uses.get(target, set()) & uses.keys()
    return needed


def _users(statements: Iterable[ast.stmt], name: str) -> set[str]:
    """The functions and classes that use `name`, straight or through others."""
    uses = {node.name: _loads(node) for node in statements if isinstance(node, _DEFINITIONS)}
    used_by: dict[str, list[str]] = {}
    for target, used in uses.items():
        for each in used:
            used_by.setdefault(each, []).append(target)
    users: set[str] = set()
    pending = [name]
    while pending:
        for user in used_by.get(pending.pop(), ()):
            if user not in users:
                users.add(user)
                pending.append(user)
    return users - {name}


def _breaks(node: ast.stmt, usage: set[str], needed: set[str]) -> bool:
    """Return whether a statement tests or uses the function, ends the process, or is prose."""
    if isinstance(node, ast.Assert):
        return True
    if isinstance(node, (*_DEFINITIONS, ast.Import, ast.ImportFrom)):
        return False
    calls = {dotted(inner.func) for inner in ast.walk(node) if isinstance(inner, ast.Call)}
    if calls & _ENDINGS or (_loads(node) & usage and not _binds(node) & usage):
        return not _sets_attributes(node)
    if _binds(node) & needed:
        return False
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return True
    if isinstance(node, ast.Expr) and not isinstance(node.value, (ast.Call, ast.Constant, ast.Await)):
        return True
    return not _sets_attributes(node) and bool(_loads(node) & usage)


def _sets_attributes(node: ast.stmt) -> bool:
    """Return whether it is an assignment to attributes or items only, such as `f.calls = 0`."""
    return isinstance(node, ast.Assign) and all(isinstance(t, (ast.Attribute, ast.Subscript)) for t in node.targets)


def _serves(node: ast.stmt, helpers: set[str], name: str) -> bool:
    """Return whether a statement behind the function binds or changes something that the function needs."""
    if not (binds := _binds(node)).isdisjoint(helpers) or name in binds:
        return True
    if isinstance(node, (*_DEFINITIONS, ast.Import, ast.ImportFrom)):
        return False
    return not (loads := _loads(node)).isdisjoint(helpers) or name in loads


def _binds(node: ast.stmt) -> set[str]:
    if isinstance(node, _DEFINITIONS):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    inner = {name for n in ast.walk(node) if isinstance(n, _DEFINITIONS) for name in (n.name,)}
    return _stores(node) | inner


def _loads(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def _stores(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _text_of(source: str, statements: list[ast.stmt], kept: list[ast.stmt]) -> str:
    """The source without the lines of the statements that are not kept, unless a kept one shares them."""
    if len(kept) == len(statements):
        return source
    stay = {line for node in kept for line in _lines(node)}
    staying = set(map(id, kept))
    dropped = {line for node in statements if id(node) not in staying for line in _lines(node)} - stay
    lines = enumerate(source_lines(source), 1)
    return "".join(line for number, line in lines if number not in dropped).rstrip() + "\n"


def _lines(node: ast.stmt) -> range:
    first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
    return range(first, (node.end_lineno or node.lineno) + 1)
