"""The store as the stages see it, whatever it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Protocol

__all__ = ["Row", "Store", "Table"]

Row = Mapping[str, Any]
"""The value stored under a key, as JSON."""


class Table(Protocol):
    """Rows of one kind, by key; of two rows with one key the first counts. Any thread may use it."""

    def __contains__(self, key: object) -> bool: ...

    def __len__(self) -> int: ...

    def get_many(self, keys: Iterable[str]) -> dict[str, Row]:
        """Return the rows of those keys that there are, in the order of `keys`."""

    def add_all(self, rows: Mapping[str, Row]) -> None:
        """Keep those rows whose key is not there yet: all of them or, if the process is killed, none.

        Raises:
            RuntimeError: the table is closed.
        """


class Store(Protocol):
    """Tables by the kind of their rows; closed at the end of a `with`."""

    def table(self, kind: str) -> Table: ...

    def __enter__(self) -> Store: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
