"""Definitions that tests are given which were written for other surroundings, known to the letter wherever they run."""

from __future__ import annotations

import ast

__all__ = ["CANDIDATE_MODULE", "NAMES", "PARAMETRIZED", "is_given"]

CANDIDATE_MODULE = '''class _Candidate:
    """Stands for the module from which this test imports the function under test."""

    def __init__(self, *modules):
        self._modules = modules

    def __getattr__(self, name):
        if name in self._modules:
            return self
        try:
            return globals()[name]
        except KeyError:
            raise AttributeError(name) from None
'''

PARAMETRIZED = """def _coderm_arguments(function):
    cases = [{}]
    for mark in getattr(function, "pytestmark", ()):
        if mark.name == "parametrize":
            names = mark.args[0]
            names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
            rows = [getattr(value, "values", value if len(names) > 1 else (value,)) for value in mark.args[1]]
            cases = [{**case, **dict(zip(names, row))} for case in cases for row in rows]
    return cases
"""

_TREE = ast.parse(CANDIDATE_MODULE + PARAMETRIZED)
_GIVEN = {n.name: ast.dump(n) for n in _TREE.body if isinstance(n, (ast.ClassDef, ast.FunctionDef))}
NAMES = frozenset(node.id for node in ast.walk(_TREE) if isinstance(node, ast.Name))
"""All names that they use."""


def is_given(node: ast.stmt) -> bool:
    """Return whether a top-level statement of a test is one of these definitions, unchanged."""
    name = node.name if isinstance(node, (ast.ClassDef, ast.FunctionDef)) else ""
    return name in _GIVEN and _GIVEN[name] == ast.dump(node)
