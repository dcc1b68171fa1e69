"""What an executor is given and what it gives back: a program with a test, and its verdict."""

from __future__ import annotations

import json
import platform
from dataclasses import KW_ONLY, dataclass
from typing import Generic, TypeVar

from coderm_eval.core.records import fingerprint
from coderm_eval.execution.limits import Limits

__all__ = ["ProgramTest", "limits_fingerprint"]

Key = TypeVar("Key")

_REVISION = 7
"""Raise it when a change of the executor can change a verdict, so that stored ones are not used again."""


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
    """Return a text that changes with every limit, with the executor, and with the Python that runs the programs."""
    version = ".".join(platform.python_version_tuple()[:2])
    return fingerprint(json.dumps(tuple(limits)), version, str(_REVISION))
