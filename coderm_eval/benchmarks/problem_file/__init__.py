"""Problems of one's own: a file with one on each line, graded by the gold tests that it holds, if it holds any."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from coderm_eval.benchmarks.base import Benchmark, GradeTask, grade_from_verdict
from coderm_eval.benchmarks.problem_file.rows import ProblemRows
from coderm_eval.core.errors import DatasetError
from coderm_eval.core.inputs import open_input
from coderm_eval.core.messages import abbreviated
from coderm_eval.core.programs.forms import to_callable
from coderm_eval.core.records import Grade, Problem, Verdict
from coderm_eval.execution.backends.base import Executor
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.limits_fingerprint import limits_fingerprint
from coderm_eval.execution.program_test import ProgramTest

__all__ = ["load_problem_file"]

_GOLD_S = 5.0
"""CPU seconds of a program in one gold test: five times those of a generated one, as gold tests may be larger."""

_DECIDES = (Verdict.FAILED, Verdict.CRASHED, Verdict.TIMED_OUT, Verdict.NOT_RUN, Verdict.PASSED)
"""The first of these that one of a program's gold tests has decides: one that could not be run leaves it open whether
the program is right, unless it failed another."""


class _ProblemFile(Benchmark):
    def __init__(self, path: Path) -> None:
        with open_input(path) as file:
            self._rows = ProblemRows(path, file)
        self.name = str(path)
        self.problems = self._rows.problems
        self.dataset_sha256 = self._rows.sha256()
        self._limits = Limits(timeout_s=_GOLD_S)

    @property
    def has_gold_tests(self) -> bool:
        """As `Benchmark.has_gold_tests`; where only some problems have them, the others are named."""
        return len(self._rows.without_gold_tests) < len(self.problems)

    def problem_by_id(self) -> Mapping[str, Problem]:
        """As `Benchmark.problem_by_id`."""
        return self._rows.by_id

    def require_gold_tests(self) -> None:
        """As `Benchmark.require_gold_tests`."""
        if lacking := self._rows.without_gold_tests:
            raise DatasetError(
                f"{self.name}: no gold_tests for {abbreviated(lacking)}, so that there are no grades; give them, or "
                "rerank without --grade (in Python: grade=False; in a harness: a file without any gold_tests)"
            )

    def grader(self) -> str:
        """As `Benchmark.grader`."""
        return f"problem file {self.dataset_sha256} {limits_fingerprint(self._limits)}"

    def grade(self, tasks: Iterable[GradeTask], executor: Executor) -> Iterator[tuple[str, Grade]]:
        """As `Benchmark.grade`; a program is right if it passes all gold tests of its problem."""
        problems = self.problem_by_id()
        owed: dict[str, int] = {}
        verdicts: defaultdict[str, set[Verdict]] = defaultdict(set)

        def tests() -> Iterator[ProgramTest[str]]:
            for task in tasks:
                problem, gold = problems[task.task_id], self._rows.gold_tests(task.task_id)
                program = to_callable(task.program, problem)
                owed[task.key] = len(gold)
                for test in gold:
                    yield ProgramTest(
                        *(task.key, program, test, task.task_id, problem.entry_point),
                        process_per_call=problem.form == "stdin",
                    )

        for result in executor.run(tests(), self._limits):
            verdicts[result.key].add(result.verdict)
            owed[result.key] -= 1
            if not owed[result.key]:
                del owed[result.key]
                found = verdicts.pop(result.key)
                yield result.key, grade_from_verdict(next(v for v in _DECIDES if v in found), "gold")


def load_problem_file(path: Path) -> Benchmark:
    """The benchmark of a file of problems.

    Raises:
        InputError: the file is missing, or a line cannot be used; names it.
    """
    return _ProblemFile(path)
