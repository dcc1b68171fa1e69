"""Filters on system calls: a list of what is allowed, for a fork server and all its children.

What is refused fails with EPERM, so that a program which tries it gets an ordinary exception. Calls that are newer than
the list, and `clone3`, whose flags cannot be read here, do not exist: libc then does without them.
"""

from __future__ import annotations

import ctypes
import functools
import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from coderm_eval.execution.sandbox.isolation.syscalls import ARCHITECTURE, prctl
from coderm_eval.execution.sandbox.isolation.system_calls import FOR_ALL, FOR_SERVERS, number_of, numbers_of

__all__ = ["Filter", "for_children", "for_commands", "for_servers"]

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000
_FIRST_NEW = 424
"""From here on the numbers are the same on every machine, and libc expects that a kernel may not know them."""

_CLONE_THREAD = 0x10000
_NEW_NAMESPACES = 0x7E020000
"""All flags of `clone` that make namespaces."""
_FCNTL = (*range(8), 36, 37, 38, *range(1030, 1035))
"""Duplicates, flags and locks of descriptors, sizes of pipes, seals. Left out: F_SETOWN, F_SETOWN_EX and F_SETSIG, by
which the kernel sends any signal to any process of the user; leases; notices of what others do."""
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""TCGETS (isatty), TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX. Left out: all else, such as flags of files."""
_PRCTL = (1, 3, 15, 16, 22, 23, 24, 36, 38, 39, 47)
"""PDEATHSIG, GET_DUMPABLE, names, SECCOMP, CAPBSET, CHILD_SUBREAPER, NO_NEW_PRIVS, CAP_AMBIENT."""
_AF_UNIX = _SOCK_STREAM = 1
"""A pair of datagram sockets could send to any socket of the host that has a name."""

_OWN_PID = 0xFFFFFFFF
"""Stands for the id of the process that installs the filter."""

_LOAD, _AND, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCH_AT, _ARGUMENTS_AT = 0, 4, 16
_ALLOW, _REFUSE, _NO_SUCH_CALL = 0x7FFF0000, 0x00050001, 0x00050026  # EPERM, ENOSYS

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2


class Filter:
    """Assembled once, and installed in any number of processes; an installed filter cannot be removed."""

    def __init__(self, steps: Iterable[bytes]) -> None:
        """Assemble it; raises OSError if the numbers of this machine's system calls are not known."""
        if ARCHITECTURE is None:
            raise OSError("no filter for the system calls of this kind of machine")
        before = [
            _step(_LOAD, _ARCH_AT),
            _step(_EQUAL, _AUDIT_ARCH[ARCHITECTURE], then=1),
            _step(_RETURN, _REFUSE),
            _step(_LOAD, _NUMBER_AT),
        ]
        program = [*before, *steps]
        own_pid = _step(_EQUAL, _OWN_PID)[4:]
        self._pids_at = [8 * n + 4 for n, step in enumerate(program) if step[4:] == own_pid]
        self._program = ctypes.create_string_buffer(b"".join(program), 8 * len(program))
        self._header = ctypes.create_string_buffer(
            struct.pack("HxxxxxxQ", len(program), ctypes.addressof(self._program))
        )

    def install(self) -> None:
        """Install it for this process and all that it starts; raises OSError if the kernel has no filters."""
        for place in self._pids_at:
            struct.pack_into("I", self._program, place, os.getpid())
        prctl(_PR_SET_NO_NEW_PRIVS, 1)
        prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(self._header))


@functools.cache
def for_servers() -> Filter:
    """Return the filter for a fork server and all its children: a list of what is allowed."""
    return _allowing(*FOR_ALL, *FOR_SERVERS)


def for_commands() -> Filter:
    """Return the filter for commands, which start others: `for_servers`, and starting a file as a process."""
    return _allowing(*FOR_ALL, *FOR_SERVERS, "commands")


def _allowing(*groups: str) -> Filter:
    """Return the filter that allows these groups of calls, and those with conditions."""
    return Filter(
        [
            *_conditional("clone", _has_none_of(0, _NEW_NAMESPACES)),
            *_conditional("kill"),
            *_conditional("tgkill"),
            *_conditional("prlimit64", _is_one_of(0, [0])),  # its own limits only
            *_conditional("sched_setaffinity", _is_one_of(0, [0])),
            *_conditional("setpriority", _is_one_of(0, [0]), _is_one_of(1, [0])),
            *_conditional("fcntl", _is_one_of(1, _FCNTL)),
            *_conditional("ioctl", _is_one_of(1, _IOCTL)),
            *_conditional("prctl", _is_one_of(0, _PRCTL)),
            *_conditional(
                "socketpair", _is_one_of(0, [_AF_UNIX]), _is_one_of(1, [_SOCK_STREAM], of_bits=0xF), _is_null(2)
            ),
            *_conditional("sendto", _is_null(4)),
            *chain.from_iterable(_allowed_if_within(*run) for run in _runs(numbers_of(*groups))),
            *_if_equal(number_of("clone3"), _NO_SUCH_CALL),
            _step(_AT_LEAST, _X32, then=2),
            _step(_AT_LEAST, _FIRST_NEW, otherwise=1),
            _step(_RETURN, _NO_SUCH_CALL),
            _step(_RETURN, _REFUSE),
        ]
    )


def for_children() -> Filter:
    """Return what a child has to take on besides: no process and no attribute of a file is its business.

    As short as it can be: installing it takes 2 microseconds for each step.
    """
    refused = numbers_of("attributes", "processes")
    return Filter(
        [
            *(_step(_EQUAL, number, then=len(refused) - n) for n, number in enumerate(refused)),
            _step(_AT_LEAST, 0, then=1),
            _step(_RETURN, _REFUSE),
            *_conditional("clone", _has_any_of(0, _CLONE_THREAD)),
            *_conditional("kill", _is_one_of(0, [_OWN_PID])),
            *_conditional("tgkill", _is_one_of(0, [_OWN_PID])),
            _step(_RETURN, _ALLOW),
        ]
    )


def _conditional(name: str, *checks: Sequence[bytes]) -> list[bytes]:
    """Allow this call if its arguments pass all checks, each of which refuses it or goes on."""
    body = [*chain.from_iterable(checks), _step(_RETURN, _ALLOW)]
    return [_step(_EQUAL, number_of(name), otherwise=len(body)), *body]


def _is_one_of(argument: int, values: Sequence[int], *, of_bits: int | None = None) -> list[bytes]:
    masked = [] if of_bits is None else [_step(_AND, of_bits)]
    equal = [_step(_EQUAL, value, then=len(values) - n) for n, value in enumerate(values)]
    return [_load(argument), *masked, *equal, _step(_RETURN, _REFUSE)]


def _is_null(argument: int) -> list[bytes]:
    """Check both halves, as those of a pointer."""
    null = [_step(_EQUAL, 0, then=1), _step(_RETURN, _REFUSE)]
    return [_load(argument), *null, _load(argument, upper=True), *null]


def _has_none_of(argument: int, bits: int) -> list[bytes]:
    return [_load(argument), _step(_ANY_BIT, bits, otherwise=1), _step(_RETURN, _REFUSE)]


def _has_any_of(argument: int, bits: int) -> list[bytes]:
    return [_load(argument), _step(_ANY_BIT, bits, then=1), _step(_RETURN, _REFUSE)]


def _load(argument: int, *, upper: bool = False) -> bytes:
    return _step(_LOAD, _ARGUMENTS_AT + 8 * argument + 4 * upper)


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of each run of numbers without a gap."""
    starts = [n for n in numbers if n - 1 not in numbers]
    ends = [n for n in numbers if n + 1 not in numbers]
    return zip(starts, ends, strict=True)


def _allowed_if_within(first: int, last: int) -> list[bytes]:
    return [_step(_AT_LEAST, first, otherwise=2), _step(_AT_LEAST, last + 1, then=1), _step(_RETURN, _ALLOW)]


def _if_equal(number: int, answer: int) -> list[bytes]:
    return [_step(_EQUAL, number, otherwise=1), _step(_RETURN, answer)]


def _step(code: int, value: int, *, then: int = 0, otherwise: int = 0) -> bytes:
    """Assemble one instruction; the jumps are relative."""
    return struct.pack("HBBI", code, then, otherwise, value)
