"""Shares in per cent, as tables show them and as files have them."""

from __future__ import annotations

__all__ = ["UNDEFINED", "in_percent", "percent"]

UNDEFINED = "-"
"""In the place of a number that there is not."""


def in_percent(share: float | None) -> float | None:
    """The share in per cent, to two places; None stays None."""
    return None if share is None else round(100 * share, 2)


def percent(share: float | None, sign: str = "") -> str:
    """The share in per cent, to one place; `sign` is "+" for differences."""
    return UNDEFINED if share is None else f"{100 * share:{sign}.1f}"
