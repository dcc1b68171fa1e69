"""Progress of long work, on standard error."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any, TypeVar

from tqdm import tqdm

__all__ = ["gauge", "progress"]

T = TypeVar("T")

log = logging.getLogger(__name__)
"""Bars are shown where warnings are: not with -q."""


def progress(
    items: Iterable[T],
    total: int | Callable[[], int],
    what: str | None,
    unit: str,
    note: Callable[[], str] | None = None,
    done: int = 0,
) -> Iterator[T]:
    """`items`, with a bar; in a log file a line every half minute.

    Args:
        what: is being done; None for no bar.
        total: how many items there are; or says how many are known by now, and the bar starts with the first one.
        note: says what stands at the end of the line; asked when the line is written.
        done: how many of the total an earlier run did, and are not among the items.
    """
    known = total if callable(total) else lambda: total
    items = iter(items)
    first = list(islice(items, 1)) if callable(total) else []
    terminal = sys.stderr.isatty()
    with _Bar(
        known,
        note,
        chain(first, items),
        desc=what,
        initial=done,
        unit=f" {unit}",
        mininterval=0.5 if terminal else 30,
        position=None if terminal else 0,  # else a second bar moves the cursor, which a file does not have
        delay=1 if terminal else 10,  # short work, such as one turn of many, needs no line
        disable=what is None or known() == done or not log.isEnabledFor(logging.WARNING),
    ) as bar:
        yield from bar


class _Bar(tqdm):  # type: ignore[type-arg]
    """A bar that asks for its total and its note when it is written, and not with each item."""

    def __init__(self, known: Callable[[], int], note: Callable[[], str] | None, *arguments: Any, **named: Any) -> None:
        self._known = known
        self._note = note
        super().__init__(*arguments, **named)

    @property
    def format_dict(self) -> MutableMapping[str, Any]:
        self.total = self._known()
        self.postfix = self._note() if self._note else None
        return super().format_dict


@contextmanager
def gauge(total: int, what: str, unit: str) -> Iterator[Callable[[int, str], None]]:
    """A bar that is told how far things are, and what to say at the end of the line.

    What is left of the total in the end was not needed, as tests are where all picks are decided.
    """
    interval = 0.5 if sys.stderr.isatty() else 30
    off = not total or not log.isEnabledFor(logging.WARNING)
    with tqdm(desc=what, total=total, unit=f" {unit}", mininterval=interval, disable=off) as bar:

        def show(done: int, note: str) -> None:
            bar.set_postfix_str(note, refresh=False)
            bar.update(done - bar.n)

        yield show
        bar.total = bar.n
