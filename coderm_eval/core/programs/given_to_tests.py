"""Definitions that tests are given which were written for other surroundings, known to the letter wherever they run."""

from __future__ import annotations

import ast

from coderm_eval.core.programs.given_pytest import PYTEST

__all__ = ["CANDIDATE_MODULE", "NAMES", "is_given"]

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

_TREE = ast.parse(CANDIDATE_MODULE + PYTEST)
_GIVEN = {n.name: ast.dump(n) for n in _TREE.body if isinstance(n, (ast.ClassDef, ast.FunctionDef))}
NAMES = frozenset(node.id for node in ast.walk(_TREE) if isinstance(node, ast.Name))
"""All names that they use."""


def is_given(node: ast.stmt) -> bool:
    """Return whether a top-level statement of a test is one of these definitions, unchanged."""
    name = node.name if isinstance(node, (ast.ClassDef, ast.FunctionDef)) else ""
    return name in _GIVEN and _GIVEN[name] == ast.dump(node)
