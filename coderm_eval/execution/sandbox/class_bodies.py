"""The names that bodies of classes read: Python looks them up without asking a dict that makes what it lacks."""

from __future__ import annotations

import builtins
import types
from collections.abc import Iterator
from opcode import EXTENDED_ARG, opmap

__all__ = ["names_in_class_bodies"]


def names_in_class_bodies(code: types.CodeType) -> list[str]:
    """Return the names that bodies of classes read, and that neither the module nor Python defines."""
    bodies = [inner for inner in _codes(code) if "__module__" in inner.co_names]
    read = dict.fromkeys(name for body in bodies for name in _named(body, "LOAD_NAME"))
    bound = {name for part in (code, *bodies) for name in _named(part, "STORE_NAME")}
    return [name for name in read if name not in bound and not hasattr(builtins, name) and name[:2] != "__"]


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _codes(constant)


def _named(code: types.CodeType, operation: str) -> Iterator[str]:
    """Yield the names that the operation has to do with; `dis` would take a hundred times as long."""
    wanted, number = opmap[operation], 0
    for found, low in zip(code.co_code[::2], code.co_code[1::2], strict=True):
        number = number << 8 | low
        if found == wanted:
            yield code.co_names[number]
        if found != EXTENDED_ARG:
            number = 0
