"""The fork server in which programs answer calls: one child for each program. No test is ever in its memory.

It reads lines "LAPS SECONDS IMPORTS JOB": the process may begin the SECONDS of CPU time, those of a call or of a run,
LAPS times. A JOB is {"program", "runs", "per_call"}: a run is a list of calls, made one after the other of a program
that is loaded anew for each run. The reply is {"end", "answers"}: an `End`, which says
why answers are missing if any are; and for each run an answer to loading it and one to each
call, as [CPU seconds, text], as far as the child came.

    call      ["f", [arguments], {"dict": [[keyword, argument], ...]}]     or ["f"]: what is f?
              ["f", [arguments], {"dict": []}, true]: the SHA-256 of what it returns, or null
    answer    ["returned", value, arguments afterwards or null, index of the argument that it returned or null]
              ["raised", built-in exception, type, [arguments]]
              ["function"]  ["exception", built-in exception, name]  ["module", name]  ["value", value]  ["absent"]

A child writes its answers into memory that it shares with the server, so that what it said before it crashed,
hung or was killed is not lost. It can write there what it likes: nothing but answers of its own comes of it.
"""

from __future__ import annotations

import collections
import contextlib
import gc
import importlib
import json
import mmap
import os
import random
import struct
import sys
import time
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

from coderm_eval.execution.limits import Limits
from coderm_eval.execution.sandbox.confinement import (
    apply_rlimits,
    drop_child_privileges,
    drop_server_privileges,
    end_child,
)
from coderm_eval.execution.sandbox.isolation.levels import Isolation
from coderm_eval.execution.sandbox.isolation.reaping import adopt_orphans
from coderm_eval.execution.sandbox.watchdog import TimeWindow, wait_with_limits
from coderm_eval.execution.wire.digest import sha256_of_answer
from coderm_eval.execution.wire.encoding import decode, encode, is_immutable
from coderm_eval.execution.wire.ends import End
from coderm_eval.execution.wire.heartbeat import Heartbeat
from coderm_eval.execution.wire.lines import write_line

__all__ = ["LOADED", "serve"]

LOADED = '["loaded"]'
_NOT_LOADED = '["not loaded"]'

_PRELOADED = (
    *("bisect", "collections", "copy", "datetime", "decimal", "fractions", "functools", "heapq", "io", "itertools"),
    *("json", "math", "operator", "random", "re", "string", "time", "typing"),
)
"""What many programs import: loaded once, inherited by every child. More makes every fork dearer."""

_LIBRARIES = frozenset({"numpy", "pandas", "scipy", "sympy", "sortedcontainers", "networkx", "sklearn"})
"""What is loaded, beside the standard library, for a program that names it."""

_LOADED_FROM = 20
"""Programs that have named a library: from then on it is loaded in the server. numpy takes a child 80 ms, but makes
every fork of a server that holds it 1.4 ms dearer."""

_NEVER_LOADED = frozenset({"antigravity", "idlelib", "test", "this", "tkinter", "turtle", "turtledemo"})
"""Open windows, or print."""

_SEED = 0
"""Of `random` and numpy at the start of each run, so that no answer depends on what ran before."""

_HEADER = struct.Struct("=IIII")
"""In the shared memory: laps begun, bytes used, whether an answer did not fit, whether the lap is that of loading."""
_ENTRY = struct.Struct("=dI")
"""Before each answer: CPU seconds, length."""
_MIB = 1024 * 1024
_WARM_UPS = 100
_MOST_DESCRIPTORS = 64
_LIFETIME_S = 86_400
_HAS_PIDFD = hasattr(os, "pidfd_open")
"""Linux: nothing that a child does to its descriptors hides its end, or pretends it."""


def serve(requests: int, replies: int, limits: Limits, isolation: Isolation) -> None:
    """Answer lines on the descriptor `requests` until it ends; this process keeps no other but `replies`."""
    for name in _PRELOADED:
        importlib.import_module(name)
    if not isolation.has_namespaces:
        adopt_orphans()  # what a program leaves behind becomes ours to end
    drop_server_privileges(isolation)
    _warm_up()
    apply_rlimits(limits, cpu_s=_LIFETIME_S)
    libraries = _Libraries()
    beat = Heartbeat(lambda: write_line(replies, b""))
    with os.fdopen(requests, "rb") as lines:
        for line in lines:
            laps, seconds, imports, job = line.split(b" ", 3)
            left = libraries.load(imports.decode().split(","))
            limits = limits._replace(
                timeout_s=float(seconds), load_timeout_s=limits.load_timeout_s or max(limits.timeout_s, float(seconds))
            )
            write_line(replies, _run(job, int(laps), left, limits, isolation, beat))


def _warm_up() -> None:
    """Run what every child runs until the interpreter has adapted to it, so that no child has to write there again.

    It saves a third of the pages that a child touches, as measured with CPython 3.11.
    """
    job = {"program": "def f(x):\n    return x\n", "runs": [['["f"]', '["f",[[1]],{"dict":[]}]']], "per_call": True}
    for _ in range(_WARM_UPS):
        _answer_runs(json.loads(json.dumps(job)), _Answers(mmap.mmap(-1, _MIB)))
    gc.collect()
    gc.freeze()  # keeps the collector from copying inherited pages in every child


class _Libraries:
    """What programs import, loaded beforehand: a program would be charged for it, up to a second of CPU for pandas."""

    def __init__(self) -> None:
        self._named: collections.Counter[str] = collections.Counter()
        self._done: set[str] = set()

    def load(self, modules: Sequence[str]) -> list[str]:
        """Import some of `modules` here, for all children to come; returns those that a child has to import itself."""
        left = []
        for module in modules:
            if module in self._done or not _may_be_loaded(module):
                continue
            self._named[module] += 1
            if module.partition(".")[0] in _LIBRARIES and self._named[module] < _LOADED_FROM:
                left.append(module)
            else:
                self._done.add(module)
                _import(module)
                gc.freeze()
        return left


def _may_be_loaded(module: str) -> bool:
    top = module.partition(".")[0]
    return top in _LIBRARIES or top in sys.stdlib_module_names - _NEVER_LOADED


def _import(module: str) -> None:
    with contextlib.suppress(Exception), warnings.catch_warnings():  # not installed, or no module at all
        warnings.simplefilter("ignore")
        importlib.import_module(module)


def _run(job: bytes, laps: int, modules: Sequence[str], limits: Limits, isolation: Isolation, beat: Heartbeat) -> bytes:
    """Let a child import `modules` and answer the calls of `job`; it may begin the limits's limits `laps` times."""
    memory = mmap.mmap(-1, _HEADER.size + limits.output_mb * _MIB)
    lifeline = None if _HAS_PIDFD else os.pipe()
    child = os.fork()
    if child == 0:
        _child(job, modules, isolation, memory, keep=lifeline[1] if lifeline else None)
    death = os.pidfd_open(child) if lifeline is None else _end_of(lifeline)
    overstepped = wait_with_limits(death, child, limits, lambda: _lap(memory, laps), beat)
    os.close(death)
    end_child(child, isolation)
    answers = list(_read(memory))
    full = bool(_HEADER.unpack_from(memory)[2])
    memory.close()
    end = overstepped or (End.FULL if full else End.CRASHED)
    return json.dumps({"end": end, "answers": answers}).encode()


def _lap(memory: mmap.mmap, most: int) -> TimeWindow:
    number, _, _, loading = _HEADER.unpack_from(memory)
    return TimeWindow(min(most, number), bool(loading))


def _end_of(lifeline: tuple[int, int]) -> int:
    """Can be read when the child, which alone holds the other end from now on, closes it."""
    os.close(lifeline[1])
    return lifeline[0]


def _read(memory: mmap.mmap) -> Iterator[tuple[float, str]]:
    """The answers in `memory`, as far as they make sense: a program may have written anything there."""
    _, used, *_ = _HEADER.unpack_from(memory)
    position = _HEADER.size
    end = min(position + used, len(memory))
    while position + _ENTRY.size <= end:
        cpu_seconds, length = _ENTRY.unpack_from(memory, position)
        position += _ENTRY.size
        if position + length > end or not 0 <= cpu_seconds < 1e9:
            return
        yield round(cpu_seconds, 6), memory[position : position + length].decode("ascii", "replace")
        position += length


class _Answers:
    """The child's side of the shared memory."""

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory
        self._laps = 0
        self._used = 0
        self._loading = False

    def begin(self, *, loading: bool = False) -> None:
        """The limits begin anew."""
        self._next_lap(loading=loading)
        self._started = time.process_time()

    def rest(self) -> None:
        """The program has answered; what follows may take as long as loading."""
        self._next_lap(loading=True)

    def add(self, text: str) -> None:
        """Raises MemoryError, after a mark that says so, if the text does not fit any more."""
        now = time.process_time()
        data = text.encode("ascii", "replace")
        start = _HEADER.size + self._used
        if start + _ENTRY.size + len(data) > len(self._memory):
            self._note(full=True)
            raise MemoryError
        _ENTRY.pack_into(self._memory, start, now - self._started, len(data))
        self._memory[start + _ENTRY.size : start + _ENTRY.size + len(data)] = data
        self._used += _ENTRY.size + len(data)
        self._note()
        self._started = now

    def _next_lap(self, *, loading: bool) -> None:
        self._laps += 1
        self._loading = loading
        self._note()

    def _note(self, *, full: bool = False) -> None:
        _HEADER.pack_into(self._memory, 0, self._laps, self._used, full, self._loading)


def _child(job: bytes, modules: Sequence[str], isolation: Isolation, memory: mmap.mmap, keep: int | None) -> NoReturn:
    """Everything that happens in the forked child; it never returns to the server's code."""
    try:
        drop_child_privileges(isolation)
        os.closerange(3, keep or _MOST_DESCRIPTORS)
        for module in modules:
            _import(module)
        _answer_runs(json.loads(job), _Answers(memory))
    finally:
        os._exit(0)


def _answer_runs(job: dict[str, Any], answers: _Answers) -> None:
    code: types.CodeType | None = None
    for run in job["runs"]:
        answers.begin(loading=job["per_call"])
        module = types.ModuleType("candidate")
        sys.modules["candidate"] = module  # where dataclasses and pickle look it up
        _seed()
        try:
            code = code or compile(job["program"], "<candidate>", "exec", dont_inherit=True)
            exec(code, module.__dict__)
        except BaseException:
            answers.add(_NOT_LOADED)
            continue
        answers.add(LOADED)
        for call in run:
            if job["per_call"]:
                answers.begin()
            answers.add(_answer(module.__dict__, call, answers.rest))


def _seed() -> None:
    random.seed(_SEED)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(_SEED)


def _answer(names: dict[str, Any], call: str, rest: Callable[[], None]) -> str:
    try:
        name, *how = decode(call)
        return _called(names, call, rest, name, *how) if how else _described(names.get(name, _ABSENT))
    except BaseException as error:
        return _raised(error)


_ABSENT = object()


def _called(
    names: dict[str, Any],
    call: str,
    rest: Callable[[], None],
    name: str,
    arguments: list[Any],
    keywords: dict[str, Any],
    digested: bool = False,
) -> str:
    if name not in names:
        raise NameError(f"name {name!r} is not defined")
    result = names[name](*arguments, **keywords)
    if digested:
        rest()
        return f'["returned",{json.dumps(sha256_of_answer(result))},null,null]'
    returned = next((n for n, argument in enumerate(arguments) if argument is result), None)
    afterwards = "null"
    if not is_immutable((*arguments, *keywords.values())) and encode([name, arguments, keywords]) != call:
        afterwards = encode([arguments, keywords])
    return f'["returned",{encode(result)},{afterwards},{"null" if returned is None else returned}]'


def _described(value: object) -> str:
    if value is _ABSENT:
        return '["absent"]'
    if isinstance(value, types.ModuleType):
        return json.dumps(["module", value.__name__])
    if isinstance(value, type) and issubclass(value, BaseException):
        return json.dumps(["exception", _built_in(value), value.__name__])
    if callable(value) and '"type"' not in encode(value):
        return '["function"]'
    return f'["value",{encode(value)}]'


def _built_in(kind: type) -> str:
    """The built-in exception that `kind` is or extends."""
    return next(base.__name__ for base in kind.__mro__ if base.__module__ == "builtins")


def _raised(error: BaseException) -> str:
    kind = type(error)
    try:
        arguments = encode(list(error.args))
    except BaseException:
        arguments = "[]"
    return f'["raised",{json.dumps(_built_in(kind))},{json.dumps(kind.__name__)},{arguments}]'
