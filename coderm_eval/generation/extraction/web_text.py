"""Python as it stands in the source of a web page: `f(1) &gt; 1`."""

from __future__ import annotations

import ast
import html

from coderm_eval.core.programs.source import all_nodes, parse

__all__ = ["unescaped"]

_ENTITIES = frozenset({"amp", "gt", "lt", "quot"})


def unescaped(code: str) -> str:
    """The code without HTML's escapes, if it is Python that has some outside its texts; else as it is.

    `f(1) &gt; 1` is Python, too: the bits that `f(1)` and `gt` share, and a number that nobody reads.
    """
    if not any(f"&{name};" in code for name in _ENTITIES):
        return code
    tree = parse(code)
    nodes = list(all_nodes(tree)) if tree else []
    combined = {node.right.id for node in nodes if isinstance(node, ast.BinOp) and isinstance(node.right, ast.Name)}
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    plain = html.unescape(code)
    return plain if combined & _ENTITIES - stored and parse(plain) else code
