"""Definitions that a model shows without their bodies: a signature, a stub to replace, the key part alone."""

from __future__ import annotations

import ast
import re

from coderm_eval.core.programs.source import all_nodes
from coderm_eval.generation.extraction.dotted import dotted

__all__ = ["has_body", "is_elided", "is_empty"]

_ELISION = re.compile(
    r"^[ \t]*#[ \t]*(?:\.{3}|\u2026)[ \t]*"
    r"(?:$|\(?(?:the )?(?:rest|existing|same|previous|other|remaining|unchanged|as before|omitted)\b)",
    re.MULTILINE | re.IGNORECASE,
)


def has_body(tree: ast.Module, name: str) -> bool:
    """Return whether one of the functions `name` does something; a name that is no function is not looked into."""
    functions = [
        n for n in all_nodes(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)) and n.name == name
    ]
    return not functions or not all(map(is_empty, functions))


def is_empty(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether a body is only `...`, `pass`, a docstring or `raise NotImplementedError`."""
    return all(map(_does_nothing, function.body))


def is_elided(code: str) -> bool:
    """Return whether a comment such as `# ...` or `# ... rest of the code` stands for what is left out."""
    return bool(_ELISION.search(code))


def _does_nothing(node: ast.stmt) -> bool:
    if isinstance(node, ast.Raise):
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return dotted(raised) == "NotImplementedError"
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
