"""Which isolation is wanted, which is to be had on this host, and entering it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from coderm_eval.execution.sandbox.isolation import landlock, namespaces, seccomp
from coderm_eval.execution.sandbox.isolation.reaping import adopt_orphans, die_with_parent, kill_children, wait_and_exit

__all__ = ["FULL", "MODES", "Isolation", "describe", "enter"]

MODES = ("auto", "namespaces", "rlimits", "strict")
"""auto: the best there is; strict: all of it or nothing; namespaces: these and limits, or nothing; rlimits: limits."""

FULL = "namespaces+seccomp+rlimits"
"""The strongest level, as `summary.json` names it."""

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
    """One sentence about a level, as `Isolation` names it."""
    parts = level.removesuffix("+rlimits")
    open_to_all = "programs are limited in time and memory only: files, network and processes are open to them"
    return _SENTENCES.get(parts, open_to_all)


class Isolation(NamedTuple):
    """What a fork server has entered, and what each of its children has to take on."""

    level: str
    """Its parts joined by "+", e.g. "landlock+seccomp+rlimits"."""
    scratch: Path
    """The one folder that programs may write to."""
    child_filter: seccomp.Filter | None
    """Has to be installed in a child to keep it from starting and signalling processes. None: nothing does, or
    it is alone in its pid namespace, limited in number, and swept away with whatever it started."""
    child_user: int | None
    """Whom a child has to become."""

    @property
    def has_namespaces(self) -> bool:
        return "namespaces" in self.level


def enter(mode: str) -> Isolation:
    """Enter, in this process or the one that takes its place, what `mode` of MODES asks for.

    Whatever the host refuses is found out in a process that is then given up, so that nothing is entered by half.

    Raises:
        OSError: `mode` asks for more than this host grants; the message says what.
    """
    parts = ["rlimits"]
    user = None
    takes_parts = mode in ("auto", "strict")
    filtered = takes_parts and _granted(lambda: seccomp.for_servers().install())
    if filtered:
        parts.insert(0, "seccomp")
    if mode != "rlimits" and _granted(namespaces.enter):
        user = namespaces.enter()
        parts.insert(0, "namespaces")
        scratch = namespaces.SCRATCH
    elif mode == "namespaces":
        raise OSError("user namespaces are refused")
    else:
        scratch = _own_folder()
        if takes_parts and _done(lambda: landlock.enter(namespaces.readable_paths(), scratch)):
            parts.insert(0, "landlock")
    level = "+".join(parts)
    if mode == "strict" and level != FULL:
        raise OSError(f"only {level} is to be had")
    if filtered:
        seccomp.for_servers().install()
    few = "namespaces" in parts and (user is not None or os.getuid() != 0)
    return Isolation(level, scratch, seccomp.for_children() if filtered and not few else None, user)


def _done(step: Callable[[], object]) -> bool:
    """Take the step if it is granted; returns whether it was."""
    granted = _granted(step)
    if granted:
        step()
    return granted


def _granted(step: Callable[[], object]) -> bool:
    """Whether `step` succeeds, tried in a process of its own."""
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            step()
            os._exit(0)
        os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def _own_folder() -> Path:
    """A folder for a child process to work in; the caller stays behind to remove it, however that one ends."""
    import shutil
    import tempfile

    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # until somebody is there to remove the folder
    folder = tempfile.mkdtemp(prefix="coderm-")
    adopt_orphans()
    child = os.fork()
    if child:

        def clean_up() -> None:
            kill_children(all_of_namespace=False)
            shutil.rmtree(folder, ignore_errors=True)

        wait_and_exit(child, clean_up)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    die_with_parent()
    return Path(folder)
