"""A program that reads standard input, as a function of what it reads. This file's text goes into the sandbox."""

from __future__ import annotations

import contextlib
import io
import os
import random
import sys
import threading
import types
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NoReturn

PROGRAM = ""
"""Its source; whoever sends this file assigns it, and the limit, below."""
RECURSION_LIMIT = 1000


class _Exit(BaseException):
    """What `os._exit` raises here, where it would end the process that has to report."""


def solve(stdin: str) -> str:
    """What PROGRAM prints when it runs as `__main__`, with `stdin` on descriptor 0; what it left undone is undone.

    However it exits, what it had printed by then counts. Raises whatever it raises.
    """
    random.seed(0)
    sys.setrecursionlimit(RECURSION_LIMIT)
    # Text layers as a terminal's: universal newlines coming in, nothing changed going out.
    with Path("stdin").open("w+b") as given, Path("stdout").open("w+b") as printed, _standard(given, printed):
        given.write(stdin.encode("utf-8", "replace"))
        given.seek(0)
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        with contextlib.suppress(SystemExit, _Exit):
            exec(compile(PROGRAM, "program.py", "exec", dont_inherit=True), module.__dict__)
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()
        with contextlib.suppress(ValueError):  # it closed its output
            sys.stdout.flush()
        printed.seek(0)
        return printed.read().decode("utf-8", "replace")


@contextlib.contextmanager
def _standard(given: IO[bytes], printed: IO[bytes]) -> Iterator[None]:
    """Descriptors 0 and 1, and what Python calls them, are these files for the moment."""
    before = (sys.stdin, sys.stdout)
    kept = {0: os.dup(0), 1: os.dup(1)}
    own_exit, os._exit = os._exit, _exit
    os.dup2(given.fileno(), 0)
    os.dup2(printed.fileno(), 1)
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False)), encoding="utf-8", newline="\n")
    try:
        yield
    finally:
        os._exit = own_exit
        sys.stdin, sys.stdout = before
        for descriptor, file in kept.items():
            os.dup2(file, descriptor)
            os.close(file)


def _exit(status: int) -> NoReturn:
    raise _Exit(status)
