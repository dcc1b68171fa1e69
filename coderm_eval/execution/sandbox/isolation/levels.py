"""Which isolation this host allows, and entering it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from coderm_eval.execution.package_folder import PACKAGE
from coderm_eval.execution.sandbox.isolation import landlock, namespaces, scratch, seccomp
from coderm_eval.execution.sandbox.isolation.privileges import NOBODY, become, gain_nothing, is_reachable_by_all
from coderm_eval.execution.sandbox.isolation.reaping import (
    adopt_orphans,
    continue_in_child,
    kill_and_reap,
    kill_children,
    reap,
)
from coderm_eval.execution.sandbox.isolation.removal import remove
from coderm_eval.execution.sandbox.isolation.scratch import Scratch

__all__ = ["FULL", "MODES", "Isolation", "IsolationRefusedError", "available", "describe", "enter"]

MODES = ("auto", "namespaces", "rlimits", "strict")
"""auto: the strongest level that the host allows; strict: full isolation, or no run; namespaces: namespaces and limits,
or no run; rlimits: limits alone."""

FULL = "namespaces+seccomp+rlimits"
"""The strongest level, as `summary.json` names it."""

_PROBE_S = 60
"""Seconds for a test whether an isolation can be entered, on however busy a machine."""

_REMOVE_S = 4
"""For removing a sandbox's folder at its end; the worker waits for 5 s."""

_SENTENCES = {
    "namespaces+seccomp": "programs see an interpreter and an empty folder in memory; no network, no other process",
    "namespaces": "programs see an interpreter and an empty folder in memory; system calls are not filtered",
    "landlock+seccomp": "programs read the interpreter and write one folder, start no process and open no socket; "
    "they can see that other files and processes exist (this host refuses user namespaces)",
    "seccomp": "programs start no process and open no socket, but can read and write your files "
    "(this host refuses user namespaces and has no Landlock)",
    "landlock": "programs read the interpreter and write one folder; network and processes are open to them",
}


def describe(level: str) -> str:
    """Return one sentence about a level, as `Isolation` names it."""
    parts = level.removesuffix("+rlimits")
    open_to_all = "programs are limited in time and memory only: files, network and processes are open to them"
    return _SENTENCES.get(parts, open_to_all)


class Isolation(NamedTuple):
    """What a fork server has entered, and what each of its children has to take on."""

    level: str
    """Its parts joined by "+", e.g. "landlock+seccomp+rlimits"."""
    scratch: Scratch
    """The one folder that programs may write to."""
    child_filter: seccomp.Filter | None
    """To be installed in a child, to keep it from starting and signalling processes. None: nothing keeps it from that,
    or it is alone in its pid namespace, limited in number, and ended with whatever it started."""
    child_user: int | None
    """The user that a child has to become."""
    has_namespaces: bool
    """No property, nor is the next: each child would write to the pages of its function."""
    protects_server: bool
    """Whether a program can change nothing about the process that it was forked from."""


class IsolationRefusedError(Exception):
    """This host does not allow the isolation that was requested; the message says what it allows."""


def available(mode: str) -> tuple[str, ...]:
    """Return the parts of the isolation that `mode`, one of MODES, stands for on this host.

    Each is tried out in a process that is then given up, so that nothing is entered by half.

    Raises:
        IsolationRefusedError: `mode` requires more than this host allows.
    """
    namespaces.readable_paths()  # looked up here, once for all that start from this process
    parts = []
    filtered = mode in ("auto", "strict")
    if mode != "rlimits" and _granted(namespaces.enter):
        parts.append("namespaces")
    elif mode == "namespaces":
        raise IsolationRefusedError("this host does not allow user namespaces")
    elif filtered and _granted(lambda: _enter_landlock(Path.cwd())):
        parts.append("landlock")
    if filtered and _filters():
        parts.append("seccomp")
    parts.append("rlimits")
    if mode == "strict" and "+".join(parts) != FULL:
        raise IsolationRefusedError(f"this host allows only {'+'.join(parts)}")
    return tuple(parts)


def enter(parts: Sequence[str]) -> Isolation:
    """Enter the isolation of these `available` parts, in this process or in the child that takes its place.

    Raises:
        OSError: the host refuses a step that it has just allowed; this process is then of no further use.
    """
    if "namespaces" in parts:
        user = namespaces.enter()
        folder = namespaces.new_scratch(user)
    else:
        user = _other_user()
        folder = scratch.on_disk(_own_folder(), user)
    if "landlock" in parts:
        _enter_landlock(folder.path.parent)
    gain_nothing()
    filtered = "seccomp" in parts
    if filtered:
        seccomp.for_servers().install()
    has_namespaces = "namespaces" in parts
    few = has_namespaces and (user is not None or os.getuid() != 0)
    child_filter = seccomp.for_children() if filtered and not few else None
    return Isolation("+".join(parts), folder, child_filter, user, has_namespaces, filtered or user is not None)


def _other_user() -> int | None:
    """Return the user that root's programs can run as; None if this is not root, or only root has the interpreter."""
    if not hasattr(os, "setresuid") or os.getuid() != 0:
        return None
    open_to_all = all(map(is_reachable_by_all, namespaces.readable_paths()))
    return NOBODY if open_to_all and _granted(lambda: become(NOBODY)) else None


def _enter_landlock(scratch: Path) -> None:
    landlock.enter([path.resolve() for path in namespaces.readable_paths()], scratch, hidden=PACKAGE)


def _filters() -> bool:
    try:
        of_servers = seccomp.for_servers()  # here, once for all servers that start from this process
    except OSError:
        return False
    return _granted(of_servers.install)


def _granted(step: Callable[[], object]) -> bool:
    """Return whether `step` succeeds, tried in a process of its own."""
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            step()
            os._exit(0)
        os._exit(1)
    status = reap(child, _PROBE_S)
    if status is None:
        kill_and_reap(child)
    return status == 0


def _own_folder() -> Path:
    """Make a folder for the child that returns from here; the process that stays behind removes it."""
    import tempfile  # here: a fork server in namespaces does not need it

    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # until somebody is there to remove the folder
    folder = Path(tempfile.mkdtemp(prefix="coderm-"))
    folder.chmod(0o711)  # programs of root are another user's
    adopt_orphans()

    def clean_up() -> None:
        kill_children(all_of_namespace=False)
        remove(folder, within_s=_REMOVE_S)

    continue_in_child(clean_up)
    return folder
