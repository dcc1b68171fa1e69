"""A program that reads standard input, as a function of what it reads. This file's text goes into the sandbox.

A change that can change what a program does raises its number in `forms.REVISIONS`.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import gc
import io
import os
import random
import sys
import threading
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, NoReturn

PROGRAM = ""
"""Its source. Whoever sends this file assigns it below, and what it is given beforehand."""
PRELUDE = ""


class _Exit(SystemExit):
    """What `os._exit` raises here, where it would end the process that has to report."""


def solve(stdin: str) -> str:
    """What PROGRAM prints when it runs as `__main__`, with `stdin` on descriptor 0.

    For one call in a process of its own: what the program leaves behind stays. Raises whatever it raises, and
    SystemExit for an exit status other than 0. Only a program that catches the exit of `os._exit` goes on after it.
    """
    random.seed(0)
    with Path("stdin").open("w+b") as given, Path("stdout").open("w+b") as printed:
        given.write(stdin.encode("utf-8", "replace"))
        given.seek(0)
        with _standard(given, printed):
            _run()
        printed.seek(0)
        return printed.read().decode("utf-8", "replace")


def _run() -> None:
    module = types.ModuleType("__main__")
    module.__file__ = str(Path("program.py").absolute())
    sys.modules["__main__"] = module
    try:
        exec(PRELUDE, module.__dict__)
        exec(compile(PROGRAM.encode(), "program.py", "exec", dont_inherit=True), module.__dict__)
    except _Exit as end:  # what it had not written yet is lost
        if end.code not in (None, 0):
            raise
        return
    except SystemExit as end:
        if end.code not in (None, 0):
            raise
    threading._shutdown()  # type: ignore[attr-defined]  # what an interpreter does at its end, in that order
    atexit._run_exitfuncs()
    with contextlib.suppress(ValueError, AttributeError):  # it closed its output, or has none
        sys.stdout.flush()
    vars(module).clear()  # closes, and so writes out, the files that it kept
    gc.collect()
    if sys.__stdout__ and not sys.__stdout__.closed:
        sys.__stdout__.flush()


@contextlib.contextmanager
def _standard(given: IO[bytes], printed: IO[bytes]) -> Iterator[None]:
    """Descriptors 0 and 1, and what Python calls them, are these files for the moment."""
    before = (sys.stdin, sys.stdout, os._exit, builtins.open)
    kept = {0: os.dup(0), 1: os.dup(1)}
    os.dup2(given.fileno(), 0)
    os.dup2(printed.fileno(), 1)
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), encoding="utf-8", newline="\n")
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False)), encoding="utf-8", newline="\n")
    vars(sys).update(__stdin__=sys.stdin, __stdout__=sys.stdout, argv=["program.py"])
    os._exit, builtins.open = _exit, _opening(builtins.open)
    try:
        yield
    finally:
        for descriptor, file in kept.items():
            os.dup2(file, descriptor)
            os.close(file)
        sys.stdin, sys.stdout, os._exit, builtins.open = before  # what those still hold goes nowhere now


def _exit(status: int) -> NoReturn:
    raise _Exit(status)


def _opening(own: Callable[..., Any]) -> Any:
    """`open`, where no device of that name is to be had."""
    return lambda file, *how, **more: own(0 if file == "/dev/stdin" else file, *how, **more)
