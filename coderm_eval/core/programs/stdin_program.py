"""A program that reads standard input, as a function of what it reads. The process of the program runs this.

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
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

__all__ = ["as_function"]

_leave = os._exit


class _Exit(SystemExit):
    """What `os._exit` raises here, where it would end the process that has to report."""


def as_function(program: str, prelude: str) -> Callable[[str], str]:
    """Return `solve`: what `program` prints when it runs as `__main__` with `solve`'s argument on descriptor 0.

    `solve` raises whatever the program raises, and SystemExit for an exit status other than 0. What the program leaves
    in its process stays. Only a program that catches the exit of `os._exit` goes on after it.

    Args:
        program: its source.
        prelude: what is run before it, under the same names.
    """
    code: list[types.CodeType] = []
    has_run = False

    def solve(stdin: str) -> str:
        nonlocal has_run
        random.seed(0)
        with _file("stdin") as given, _file("stdout") as printed:
            _write(given, stdin.encode("utf-8", "replace"))
            with _standard(given, printed):
                try:
                    code[:] = code or map(_compiled, (prelude, program))
                    _run(code)
                except MemoryError:
                    if has_run:  # what ran before may be to blame: to crash here has this call made in a new process
                        _leave(1)
                    raise
                finally:
                    has_run = True
            return _content(printed).decode("utf-8", "replace")

    return solve


def _compiled(source: str) -> types.CodeType:
    return compile(source.encode(), "program.py", "exec", dont_inherit=True)


def _run(code: Sequence[types.CodeType]) -> None:
    module = types.ModuleType("__main__")
    module.__file__ = f"{os.getcwd()}/program.py"  # noqa: PTH109  # pathlib takes ten times as long
    sys.modules["__main__"] = module
    try:
        _run_to_its_end(code, module)
    except BaseException as error:
        error.__context__ = None
        _let_go(module)  # or a file that it opened on descriptor 0 would one day close that of another call
        raise error.with_traceback(None) from None


def _run_to_its_end(code: Sequence[types.CodeType], module: types.ModuleType) -> None:
    try:
        for part in code:
            exec(part, module.__dict__)
    except _Exit as end:  # what it had not written yet is lost
        if end.code not in (None, 0):
            raise
        return
    except SystemExit as end:
        if end.code not in (None, 0):
            raise
    if "threading" in sys.modules:  # what an interpreter does at its end, in that order
        sys.modules["threading"]._shutdown()
    atexit._run_exitfuncs()
    with contextlib.suppress(ValueError, AttributeError):  # it closed its output, or has none
        sys.stdout.flush()
    _let_go(module)
    if sys.__stdout__ and not sys.__stdout__.closed:
        sys.__stdout__.flush()


def _let_go(module: types.ModuleType) -> None:
    """Close, and so write out, the files that a program kept."""
    vars(module).clear()
    gc.collect()


@contextlib.contextmanager
def _file(name: str) -> Iterator[int]:
    """A new file: in memory, so that the program finds its folder empty, or of this name where there is no such."""
    in_memory = hasattr(os, "memfd_create")
    descriptor = os.memfd_create(name) if in_memory else os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _write(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]
    os.lseek(descriptor, 0, os.SEEK_SET)


def _content(descriptor: int) -> bytes:
    os.lseek(descriptor, 0, os.SEEK_SET)
    return io.FileIO(descriptor, closefd=False).readall()


@contextlib.contextmanager
def _standard(given: int, printed: int) -> Iterator[None]:
    """Descriptors 0 and 1, and what Python calls them, are these files for the moment."""
    before = (sys.stdin, sys.stdout, os._exit, builtins.open)
    kept = {0: os.dup(0), 1: os.dup(1)}
    os.dup2(given, 0)
    os.dup2(printed, 1)
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
