"""A program that reads standard input, run as LiveCodeBench's own grader runs it, which is not as a process.

This file's text goes into the sandbox; a change that can change a grade raises `gold_tests.REVISION`.

What the official code does (lcb_runner/evaluation/testing_util.py), and what goes wrong with right programs for it: all
but top-level imports becomes the body of one function, so that `global` finds nothing; the text "class Solution"
anywhere makes it look for that class; `sys.stdin` is an object without iteration whose `buffer` gives its first line
again and again, while `from sys import stdin` is the process's own, with three methods replaced; `open` gives the input
only where it is looked up in `builtins`.
"""

from __future__ import annotations

import ast
import builtins
import functools
import io
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from unittest.mock import mock_open

PROGRAM = ""
"""Its source. Whoever sends this file assigns it below, and what the official grader puts before it."""
PRELUDE = ""

WITHHELD = ("ipdb", "joblib", "psutil", "resource", "tkinter")
"""Modules that the official grader keeps from programs."""

_FUNCTION = "wrapped_function"


class _Buffer:
    def __init__(self, text: str) -> None:
        self._data = text.encode()

    def read(self, *_: object) -> bytes:
        return self._data

    def readline(self, *_: object) -> bytes:
        return self._data.split(b"\n")[0] + b"\n"


class _Input:
    """In the place of `sys.stdin`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = io.StringIO(text)
        self.buffer = _Buffer(text)

    def read(self, *_: object) -> str:
        return self._text

    def readline(self, *size: Any) -> str:
        return self._lines.readline(*size)

    def readlines(self, *_: object) -> list[str]:
        return self._text.split("\n")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lines, name)


@functools.cache
def _method() -> Callable[[], object]:
    """Return PROGRAM as one function for all tests; raises what its imports raise, and SyntaxError."""
    builtins.quit = None  # type: ignore[assignment]
    sys.stdin = io.TextIOWrapper(io.BytesIO())  # what the official process has: an empty one of its own
    sys.modules.update(dict.fromkeys(WITHHELD))  # type: ignore[arg-type]
    code = PRELUDE + _as_function(_without_guard(PROGRAM))
    module = types.ModuleType("program")
    exec(compile(code, "program.py", "exec", dont_inherit=True), module.__dict__)
    found = module.Solution() if "class Solution" in code else module
    method: Callable[[], object] = getattr(found, _FUNCTION)
    return method


def _without_guard(program: str) -> str:
    """Return the program without a test for `__main__` around its last statements."""
    try:
        *before, last = ast.parse(program).body
        if isinstance(last, ast.If) and ast.unparse(last.test) == "__name__ == '__main__'":
            return "\n".join(map(ast.unparse, [*before, *last.body]))
    except (SyntaxError, ValueError):
        pass
    return program


def _as_function(program: str) -> str:
    try:
        body = ast.parse(program).body
    except (SyntaxError, ValueError):
        return program
    imports: list[ast.stmt] = [node for node in body if isinstance(node, (ast.Import, ast.ImportFrom))]
    [function] = ast.parse(f"def {_FUNCTION}(): pass").body
    assert isinstance(function, ast.FunctionDef)
    function.body = [node for node in body if node not in imports]
    return "\n".join(map(ast.unparse, [*imports, function]))


def solve(stdin: str) -> str:
    """Return what the function prints until it ends or exits; raises what it raises."""
    method = _method()
    printed = io.StringIO()
    printed.close = lambda _: None  # type: ignore[assignment,misc]  # nobody calls it so: closing the output is an error
    with _patched(stdin, printed), suppress(SystemExit):
        method()
    return printed.getvalue()


@contextmanager
def _patched(text: str, printed: io.StringIO) -> Iterator[None]:
    own, own_output, own_open = sys.stdin, sys.stdout, builtins.open
    lines = iter(text.split("\n"))
    methods = {"read": lambda *_: text, "readline": lambda *_: next(lines), "readlines": lambda *_: text.split("\n")}
    for name, method in methods.items():
        setattr(own, name, method)
    sys.stdin = _Input(text)
    sys.stdout = printed
    builtins.open = mock_open(read_data=text)
    try:
        yield
    finally:
        sys.stdin, sys.stdout, builtins.open = own, own_output, own_open
        for name in methods:
            delattr(own, name)
