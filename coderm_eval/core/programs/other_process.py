"""Whether a test replaces or captures what only the program's own process has: its output, warnings, files, modules."""

from __future__ import annotations

import ast

from coderm_eval.core.programs.source import all_nodes

__all__ = ["replaces_or_captures"]

_CAPTURING = frozenset(
    {
        *("redirect_stdout", "redirect_stderr", "patch", "catch_warnings", "assertWarns", "assertWarnsRegex", "warns"),
        *("assertLogs", "assertNoLogs", "NamedTemporaryFile", "TemporaryDirectory", "mkdtemp", "mkstemp"),
    }
)


def replaces_or_captures(tree: ast.Module) -> bool:
    """Return whether a test captures output, warnings or logs, sets `sys.stdin`, makes files, or patches names."""
    return any(map(_is_capturing, all_nodes(tree)))


def _is_capturing(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name) if name in _CAPTURING:
            return True
        case ast.Attribute(attr=name) if name in _CAPTURING:
            return True
        case ast.Attribute(value=ast.Name(id="sys"), attr="stdin" | "stdout" | "stderr", ctx=ast.Store()):
            return True
        case _:
            return False
