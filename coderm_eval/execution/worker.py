"""The process that runs untrusted programs: one forked child for each (program, test) pair.

    python -m coderm_eval.execution.worker      requests on stdin, replies on stdout, one JSON object a line

What it does: a session, a scratch directory and limits on CPU, memory, file size and open files for each
child; no inherited descriptor but the one for the verdict; no output; a clean environment; SIGKILL to the
child's whole process group when the verdict is in or the wall limit is reached.

What it does not: the child runs as the same user in the same file system and network, a grandchild that
starts a session of its own is not killed, and candidate and test share a process, so a program that sets
out to deceive its own test can do so. It keeps accidents in; it is not yet a wall against malice.

It is started fresh, holds no threads and no device, and has loaded what tests commonly import, so that a
fork is all that a pair costs: about 8 ms of CPU, half of it the fork of a process with numpy loaded.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import json
import os
import random
import resource
import secrets
import select
import shutil
import signal
import sys
import tempfile
import time
import types
import unittest
from typing import BinaryIO, NoReturn

import numpy

from coderm_eval.execution.policy import Policy
from coderm_eval.records import Verdict
from coderm_eval.syntax import parse

__all__ = ["main", "run_pair"]

_PRELOADED = (
    *("bisect", "collections", "copy", "dataclasses", "datetime", "decimal", "fractions", "functools", "heapq"),
    *("io", "itertools", "json", "math", "operator", "re", "statistics", "string", "typing", "unittest.mock"),
    "numpy.random",  # lazy in numpy 2: 11 ms in every child otherwise
)
"""What many programs and tests import: loaded once, inherited by every child."""

_LIBRARIES = frozenset({"numpy", "pandas", "scipy", "sympy"})
"""What is imported before the fork where a program or test names it, if it is installed."""

_SEED = 0
"""Seed of `random` and numpy in each child, so that no verdict depends on which worker ran it."""


def main() -> None:
    """Answer requests {"program", "test", "policy"} with {"verdict", "cpu_seconds"} until stdin ends."""
    requests, replies = _private_channel()
    for name in _PRELOADED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # keeps the collector from copying inherited pages in every child
    for line in requests:
        request = json.loads(line)
        policy = Policy(**request["policy"])
        verdict, cpu_seconds = run_pair(request["program"], request["test"], policy)
        reply = {
            "token": request["token"],
            "verdict": int(verdict),
            "cpu_seconds": round(cpu_seconds, 6),
        }
        replies.write(json.dumps(reply).encode() + b"\n")
        replies.flush()


def _private_channel() -> tuple[BinaryIO, BinaryIO]:
    """Move the protocol away from descriptors 0 and 1, which children see as empty input and no output."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)
    return requests, replies


def run_pair(program: str, test: str, policy: Policy) -> tuple[Verdict, float]:
    """Run one test against one program in a child of its own; returns the verdict and the child's CPU seconds."""
    _load_libraries(program)
    _load_libraries(test)
    scratch = tempfile.mkdtemp(prefix="coderm-")
    token = secrets.token_bytes(16)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _child(program, test, policy, scratch, token, writing)
    os.close(writing)
    try:
        said, in_time = _listen(reading, len(token) + 1, time.monotonic() + policy.wall_s)
    finally:
        os.close(reading)
        status, cpu_seconds = _end(child)
        shutil.rmtree(scratch, ignore_errors=True)
    in_time = in_time and cpu_seconds < policy.timeout_s  # RLIMIT_CPU ends with a mere SIGKILL
    return _judge(said, token, in_time, status), cpu_seconds


def _load_libraries(source: str) -> None:
    """Import the scientific libraries that `source` imports, so that every child finds them loaded.

    In a child the second of CPU that scipy.stats takes would count as the program's own, and whether it
    passed would depend on the machine's load.
    """
    if not any(name in source for name in _LIBRARIES):
        return
    tree = parse(source)
    names = {name for node in ast.walk(tree) for name in _imported(node)} if tree else set()
    for name in sorted(n for n in names if n not in sys.modules and n.partition(".")[0] in _LIBRARIES):
        with contextlib.suppress(Exception):  # an attribute, not a module; or not installed
            importlib.import_module(name)
            gc.freeze()


def _imported(node: ast.AST) -> list[str]:
    """Names of the modules that an import statement may load."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def _listen(reading: int, length: int, deadline: float) -> tuple[bytes, bool]:
    """Up to `length` bytes from the child, and whether it spoke or closed the pipe before the deadline."""
    said = b""
    while len(said) < length:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([reading], [], [], left)[0]:
            return said, False
        piece = os.read(reading, length - len(said))
        if not piece:
            break
        said += piece
    return said, True


def _end(child: int) -> tuple[int, float]:
    """Kill the child's process group and reap the child; returns its wait status and CPU seconds."""
    for kill in (os.killpg, os.kill):  # the group exists once the child has called setsid
        with contextlib.suppress(ProcessLookupError):
            kill(child, signal.SIGKILL)
    _, status, usage = os.wait4(child, 0)
    return status, usage.ru_utime + usage.ru_stime


def _judge(said: bytes, token: bytes, in_time: bool, status: int) -> Verdict:
    if said[:-1] == token:
        return Verdict(said[-1])
    out_of_cpu = os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGPROF, signal.SIGXCPU)
    return Verdict.TIMED_OUT if out_of_cpu or not in_time else Verdict.CRASHED


def _child(program: str, test: str, policy: Policy, scratch: str, token: bytes, writing: int) -> NoReturn:
    """Everything that happens in the forked child; it never returns to the worker's code."""
    try:
        _confine(policy, scratch, writing)
        verdict = Verdict.PASSED if _passes(program, test) else Verdict.FAILED
        os.write(writing, token + bytes([verdict]))
    finally:
        os._exit(0)


def _confine(policy: Policy, scratch: str, writing: int) -> None:
    os.setsid()
    os.chdir(scratch)
    os.environ.update(HOME=scratch, TMPDIR=scratch)
    tempfile.tempdir = scratch
    os.dup2(0, 2)
    os.closerange(3, writing)
    os.closerange(writing + 1, 256)
    mib = 1024 * 1024
    cpu = int(policy.timeout_s) + 1  # whole seconds: only backs up the timer, which a program can reset
    for what, limit in (
        (resource.RLIMIT_AS, policy.memory_mb * mib),
        (resource.RLIMIT_FSIZE, policy.file_mb * mib),
        (resource.RLIMIT_NOFILE, max(policy.open_files, writing + 1)),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, cpu),
    ):
        resource.setrlimit(what, (limit, limit))
    for number in (signal.SIGPROF, signal.SIGXCPU, signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, policy.timeout_s)
    random.seed(_SEED)
    numpy.random.seed(_SEED)


def _passes(program: str, test: str) -> bool:
    """Whether at least one test method ran and none failed, errored or was skipped."""
    try:
        candidate = _module("candidate", {})
        exec(_compiled(program, "<candidate>"), candidate.__dict__)
        names = {k: v for k, v in vars(candidate).items() if not k.startswith("__")}
        module = _module("test_candidate", names)
        exec(_compiled(test, "<test>"), module.__dict__)
        suite = unittest.TestSuite(
            unittest.defaultTestLoader.loadTestsFromTestCase(case)
            for case in vars(module).values()
            if isinstance(case, type) and issubclass(case, unittest.TestCase) and case.__module__ == module.__name__
        )
        result = _Result()
        suite.run(result)
    except BaseException:
        return False
    return result.testsRun > 0 and result.wasSuccessful() and not result.skipped


def _compiled(source: str, name: str) -> types.CodeType:
    """The source as Python reads it, without the `from __future__ import annotations` of this file."""
    return compile(source, name, "exec", dont_inherit=True)


def _module(name: str, names: dict[str, object]) -> types.ModuleType:
    """A module that `sys.modules` knows, since dataclasses and pickle look theirs up there."""
    module = types.ModuleType(name)
    module.__dict__.update(names)
    sys.modules[name] = module
    return module


class _Result(unittest.TestResult):
    """A result that stops at the first failure and formats no traceback (a third of a pair's time)."""

    def __init__(self) -> None:
        super().__init__()
        self.failfast = True

    def _exc_info_to_string(self, err: object, test: object) -> str:
        return ""


if __name__ == "__main__":
    main()
