"""Sequences and mappings whose items are made when they are asked for, and not kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TypeVar, overload

from coderm_eval.core.records import ProblemCandidates

__all__ = ["LazyMapping", "LazySequence", "LazyTexts", "task_ids"]

Item = TypeVar("Item")


class LazyMapping(Mapping[str, Item]):
    """An item for each key.

    Args:
        keys: in their order; looking one up should be fast.
        make: from key to item.
    """

    def __init__(self, keys: Collection[str], make: Callable[[str], Item]) -> None:
        self._keys = keys
        self._make = make

    def __getitem__(self, key: str) -> Item:
        if key not in self._keys:
            raise KeyError(key)
        return self._make(key)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


class LazySequence(Sequence[Item]):
    """An item for each key, by its place. A slice is a list, whose items are made once.

    Args:
        keys: in their order.
        make: from key to item.
    """

    def __init__(self, keys: Sequence[str], make: Callable[[str], Item]) -> None:
        self.keys = keys
        self._make = make

    @overload
    def __getitem__(self, place: int) -> Item: ...

    @overload
    def __getitem__(self, place: slice) -> list[Item]: ...

    def __getitem__(self, place: int | slice) -> Item | list[Item]:
        if isinstance(place, slice):
            return list(map(self._make, self.keys[place]))
        return self._make(self.keys[place])

    def __iter__(self) -> Iterator[Item]:
        return map(self._make, self.keys)

    def __len__(self) -> int:
        return len(self.keys)


def task_ids(problems: Sequence[ProblemCandidates]) -> Sequence[str]:
    """The ids of problems; what is in a file is not read for that."""
    return problems.keys if isinstance(problems, LazySequence) else [item.problem.task_id for item in problems]


class LazyTexts(Sequence[str]):
    """Texts whose number is known before they are read, which they are at most once.

    Args:
        number: how many there are.
        read: returns them.
    """

    def __init__(self, number: int, read: Callable[[], Sequence[str]]) -> None:
        self._number = number
        self._read = read
        self._texts: Sequence[str] | None = None

    def _all(self) -> Sequence[str]:
        if self._texts is None:
            self._texts = self._read()
        return self._texts

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...

    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        return self._all()[place]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return self._number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(list(self))
