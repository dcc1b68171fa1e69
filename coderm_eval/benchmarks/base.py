"""What a benchmark is: problems for everybody, grades for those who may see them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from coderm_eval.core.records import Grade, Problem, Verdict
from coderm_eval.execution.backends.base import Executor

__all__ = ["Benchmark", "GradeTask", "grade_from_verdict"]


@dataclass(frozen=True)
class GradeTask:
    """One program to grade; `key` comes back with the grade."""

    key: str
    task_id: str
    program: str


class Benchmark(ABC):
    """A named set of problems and the gold tests that go with it."""

    name: str
    problems: Sequence[Problem]
    dataset_sha256: str
    """SHA-256 of the dataset file, uncompressed."""
    protocol_note: str = ""
    """A sentence on parts for which the paper has no protocol; empty if there are none."""
    errata: frozenset[str] = frozenset()
    """Ids of problems whose own tests are known to be wrong, or not to accept all that is right."""

    @property
    def results_hash(self) -> str:
        """The dataset's name in a file of results."""
        return self.dataset_sha256

    @cached_property
    def alternative_grader(self) -> tuple[str, Benchmark] | None:
        """The name of another grader in use, and the benchmark of those problems that it may judge otherwise."""
        return None

    @abstractmethod
    def grader(self) -> str:
        """Return everything that affects a grade besides the program, as one string: grader, version, limits, data."""

    @property
    def has_gold_tests(self) -> bool:
        """Whether a run can be graded; only files of problems may hold none."""
        return True

    def require_gold_tests(self) -> None:  # noqa: B027  # most have them
        """Refuse to grade problems that lack them.

        Raises:
            DatasetError: names the problems.
        """

    def prepare(self) -> None:  # noqa: B027  # most have nothing to prepare
        """Make what grading needs and can be kept, such as expected outputs; `grade` does so where it is missing.

        Raises:
            IncompleteRunError: it could not be made here, so that nothing can be graded.
        """

    @abstractmethod
    def grade(self, tasks: Iterable[GradeTask], executor: Executor) -> Iterator[tuple[str, Grade]]:
        """Yield (key, grade) of every task, as they come; a program that could not be graded has an empty Grade.

        The benchmark has its own limits; `executor` may have run something else before under others.
        """

    def problem_by_id(self) -> Mapping[str, Problem]:
        """The problems by task id, in their order."""
        return {problem.task_id: problem for problem in self.problems}


_STATUSES = {
    Verdict.PASSED: "pass",
    Verdict.FAILED: "fail",
    Verdict.TIMED_OUT: "timeout",
    Verdict.CRASHED: "fail",
}


def grade_from_verdict(verdict: Verdict, suite: str) -> Grade:
    """Return the grade of a program that was run against the gold tests `suite`."""
    return Grade({suite: _STATUSES[verdict]} if verdict in _STATUSES else {})
