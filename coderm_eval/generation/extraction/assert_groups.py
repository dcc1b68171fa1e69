"""Which asserts of a module belong together: those that need what an earlier one changed.

`assert f(l) is None; assert l == [1, 3]` is one test, since the second assert holds only after the first has run.
Asserts of literals are tests of their own.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from coderm_eval.core.programs.source import all_nodes
from coderm_eval.generation.extraction.name_uses import NameUses, makes_object, name_uses
from coderm_eval.generation.extraction.names import DEFINITIONS

__all__ = ["grouped", "has_assert"]


def has_assert(node: ast.stmt) -> bool:
    """Return whether a statement asserts something when it runs."""
    return not isinstance(node, DEFINITIONS) and any(isinstance(inner, ast.Assert) for inner in all_nodes(node))


def grouped(statements: Sequence[ast.stmt], entry_point: str) -> list[list[int]]:
    """The indices of the statements that assert, in groups that depend on each other, by their first index."""
    values = _Values(entry_point)
    for index, node in enumerate(statements):
        uses = name_uses(node, entry_point)
        if has_assert(node):
            values.see_assert(index, uses)
        else:
            values.see_setup(node, uses)
    return values.groups()


class _Values:
    """The values that names have, as far as they can change, each with the assert that changed it last.

    Names whose values may be one object or hold each other share an entry.
    """

    def __init__(self, entry_point: str) -> None:
        self._of: dict[str, set[int]] = {f"{entry_point}()": set()}
        self._parents: dict[int, int] = {}

    def see_setup(self, node: ast.stmt, uses: NameUses) -> None:
        """Note what a statement without an assert binds."""
        definition = isinstance(node, DEFINITIONS)
        shared = self._merged(uses.changed if definition else uses.read | (uses.bound - uses.rebound))
        if shared is None and not definition and makes_object(node):
            shared = set()
        for name in uses.bound:
            if shared is None:
                self._of.pop(name, None)
            else:
                self._of[name] = shared

    def see_assert(self, index: int, uses: NameUses) -> None:
        """Join an assert with those that changed what it reads, and note what it changes itself."""
        self._parents[index] = index
        for name in uses.read:
            for earlier in self._of.get(name, ()):
                self._parents[self._root(earlier)] = self._root(index)
        for name in uses.changed & self._of.keys():
            self._of[name].clear()
            self._of[name].add(index)
        for name in uses.bound:
            self._of[name] = {index}

    def groups(self) -> list[list[int]]:
        """The groups of asserts."""
        found: dict[int, list[int]] = {}
        for index in self._parents:
            found.setdefault(self._root(index), []).append(index)
        return sorted(found.values())

    def _merged(self, names: Iterable[str]) -> set[int] | None:
        """One entry for these names; None if the values of all of them cannot change."""
        entries = {id(self._of[name]): self._of[name] for name in names if name in self._of}
        if not entries:
            return None
        shared, *others = entries.values()
        for other in others:
            shared |= other
        for name in [name for name, entry in self._of.items() if id(entry) in entries] if others else ():
            self._of[name] = shared
        return shared

    def _root(self, index: int) -> int:
        while (parent := self._parents[index]) != index:
            self._parents[index] = index = self._parents[parent]
        return index
