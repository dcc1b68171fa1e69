"""Which attributes the classes of a test give to themselves and to their instances."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

__all__ = ["RECEIVERS", "methods", "names_of_body", "receiver_set"]

RECEIVERS = frozenset({"cls", "self"})


def methods(classes: Sequence[ast.ClassDef]) -> Iterator[tuple[ast.FunctionDef, str]]:
    """Yield methods whose first argument can only be an instance, and class methods, with the name of that argument."""
    for node in classes:
        for method in node.body:
            if isinstance(method, ast.FunctionDef) and method.args.args and not method.args.posonlyargs:
                receiver = method.args.args[0].arg
                decorators = [ast.unparse(decorator) for decorator in method.decorator_list]
                if decorators == {"self": [], "cls": ["classmethod"]}.get(receiver):
                    yield method, receiver


def names_of_body(node: ast.ClassDef) -> Iterator[str]:
    for part in node.body:
        if isinstance(part, (ast.FunctionDef, ast.ClassDef)):
            yield part.name
        elif isinstance(part, (ast.Assign, ast.AnnAssign)):
            targets = part.targets if isinstance(part, ast.Assign) else [part.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def receiver_set(node: ast.AST) -> str | None:
    """Return `self` or `cls` where the node sets an attribute of it."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and not isinstance(node.ctx, ast.Load):
        return node.value.id if node.value.id in RECEIVERS else None
    return None
