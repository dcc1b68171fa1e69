"""The imports of a test: which are harmless, and what the names stand for that they bind."""

from __future__ import annotations

import ast
import functools
import importlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Set
from typing import Any

from coderm_eval.execution.harmless_names import IF_UNUSED, MODULES
from coderm_eval.execution.star_names import star_names

__all__ = ["Imports", "Nodes", "names_of_candidate"]

Nodes = defaultdict[type[ast.AST], list[Any]]
"""The nodes of a test by kind; of one kind, those outside come before those inside."""


class Imports:
    """The imports of one test.

    Args:
        nodes: of the test.
    """

    def __init__(self, nodes: Nodes) -> None:
        self._modules = {name: name for name in MODULES}
        self.bound: set[str] = set()
        """Names that they bind."""
        self.used: set[str] = set()
        """Modules that the test may name something of."""
        self._unused: set[str] = set()
        """Names that nothing may use."""
        self._starred: set[str] = set()
        self._known = True
        for node in nodes[ast.Import]:
            for alias in node.names:
                self._import(alias)
        for node in nodes[ast.ImportFrom]:
            self._import_from(node)

    @property
    def modules(self) -> Mapping[str, str]:
        """{name in the test: module}; what the test does not import may be a module of the program."""
        return self._modules

    def are_harmless(self, used: Set[str]) -> bool:
        """Return whether they are, where the test uses these names and attributes: one of either may be a global."""
        of_stars = (star_names(module) - MODULES[module] for module in self._starred)
        return self._known and all(map(used.isdisjoint, (self._unused, *of_stars)))

    def _import(self, alias: ast.alias) -> None:
        name = alias.asname or alias.name.partition(".")[0]
        self.bound.add(name)
        if alias.name in MODULES:
            self.used.add(alias.name)
            self._modules |= {alias.asname: alias.name} if alias.asname else {}
        elif alias.name in IF_UNUSED:
            self._unused.add(name)
        else:
            self._known = False

    def _import_from(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        self.used.add(module)
        self._known &= not node.level and (module in MODULES or module in IF_UNUSED)
        for alias in node.names:
            name = alias.asname or alias.name
            if alias.name == "*":
                self._known &= module in MODULES
                self._starred.add(module)
                continue
            self.bound.add(name)
            if alias.name not in MODULES.get(module, ()):
                self._unused.add(name)
                self._known &= module in IF_UNUSED or alias.name in _public(module)


def names_of_candidate(nodes: Nodes) -> set[str]:
    """Return the names that stand for the program's module wherever they are read: for nothing but a `_Candidate`."""
    made = Counter(
        target.id
        for node in nodes[ast.Assign]
        if isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "_Candidate"
        for target in node.targets
        if isinstance(target, ast.Name)
    )
    bound = Counter(_bound(nodes)) if made else Counter()
    return {name for name, times in made.items() if bound[name] == times and not bound["_Candidate"]}


def _bound(nodes: Nodes) -> Iterator[str | None]:
    yield from (node.id for node in nodes[ast.Name] if not isinstance(node.ctx, ast.Load))
    yield from (node.arg for node in nodes[ast.arg])
    yield from (node.name for kind in (ast.FunctionDef, ast.ClassDef, ast.ExceptHandler) for node in nodes[kind])
    yield from (node.asname or node.name.partition(".")[0] for node in nodes[ast.alias])


@functools.cache
def _public(module: str) -> frozenset[str]:
    """Return the names in a module that are no modules: importing one of those would put it there for others, too."""
    found = vars(importlib.import_module(module)).items()
    return frozenset(name for name, value in found if name[:1] != "_" and not isinstance(value, type(ast)))
