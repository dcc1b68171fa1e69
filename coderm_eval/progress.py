"""Progress of long work, on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

__all__ = ["progress"]

T = TypeVar("T")


def progress(
    items: Iterable[T], total: int, what: str, unit: str, note: Callable[[T], str] | None = None
) -> Iterator[T]:
    """`items`, with a bar; in a log file a line every half minute. `note`: what to say at the end of the line."""
    every = 0.5 if sys.stderr.isatty() else 30
    with tqdm(items, desc=what, total=total, unit=f" {unit}", mininterval=every, disable=not total) as bar:
        for item in bar:
            if note:
                bar.set_postfix_str(note(item), refresh=False)
            yield item
