"""Imports that a program may leave out, because LiveCodeBench's graders give them to every program."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Set

from coderm_eval.core.programs.source import is_made, scopes, symbol_table

__all__ = ["FULL_PRELUDE", "LIMITS", "prelude"]

LIMITS = "import sys\nsys.setrecursionlimit(50_000)\nsys.set_int_max_str_digits(50_000)\n"
"""The graders'; Python's own are 1,000 and 4,300."""

_MODULES = (
    *("string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random", "statistics"),
    *("itertools", "functools", "operator", "io", "sys", "json", "builtins", "typing"),
)
"""The graders import all names of each, in this order, and then those before `builtins` themselves as well."""

_ITSELF = _MODULES[: _MODULES.index("builtins")]

FULL_PRELUDE = "".join([*(f"from {m} import *\n" for m in _MODULES), *(f"import {m}\n" for m in _ITSELF), LIMITS])
"""The text that the graders put before every program, to the last name."""


def prelude(program: str) -> str:
    """The limits, and an import for each name that the program uses and the graders would have given it.

    What it makes or imports itself comes later and so counts for more. With only these, instead of all names of all
    modules, one can still see whether a program keeps a state.
    """
    return LIMITS + "".join(f"{_given()[name]}\n" for name in sorted(_taken_from_outside(program, _given().keys())))


def _taken_from_outside(program: str, wanted: Set[str]) -> set[str]:
    """Those of the wanted names that some scope looks up in the module, which does not make them.

    Only these are looked at closely, which takes a third of the time.
    """
    module = symbol_table(program)
    if module is None:
        return set()
    used = {
        name
        for scope in scopes(module)
        for name in wanted & set(scope.get_identifiers())
        if scope.lookup(name).is_global()
    }
    own = used & set(module.get_identifiers())
    return used - {name for name in own if is_made(module.lookup(name))}


@functools.cache
def _given() -> dict[str, str]:
    """{name: the statement that imports it}; built-in names need none."""
    given: dict[str, str] = {}
    for module in _MODULES:
        names = _star(module)
        if module == "builtins":
            given = {name: statement for name, statement in given.items() if name not in names}
        else:
            given |= {name: f"from {module} import {name}" for name in names}
    return given | {module: f"import {module}" for module in _ITSELF}


def _star(module: str) -> list[str]:
    """Names that `from module import *` binds in a fresh interpreter: one with a prompt keeps an error in `sys`."""
    loaded = importlib.import_module(module)
    public = (name for name in vars(loaded) if not name.startswith(("_", "last_", "ps1", "ps2")))
    return list(getattr(loaded, "__all__", None) or public)
