"""What `from module import *` binds."""

from __future__ import annotations

import functools
import importlib

__all__ = ["star_names"]


@functools.cache
def star_names(module: str) -> frozenset[str]:
    """Return the names that `from module import *` binds; it imports the module."""
    loaded = importlib.import_module(module)
    return frozenset(getattr(loaded, "__all__", None) or (name for name in vars(loaded) if name[:1] != "_"))
