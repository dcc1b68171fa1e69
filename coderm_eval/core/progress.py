"""Progress of long work, on standard error."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from typing import TypeVar

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
    note: Callable[[T], str] | None = None,
    done: int = 0,
) -> Iterator[T]:
    """`items`, with a bar; in a log file a line every half minute.

    Args:
        what: is being done; None for no bar.
        total: how many items there are; or says how many are known by now, and the bar starts with the first one.
        note: what to say at the end of the line.
        done: how many of the total an earlier run did, and are not among the items.
    """
    known = total if callable(total) else lambda: total
    items = iter(items)
    first = list(islice(items, 1)) if callable(total) else []
    terminal = sys.stderr.isatty()
    with tqdm(
        chain(first, items),
        desc=what,
        total=known(),
        initial=done,
        unit=f" {unit}",
        mininterval=0.5 if terminal else 30,
        position=None if terminal else 0,  # else a second bar moves the cursor, which a file does not have
        delay=1 if terminal else 10,  # short work, such as one turn of many, needs no line
        disable=what is None or known() == done or not log.isEnabledFor(logging.WARNING),
    ) as bar:
        for item in bar:
            bar.total = known()
            if note:
                bar.set_postfix_str(note(item), refresh=False)
            yield item


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
