"""Python source that a model wrote, as a syntax tree: for whoever reads it without running it."""

from __future__ import annotations

import ast
import symtable
import warnings

__all__ = ["after_future", "module_names", "parse"]


def parse(source: str) -> ast.Module | None:
    """The syntax tree of `source`; None if it is no Python (or too deep for the parser)."""
    try:
        with warnings.catch_warnings():  # "invalid escape sequence" is the model's business, not the user's
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def after_future(program: str, statements: str) -> str:
    """A program with `statements` at its start, but after imports from `__future__`, which have to be first."""
    tree = parse(program) or ast.Module([], [])
    first = max([node.end_lineno or 0 for node in tree.body if _is_future(node)], default=0)
    lines = program.split("\n")
    return "\n".join([*lines[:first], statements, *lines[first:], ""])


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def module_names(source: str) -> set[str]:
    """What a program makes or imports in its module, outside of functions and classes; nothing if it is no Python."""
    try:
        symbols = symtable.symtable(source, "program.py", "exec").get_symbols()
    except (SyntaxError, ValueError, RecursionError):
        return set()
    return {s.get_name() for s in symbols if s.is_assigned() or s.is_imported() or s.is_namespace()}
