"""The fork server for tests: it starts a process when it is told to, and ends it. It sees no test and no answer.

It reads from the socket `control`, one message at a time, and answers each:

    b"start NAMES", with a socket    import the packages NAMES, joined by commas, then have a child do what
                                     `test_process.serve` says on that socket; the answer is the child's process id
    b"end ID"                        end the child and whatever it has started; the answer is ENDED, or ENDED_ALL where
                                     no child is left, or LEAVING where a test has changed this server, so that another
                                     one has to take its place, or NO_ROOM where a test wrote and the disk is full

So a child inherits nothing that another one had: what it is to run comes to it over its own socket.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import socket
import sys
import warnings
from collections.abc import Sequence
from typing import NoReturn

from coderm_eval.execution.limits import Limits
from coderm_eval.execution.sandbox import test_process
from coderm_eval.execution.sandbox.confinement import (
    apply_rlimits,
    drop_child_privileges,
    drop_server_privileges,
    is_clean,
    kill_all,
    server_state,
)
from coderm_eval.execution.sandbox.garbage import keep_what_is_there
from coderm_eval.execution.sandbox.isolation import seccomp
from coderm_eval.execution.sandbox.isolation.levels import Isolation
from coderm_eval.execution.sandbox.isolation.reaping import adopt_orphans
from coderm_eval.execution.wire.server_messages import ENDED, ENDED_ALL, LEAVING, NO_ROOM

__all__ = ["serve"]

_PRELOADED = ("bisect", "collections", "copy", "datetime", "decimal", "fractions", "itertools", "json", "math", "re")
"""Modules that many tests import."""
_LONGEST_MESSAGE = 1024
_MOST_DESCRIPTORS = 64
_LIFETIME_S = 3600
"""CPU seconds of a child, for systems where nobody outside can see them."""
_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
"""Where no filter keeps a test from sending signals, those that can be ignored end nobody."""


def serve(control: socket.socket, limits: Limits, isolation: Isolation, libraries: Sequence[str]) -> None:
    """Answer messages until the other end is closed.

    Args:
        libraries: modules that tests import, loaded beforehand.
    """
    for name in (*_PRELOADED, *libraries):
        importlib.import_module(name)
    isolation = _alone_in_its_process(isolation)
    if not isolation.has_namespaces:
        adopt_orphans()
    drop_server_privileges(isolation)
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    apply_rlimits(limits, _LIFETIME_S)
    keep_what_is_there()
    children: set[int] = set()
    state = server_state()
    while True:
        message, descriptors, *_ = socket.recv_fds(control, _LONGEST_MESSAGE, 1)
        if not message:
            return
        if descriptors:
            _load(message.decode().removeprefix("start ").split(","))
            control.send(b"%d" % _start(descriptors[0], isolation, children))
        else:
            _end(int(message.removeprefix(b"end ")), isolation, children)
            if not is_clean(isolation, state):
                control.send(LEAVING if isolation.scratch.had_room else NO_ROOM)
                return
            control.send(ENDED if children else ENDED_ALL)


def _alone_in_its_process(isolation: Isolation) -> Isolation:
    """Return the isolation in which a child starts and signals no process either, where system calls are filtered."""
    return isolation._replace(child_filter=seccomp.for_children() if "seccomp" in isolation.level else None)


def _load(names: Sequence[str]) -> None:
    """Import packages for all children to come: each would be charged for it, up to a second for pandas."""
    for name in names:
        if name and name not in sys.modules:
            with contextlib.suppress(Exception), warnings.catch_warnings():  # it is not installed, or broken
                warnings.simplefilter("ignore")
                importlib.import_module(name)
            keep_what_is_there()


def _start(connection: int, isolation: Isolation, children: set[int]) -> int:
    child = os.fork()
    if child == 0:
        _serve_child(connection, isolation)
    os.close(connection)
    children.add(child)
    return child


def _end(child: int, isolation: Isolation, children: set[int]) -> None:
    if child not in children:  # it was ended together with another one
        return
    kill_all(child, isolation)
    if isolation.child_filter is None:
        children.clear()  # it may have started others, so that all were ended
    children.discard(child)


def _serve_child(connection: int, isolation: Isolation) -> NoReturn:
    """Do everything that happens in the forked child, which never returns to the server's code."""
    try:
        os.closerange(3, connection)
        os.closerange(connection + 1, _MOST_DESCRIPTORS)
        drop_child_privileges(isolation)
        os.write(connection, b"\n")
        test_process.serve(connection)
    finally:
        os._exit(0)
