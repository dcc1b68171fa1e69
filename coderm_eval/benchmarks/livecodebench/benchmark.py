"""LiveCodeBench: its own files, graded by its own rules inside the executor."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from coderm_eval.benchmarks.base import Benchmark, GradeTask, grade_from_verdict
from coderm_eval.benchmarks.livecodebench.dataset import dataset_sha256, read_rows
from coderm_eval.benchmarks.livecodebench.files import PATH_VARIABLE, find_files
from coderm_eval.benchmarks.livecodebench.gold_tests import (
    ENTRY_POINT,
    LIMITS,
    REVISION,
    functional_program,
    functional_test,
    official_stdin_program,
    stdin_test,
)
from coderm_eval.benchmarks.livecodebench.problem_filter import ProblemFilter
from coderm_eval.benchmarks.livecodebench.prompts import (
    STOP,
    method_request,
    stdin_request,
)
from coderm_eval.benchmarks.livecodebench.rows import Row
from coderm_eval.benchmarks.livecodebench.settings import Grader, LiveCodeBenchSettings
from coderm_eval.core.errors import DatasetError
from coderm_eval.core.programs.forms import REVISIONS, to_callable
from coderm_eval.core.records import Form, Grade, Problem
from coderm_eval.execution.backends.base import Executor
from coderm_eval.execution.limits_fingerprint import limits_fingerprint
from coderm_eval.execution.program_test import ProgramTest
from coderm_eval.generation.questions import method_question, stdin_question

__all__ = ["LiveCodeBench", "livecodebench_files", "load_livecodebench"]

ERRATA = frozenset(
    {
        *("abc311_c", "abc326_d", "abc327_b", "abc333_e", "abc343_a", "abc343_e", "abc362_c", "arc185_c"),
        *("find-words-containing-character", "find-the-peaks", "generate-binary-strings-without-adjacent-zeros"),
        *("abc337_e", "abc355_e"),  # interactive
        *("abc350_c", "arc189_a", "apply-operations-to-make-string-empty", "most-frequent-ids"),  # wrong tests
    }
)
"""The official list, by question id or title; those of the first two lines have several right answers."""

_SOLVE = "solve"
"""The function through which tests run a whole program."""


class LiveCodeBench(Benchmark):
    """The problems of `rows`; task ids are their question ids."""

    name = "livecodebench"

    def __init__(self, rows: Sequence[Row], settings: LiveCodeBenchSettings) -> None:
        self.rows = {row.question_id: row for row in rows}
        form: Form = "method_as_function" if settings.method_format == "paper" else "method"
        self.problems = tuple(_problem(row, form) for row in rows)
        self.dataset_sha256 = dataset_sha256(rows)
        self.errata = frozenset(row.question_id for row in rows if ERRATA & {row.question_id, row.question_title})
        self._settings = settings
        stdin = sum(row.kind == "stdin" for row in rows)
        if stdin:
            self.protocol_note = (
                f"{stdin} of the {len(rows)} problems read standard input, for which the paper has no protocol: their "
                "tests and prompts are an extension of this project's"
            )
        self._limits = LIMITS._replace(timeout_s=settings.timeout_s)

    @cached_property
    def alternative_grader(self) -> tuple[str, Benchmark] | None:
        rows = [row for row in self.rows.values() if row.kind == "stdin"]
        grader: Grader = "corrected" if self._settings.grader == "official" else "official"
        return (grader, LiveCodeBench(rows, self._settings.model_copy(update={"grader": grader}))) if rows else None

    def grader(self) -> str:
        revisions = f"{REVISION} {REVISIONS['stdin']}"
        limits = limits_fingerprint(self._limits)
        return f"livecodebench {revisions} {self._settings.grader} {self.dataset_sha256} {limits}"

    def grade(self, tasks: Iterable[GradeTask], executor: Executor) -> Iterator[tuple[str, Grade]]:
        for result in executor.run(self._tests(tasks), self._limits):
            yield result.key, grade_from_verdict(result.verdict, "tests")

    def _tests(self, tasks: Iterable[GradeTask]) -> Iterator[ProgramTest[str]]:
        problems = self.problem_by_id()
        test, of, fixed = "", "", self._settings.grader == "corrected"
        for task in tasks:
            problem, row = problems[task.task_id], self.rows[task.task_id]
            if of != task.task_id:  # tasks come problem by problem; a test may hold megabytes, so one is kept at a time
                test, of = _gold_test(row, problem), task.task_id
            program = _as_graded(task.program, problem, self._settings.grader)
            yield ProgramTest(
                task.key,
                program,
                test,
                of,
                _called(problem),
                process_per_call=problem.form == "stdin" and fixed,
                trusted=True,
            )


_DEFAULTS = LiveCodeBenchSettings.model_validate({})


def load_livecodebench(settings: LiveCodeBenchSettings = _DEFAULTS) -> LiveCodeBench:
    """Load the chosen problems; raises DatasetError if the files are not on this machine, or hold no such problem."""
    selection = ProblemFilter(**settings.model_dump(include=set(ProblemFilter._fields)))
    return LiveCodeBench(read_rows(find_files(selection.release), selection), settings)


def livecodebench_files(settings: LiveCodeBenchSettings = _DEFAULTS) -> list[Path]:
    """Where the files of the chosen release are; empty if it has to be fetched."""
    try:
        return find_files(settings.release)
    except DatasetError:
        if os.environ.get(PATH_VARIABLE):
            raise
        return []


def _gold_test(row: Row, problem: Problem) -> str:
    return stdin_test(row.cases()) if problem.form == "stdin" else functional_test(row.cases())


def _called(problem: Problem) -> str:
    return _SOLVE if problem.form == "stdin" else ENTRY_POINT


def _as_graded(program: str, problem: Problem, grader: Grader) -> str:
    if problem.form != "stdin":
        return functional_program(program, problem.entry_point)
    return official_stdin_program(program) if grader == "official" else to_callable(program, problem)


def _problem(row: Row, form: Form) -> Problem:
    statement = row.question_content
    if row.kind == "stdin":
        return Problem(
            row.question_id,
            _SOLVE,
            prompt=f'"""\n{statement}\n"""\n',
            question=stdin_question(statement),
            request=stdin_request(statement),
            form="stdin",
            stop=STOP,
        )
    return Problem(
        row.question_id,
        row.function_name or "",
        prompt=f'"""\n{statement}\n"""\n{row.starter_code}',
        question=method_question(statement, row.starter_code),
        request=method_request(statement, row.starter_code),
        form=form,
        stop=STOP,
    )
