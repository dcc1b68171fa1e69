"""The number that stands for what a program answered, so that outputs are compared without being kept."""

from __future__ import annotations

import hashlib
import re

__all__ = ["output_number"]

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
"""Stands in what Python shows of an object, as in "<function f at 0x7f80d2b3c040>", and differs in every process."""


def output_number(answers: str) -> int:
    """Return 56 bits of SHA-256 over answers, without addresses."""
    text = _ADDRESS.sub(" at 0x", answers)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big")
