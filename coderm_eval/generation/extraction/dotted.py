"""The name that an expression is."""

from __future__ import annotations

import ast

__all__ = ["dotted"]


def dotted(node: ast.AST | None) -> str:
    """`a.b.c` for the expression `a.b.c`; empty for any other. Not by unparsing, which fails on deep nesting."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
