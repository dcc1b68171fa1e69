"""Plain data as text that is the same in each process."""

from __future__ import annotations

import json
from typing import Any

from coderm_eval.execution.wire.encoding import encode

__all__ = ["ordered_text"]


def ordered_text(value: Any) -> str:
    """Return what `encode` does, with the items of sets sorted: their own order differs between processes."""
    return json.dumps(_in_order(json.loads(encode(value))), separators=(",", ":"))


def _in_order(value: Any) -> Any:
    if isinstance(value, list):
        return [_in_order(item) for item in value]
    if isinstance(value, dict):
        [(tag, content)] = value.items()
        inner = _in_order(content)
        return {tag: sorted(inner, key=json.dumps) if tag in ("set", "frozenset") else inner}
    return value
