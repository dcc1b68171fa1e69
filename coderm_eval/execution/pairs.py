"""What an executor is given and what it gives back: a program with a test, and its verdict."""

from __future__ import annotations

import platform
from dataclasses import KW_ONLY, dataclass
from typing import Generic, TypeVar

from coderm_eval.core.records import fingerprint
from coderm_eval.execution.limits import Limits

__all__ = ["ProgramTest", "limits_fingerprint"]

Key = TypeVar("Key")

_ENGINE = 6
"""Raised when a change of the executor can change a verdict, so that stored ones are not used again."""


@dataclass(frozen=True)
class ProgramTest(Generic[Key]):
    """One test to run against one program; `key` comes back with the outcome."""

    key: Key
    program: str
    test: str
    problem: str = ""
    """Pairs that follow each other and name the same problem are run together, which is faster."""
    entry_point: str = ""
    """The function under test: needed where it has the name of a built-in one."""
    _: KW_ONLY
    timeout_s: float | None = None
    """CPU seconds, where they are not the limits's."""
    fresh: bool = False
    """Whether each call is made in a process of its own, so that no answer depends on another."""


def limits_fingerprint(limits: Limits) -> str:
    """Changes with every limit, with the executor, and with the Python version that runs the programs."""
    version = ".".join(platform.python_version_tuple()[:2])
    return fingerprint(repr(limits), version, str(_ENGINE))
