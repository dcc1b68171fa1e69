"""Progress of long work, on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TypeVar

from tqdm import tqdm

__all__ = ["progress"]

T = TypeVar("T")


def progress(items: Iterable[T], total: int, what: str, unit: str) -> Iterable[T]:
    """`items`, with a bar; in a log file a line every half minute."""
    every = 0.5 if sys.stderr.isatty() else 30
    return tqdm(items, desc=what, total=total, unit=f" {unit}", mininterval=every, disable=not total)
