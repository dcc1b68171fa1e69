"""The texts in JSON objects of an answer, such as the arguments of a tool's call."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

__all__ = ["strings_of_json"]

_MOST_OBJECTS = 100
"""Braces that are tried: prose and code have many that open no object."""

_DECODER = json.JSONDecoder()


def strings_of_json(text: str) -> Iterator[str]:
    """Yield the texts in the JSON objects of a text, those in objects that are texts of objects included."""
    pending = list(_objects(text))
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            yield value
            pending += _objects(value) if value.startswith("{") else []
        elif isinstance(value, (dict, list)):
            pending += value.values() if isinstance(value, dict) else value


def _objects(text: str) -> Iterator[object]:
    end = 0
    for _ in range(_MOST_OBJECTS):
        opening = re.compile(r"\{\s*\"").search(text, end)
        if opening is None:
            return
        try:
            value, end = _DECODER.raw_decode(text, opening.start())
            yield value
        except (ValueError, RecursionError):
            end = opening.end()
