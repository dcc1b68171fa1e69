"""The executor as the stages see it, wherever its workers are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Protocol

from coderm_eval.core.protocols import ExecutionResult
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import Key, ProgramTest

__all__ = ["Backend", "Executor"]


class Executor(Protocol):
    """Runs programs against tests, for verdicts and grades alike."""

    def run(
        self, tests: Iterable[ProgramTest[Key] | None], limits: Limits, libraries: Sequence[str] = ()
    ) -> Iterator[ExecutionResult[Key]]:
        """Run every program against its test, and yield the results in the order in which they are ready.

        A verdict depends on its program and its test alone. What could not be run is NOT_RUN.

        Args:
            tests: any number; those of a few problems are held in memory. None where no test is ready for the moment:
                those before it are run and their results yielded, without waiting for the next.
            limits: of each test, but for `ProgramTest.timeout_s`.
            libraries: modules that tests import, loaded beforehand.
        """

    def rehearse(
        self, problems: Iterable[tuple[Key, str, Sequence[str]]], limits: Limits
    ) -> Iterator[tuple[Key, Sequence[Sequence[str]] | None]]:
        """Yield, as they come, the calls that tests will probably make, as text: they are run without a program.

        Args:
            problems: a key that comes back, the entry point, and the tests.
            limits: of each test.

        Yields:
            The key, and the calls of each test; None if they could not be run.
        """


class Backend(Executor, Protocol):
    """An executor from its start to its end, which whoever makes it answers for."""

    def __enter__(self) -> Backend: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None: ...

    def self_test(self, limits: Limits) -> str:
        """Check, under these limits, that a right program passes and a wrong one fails.

        Returns:
            The isolation in force, e.g. "namespaces+seccomp+rlimits".

        Raises:
            IncompleteRunError: the executor does not work here, so that any verdict would be meaningless; or the
                isolation that was requested is not to be had.
        """
