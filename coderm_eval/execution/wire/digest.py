"""The digest of an answer, for answers that are too large to be sent."""

from __future__ import annotations

import marshal
from collections.abc import Iterator
from typing import Any

__all__ = ["sha256_of_answer"]

_AT_ONCE = 1000
"""Items serialized at a time: a list may take a gigabyte, and its serialized form another."""
_VERSION = 2
"""Of marshal's format: the last in which equal data is written alike, whatever else refers to it."""


def sha256_of_answer(answer: object) -> str | None:
    """Return the SHA-256 of the answer as marshal writes it, which knows plain data only and calls no method of it.

    In a list, whole floats have the digest of the integers that they equal. None for other types, and for a list or
    tuple that holds something else.
    """
    if type(answer) not in (int, str, list, tuple, dict):
        return None
    import hashlib  # here: it comes with libcrypto, in 15 mappings, which every fork without a digest would copy

    digest = hashlib.sha256(type(answer).__name__.encode())
    try:
        for part in _parts(answer):
            digest.update(marshal.dumps(part, _VERSION))
    except ValueError:  # something that is no plain data
        return None
    return digest.hexdigest()


def _parts(answer: Any) -> Iterator[Any]:
    if isinstance(answer, list):
        for n in range(0, len(answer), _AT_ONCE):
            yield list(map(_as_integer, answer[n : n + _AT_ONCE]))
    elif isinstance(answer, tuple):
        for n in range(0, len(answer), _AT_ONCE):
            yield answer[n : n + _AT_ONCE]
    else:
        yield answer


def _as_integer(item: object) -> object:
    return int(item) if type(item) is float and item.is_integer() else item
