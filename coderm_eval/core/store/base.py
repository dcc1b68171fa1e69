"""The store as the stages see it, whatever it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol

from coderm_eval.core.records import Verdicts

__all__ = ["Row", "Store", "Table", "VerdictTable"]

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
            RuntimeError: the table is closed, or only read.
            OutputError: they cannot be written, as on a full disk; what was written before stays.
        """


class VerdictTable(Protocol):
    """Verdicts by problem: whole blocks, some programs against some tests. Any thread may use it.

    A program and a test go by their 16-byte digests, and `key` is a fingerprint of all else that a verdict depends on.
    """

    def read(self, key: str, programs: Sequence[bytes], tests: Sequence[bytes]) -> Verdicts | None:
        """Return the verdicts of these programs (rows) against these tests (columns); None unless every one is there.

        A block comes back as it was added. From other blocks, one or several, of two verdicts of one cell the first
        counts.
        """

    def add(self, key: str, programs: Sequence[bytes], tests: Sequence[bytes], verdicts: Verdicts) -> None:
        """Keep a block: all of it or, if the process is killed, none. Of two blocks with the same programs and tests
        the first counts, and a program that could not be run on every test is left out.

        Raises:
            RuntimeError: the store is closed, or only read.
            OutputError: it cannot be written, as on a full disk; what was written before stays.
        """

    @property
    def has_cells(self) -> bool:
        """Whether there are single cells, which a store of an earlier version had."""

    def read_cells(self, keys: Sequence[Sequence[str]]) -> Verdicts | None:
        """Return the verdicts of single cells by their keys, in the shape of `keys`; None unless every one is there."""


class Store(Protocol):
    """Tables by the kind of their rows, and verdicts by problem; closed at the end of a `with`."""

    def table(self, kind: str) -> Table: ...

    def verdicts(self) -> VerdictTable: ...

    def __enter__(self) -> Store: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
