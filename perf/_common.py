"""What the scripts share: a parser of flags, the executor, timing, and tables."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from coderm_eval.core.protocols import ExecutionResult
from coderm_eval.execution.backends.local import LocalExecutor
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import Key, ProgramTest

__all__ = ["argument_parser", "execute", "interleaved", "median", "print_table", "seconds", "served"]

Measured = TypeVar("Measured")

median = statistics.median


def argument_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser whose help is a script's docstring, line breaks kept."""
    return argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)


def execute(
    tests: Iterable[ProgramTest[Key] | None], workers: int, limits: Limits | None = None
) -> Iterator[ExecutionResult[Key]]:
    """Run the tests as the package runs them, in the best isolation that this host allows."""
    with LocalExecutor(workers=workers) as executor:
        yield from executor.run(tests, limits or Limits())


def seconds(work: Callable[[], object]) -> float:
    """Time one call by the wall clock."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def interleaved(measures: Mapping[str, Callable[[], Measured]], repeats: int) -> dict[str, list[Measured]]:
    """Take all measures `repeats` times in turn, so that a busy minute of the machine meets every one of them."""
    taken: dict[str, list[Measured]] = {name: [] for name in measures}
    for _ in range(repeats):
        for name, measure in measures.items():
            taken[name].append(measure())
    return taken


def print_table(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a Markdown table, each row as soon as it is there."""
    for row in (headers, ["---"] * len(headers)):
        print(f"| {' | '.join(row)} |")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |", flush=True)


@contextmanager
def served(module: str, *flags: str) -> Iterator[str]:
    """Run a script of this folder as a server in a process of its own; its first line of output is its port."""
    command = [sys.executable, "-m", module, *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
        finally:
            server.kill()
