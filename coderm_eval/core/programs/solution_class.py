"""The class that LiveCodeBench asks for, and where it may have its method from."""

from __future__ import annotations

import ast
from collections.abc import Set

from coderm_eval.core.programs.source import bound, defines

__all__ = ["CLASS", "has_method"]

CLASS = "Solution"


def has_method(tree: ast.Module, name: str) -> bool:
    """Return whether the class `Solution` has the method: its own, inherited, another one's name, or set by hand."""
    kinds = _kinds(tree) if defines(tree, CLASS) else frozenset()
    return any(
        node.name in kinds and any(name in bound(inner) for inner in node.body)
        if isinstance(node, ast.ClassDef)
        else node.attr == name and isinstance(node.value, ast.Name) and node.value.id in kinds
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) or (isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store))
    )


def _kinds(tree: ast.Module) -> Set[str]:
    """The class `Solution`, its bases, and the classes that it is another name of."""
    made_of: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            made_of.setdefault(node.name, []).extend(node.bases)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    made_of.setdefault(target.id, []).append(node.value)
    kinds: set[str] = set()
    pending = [CLASS]
    while pending:
        kind = pending.pop()
        if kind not in kinds:
            kinds.add(kind)
            pending += [n.id for expr in made_of.get(kind, ()) for n in ast.walk(expr) if isinstance(n, ast.Name)]
    return kinds
