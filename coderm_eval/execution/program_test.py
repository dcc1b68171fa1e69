"""What an executor is given: a program, and a test to run against it."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Generic, TypeVar

__all__ = ["Key", "ProgramTest"]

Key = TypeVar("Key")


@dataclass(slots=True)  # not frozen: there is one for each cell, and that would take four times as long
class ProgramTest(Generic[Key]):
    """One test to run against one program; `key` comes back with the result."""

    key: Key
    program: str
    test: str
    problem: str = ""
    """Those that follow each other and name the same problem are run together, which is faster."""
    entry_point: str = ""
    """The function under test. Needed where a built-in function has the same name."""
    _: KW_ONLY
    timeout_s: float | None = None
    """CPU seconds, in place of those of the limits."""
    process_per_call: bool = False
    """Whether no answer may depend on another call: each is made in a process of its own, unless the program is proved
    to keep no state."""
    trusted: bool = False
    """Whether no model wrote the test, so that it can share a process with others, whatever it does."""
    timeouts: int = 0
    """Earlier tests of the problem in which the program timed out: one that loops in two gets less time in the others,
    whether they are run now or later."""
    is_call: bool = False
    """Whether `test` is no test but a call, as `program_process` has it: PASSED is then a program that returns, and
    FAILED one that raises."""
