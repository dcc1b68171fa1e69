"""What stands for an answer that is too large to be sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

__all__ = ["sha256_of_answer"]

_AT_ONCE = 1000
"""Items written out at a time: a list may take a gigabyte by itself, and as text another."""


def sha256_of_answer(answer: object) -> str | None:
    """Of how Python writes the answer; of an integer in hexadecimal, since a million decimal digits take seconds.

    A list may hold whole numbers as floats: Python says that they are equal to the integers. None for other types.
    """
    if type(answer) not in (int, str, list, tuple, dict):
        return None
    digest = hashlib.sha256(type(answer).__name__.encode())
    for text in _written(answer):
        digest.update(text.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _written(answer: object) -> Iterator[str]:
    if isinstance(answer, int):
        yield hex(answer)
    elif isinstance(answer, list):
        for n in range(0, len(answer), _AT_ONCE):
            yield repr(list(map(_as_integer, answer[n : n + _AT_ONCE])))
    elif isinstance(answer, tuple):
        for n in range(0, len(answer), _AT_ONCE):
            yield repr(answer[n : n + _AT_ONCE])
    else:
        yield repr(answer)


def _as_integer(item: object) -> object:
    return int(item) if type(item) is float and item.is_integer() else item
