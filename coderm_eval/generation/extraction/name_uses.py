"""What a statement does with names: which it reads, which it may change, which it binds."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from coderm_eval.core.programs.source import child_nodes
from coderm_eval.generation.extraction.names import DEFINITIONS, IMPORTS, binds, stores

__all__ = ["NameUses", "makes_object", "name_uses"]

_READING = frozenset(
    {
        *("len", "isinstance", "issubclass", "type", "repr", "str", "int", "float", "bool", "abs", "round", "id"),
        *("hash", "callable", "hasattr", "print"),
    }
)
"""Functions that leave their arguments as they are; `list` and `sum` use up a generator."""
_CONTAINERS = (ast.List, ast.Dict, ast.Set, ast.Call, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_COMPOUND = (ast.For, ast.AsyncFor, ast.While, ast.If, ast.With, ast.AsyncWith, ast.Try)


class NameUses(NamedTuple):
    """The names of one statement.

    Attributes:
        read: names whose value is looked at, without those that the statement's own loops bind.
        changed: those of them that a call gets, that have a method called, or of which an item or attribute is set.
        bound: names that get a value.
        rebound: those of them whose earlier value is lost for certain.
    """

    read: frozenset[str]
    changed: frozenset[str]
    bound: frozenset[str]
    rebound: frozenset[str]


def name_uses(statement: ast.stmt, stateful: str) -> NameUses:
    """The names that a statement uses; a call of `stateful` without arguments changes that name."""
    read: set[str] = set()
    changed: set[str] = set()
    bound = binds(statement) if isinstance(statement, (*DEFINITIONS, *IMPORTS)) else set()
    looped: set[str] = set()
    updated: set[str] = set()
    local: set[str] = set()
    for node, changes in _nodes(statement, stateful):
        match node:
            case ast.Name(id=name, ctx=context):
                (read if isinstance(context, ast.Load) else bound).add(name)
                changed |= {name} if changes else set()
            case ast.AugAssign(target=target):
                updated |= stores(target)
            case ast.For(target=target) | ast.AsyncFor(target=target):
                looped |= stores(target)
            case ast.comprehension(target=target):
                local |= stores(target)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                local |= {name for inner in node.body for name in stores(inner)}
    read, bound = (read - looped - local) | updated, bound - local
    certain = set() if isinstance(statement, _COMPOUND) else bound - updated
    return NameUses(frozenset(read), frozenset(changed & read), frozenset(bound), frozenset(certain))


def _nodes(statement: ast.stmt, stateful: str) -> Iterator[tuple[ast.AST, bool]]:
    """Yield the nodes of a statement, each with whether what it stands for may be changed there."""
    pending: list[tuple[ast.AST, bool]] = [(statement, False)]
    while pending:
        node, changes = pending.pop()
        yield node, changes
        match node:
            case ast.Call(func=ast.Name(id=name)):
                changes |= name not in _READING
                if name == stateful and not node.args and not node.keywords:
                    yield ast.Name(f"{name}()", ast.Load()), True
            case ast.Call():
                changes = True
            case ast.Attribute(ctx=context) | ast.Subscript(ctx=context):
                changes |= not isinstance(context, ast.Load)
        pending += [(child, changes) for child in child_nodes(node)]


def makes_object(statement: ast.stmt) -> bool:
    """Return whether a statement may make something that can be changed: a list, the result of a call."""
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        if isinstance(node, _CONTAINERS):
            return True
        if not isinstance(node, ast.Lambda):
            pending += child_nodes(node)
    return False
