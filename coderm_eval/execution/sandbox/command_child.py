"""A child that does one thing without privileges and within limits, and whatever it starts: all end together."""

from __future__ import annotations

import json
import os
import resource
import signal
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple, NoReturn

from coderm_eval.execution.sandbox.command_streams import Streams
from coderm_eval.execution.sandbox.isolation.privileges import become, drop_capabilities
from coderm_eval.execution.sandbox.isolation.reaping import kill_and_reap, kill_children

__all__ = ["Children", "Ended"]

_MIB = 1024 * 1024
_LIMITS = {"RLIMIT_FSIZE": 64 * _MIB, "RLIMIT_NOFILE": 256, "RLIMIT_CORE": 0, "RLIMIT_NPROC": 64}
_BY_SIGNAL = 128
"""Added to the number of the signal that ended a process, as shells do."""


class Ended(NamedTuple):
    """How a child ended."""

    status: int
    """As a shell has it."""
    stdout: bytes
    stderr: bytes
    overstepped: str | None
    """"timeout" or "output" where it was ended for that."""


class Children:
    """Starts one child after the other, in the first process of a pid namespace.

    Args:
        folder: where they begin.
        user: that they become; None where they stay this process's, without its capabilities.
        memory_mb: MiB of address space of each process.
        hidden: descriptors that they do not inherit.
    """

    def __init__(self, folder: Path, user: int | None, memory_mb: int, hidden: Collection[int]) -> None:
        self._folder = folder
        self._user = user
        self._limits = {**_LIMITS, "RLIMIT_AS": memory_mb * _MIB}
        self._hidden = hidden

    def run(self, work: Callable[[], object], *, given: bytes = b"", seconds: float | None = None, most: int) -> Ended:
        """Have a child do `work`, which may become another program, and end all that it started.

        Args:
            given: what it reads.
            seconds: wall seconds; None for as long as it takes.
            most: bytes of each of its outputs.

        Raises:
            OSError: `work` raised it.
        """
        into, out, err, refusal = (os.pipe() for _ in range(4))
        child = os.fork()
        if child == 0:
            self._begin(work, (into[0], out[1], err[1]), refusal[1], {*into, *out, *err, refusal[0], *self._hidden})
        for descriptor in (into[0], out[1], err[1], refusal[1]):
            os.close(descriptor)
        streams = Streams(given, into[1], {"stdout": out[0], "stderr": err[0]}, most)
        overstepped = streams.carry(child, None if seconds is None else time.monotonic() + seconds)
        status = 0 if overstepped else os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if overstepped:
            kill_and_reap(child)
        kill_children(all_of_namespace=True)
        overstepped = overstepped or streams.finish()
        streams.close()
        _raise(refusal[0])
        return Ended(status if status >= 0 else _BY_SIGNAL - status, overstepped=overstepped, **streams.taken)

    def _begin(
        self, work: Callable[[], object], standard: tuple[int, int, int], refusal: int, others: Collection[int]
    ) -> NoReturn:
        """Do what the child does; `refusal` takes the error that ended `work`, and closes where that succeeds."""
        try:
            os.setsid()
            for own, descriptor in enumerate(standard):
                os.dup2(descriptor, own)
            for descriptor in others:
                os.close(descriptor)
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            for name, most in self._limits.items():
                resource.setrlimit(getattr(resource, name), (most, most))
            os.chdir(self._folder)
            if self._user is None:
                drop_capabilities()
            else:
                become(self._user)
            work()
            os._exit(0)
        except OSError as error:
            os.write(refusal, json.dumps([error.errno, error.strerror, str(error.filename or "")]).encode())
        finally:
            os._exit(1)


def _raise(refusal: int) -> None:
    """Raise the OSError that a child reported, if it did."""
    with os.fdopen(refusal, "rb") as said:
        if error := said.read():
            raise OSError(*json.loads(error))
