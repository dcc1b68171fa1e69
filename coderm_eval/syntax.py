"""Python source that a model wrote, as a syntax tree: for whoever reads it without running it."""

from __future__ import annotations

import ast
import warnings

__all__ = ["parse"]


def parse(source: str) -> ast.Module | None:
    """The syntax tree of `source`; None if it is no Python (or too deep for the parser)."""
    try:
        with warnings.catch_warnings():  # "invalid escape sequence" is the model's business, not the user's
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
