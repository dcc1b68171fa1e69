"""Chance in a process of tests, the same in every run: a test that is run again has to ask what it asked before."""

from __future__ import annotations

import os
import random
import sys

__all__ = ["govern_chance", "restart_chance"]

_SEED = 0
"""Of `random` and numpy before each test."""
_drawn = random.Random(_SEED)
"""Stands for the operating system's chance."""
_seed = random.Random.seed


def govern_chance() -> None:
    """Have what asks the operating system for chance, such as `Random()`, `secrets` and numpy, get it from here."""
    for module, name in ((os, "urandom"), (random, "_urandom")):
        setattr(module, name, _drawn.randbytes)
    random.Random.seed = _seeded  # type: ignore[method-assign]
    random.seed = random._inst.seed


def restart_chance() -> None:
    """Begin anew, as every run of a test does."""
    _drawn.seed(_SEED)
    random.seed(_SEED)
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed(_SEED)


def _seeded(self: random.Random, a: int | float | str | bytes | bytearray | None = None, version: int = 2) -> None:
    _seed(self, _drawn.getrandbits(128) if a is None else a, version)
