"""Definitions that tests are given which were written for other surroundings, known to the letter wherever they run."""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping

from coderm_eval.core.programs.given_pytest import PYTEST

__all__ = ["CANDIDATE_MODULE", "is_given", "names_used"]

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

_BEGINNINGS = ("_Candidate", "_Coderm", "_coderm")
"""Of their names. Few tests have such a name, and what there is to compare with takes 5 ms to make."""


def is_given(node: ast.stmt) -> bool:
    """Return whether a top-level statement of a test is one of these definitions, unchanged."""
    name = node.name if isinstance(node, (ast.ClassDef, ast.FunctionDef)) else ""
    return name.startswith(_BEGINNINGS) and _given().get(name) == ast.dump(node)


@functools.cache
def names_used() -> frozenset[str]:
    """All names that they use."""
    return frozenset(node.id for node in ast.walk(_tree()) if isinstance(node, ast.Name))


@functools.cache
def _given() -> Mapping[str, str]:
    return {node.name: ast.dump(node) for node in _tree().body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}


@functools.cache
def _tree() -> ast.Module:
    return ast.parse(CANDIDATE_MODULE + PYTEST)
