"""Stored verdicts are read for what they were made of, and for nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from coderm_eval.core.programs import forms
from coderm_eval.core.protocols import Cell, ExecutionResult
from coderm_eval.core.records import Problem, Verdict
from coderm_eval.core.store import open_store
from coderm_eval.execution import cached
from coderm_eval.execution import limits_fingerprint as fingerprints
from coderm_eval.execution.cached import cached_execution
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.limits_fingerprint import limits_fingerprint
from coderm_eval.execution.settings import ExecutionSettings

PROBLEM = Problem("tide/1", "solve", prompt="", question="", form="stdin")
CELL = Cell(PROBLEM, 0, 0, "print(input())", "import unittest")


class _Counts:
    """An executor that says of everything that it passed."""

    def __init__(self) -> None:
        self.ran: list[Any] = []

    def run(self, tests: Any, limits: Limits) -> Iterator[ExecutionResult[Any]]:
        for test in filter(None, tests):
            self.ran.append(test)
            yield ExecutionResult(test.key, Verdict.PASSED, 0.1, 7)


def _ran(folder: Path, *cells: Cell, isolation: str = "strong", **settings: Any) -> list[Any]:
    """What is run for the cells of one problem, over the store in `folder`."""
    executor = _Counts()
    with open_store(folder) as store:
        table = store.table("verdicts")
        execute = cached_execution(executor, table, ExecutionSettings(**settings), isolation)  # type: ignore[arg-type]
        results = list(execute([cells]))
    assert [(result.key, result.verdict, result.output) for result in results] == [
        (cell, Verdict.PASSED, 7) for cell in cells
    ]
    return executor.ran


def test_what_is_stored_is_not_run_again(tmp_path: Path) -> None:
    assert [len(_ran(tmp_path, CELL)) for _ in range(2)] == [1, 0]


def test_a_problem_is_run_as_a_whole(tmp_path: Path) -> None:
    _ran(tmp_path, CELL)
    assert len(_ran(tmp_path, CELL, replace(CELL, row=1, program="print(1)"))) == 2


def test_the_text_that_makes_a_program_callable_is_no_part_of_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [test] = _ran(tmp_path, CELL)
    monkeypatch.setattr(forms, "_stdin_runner", lambda _: "# a corrected comment")
    assert test.program != "# a corrected comment" and not _ran(tmp_path, CELL)


OTHERS: list[tuple[str, Cell]] = [
    ("program", replace(CELL, program="print(1)")),
    ("test", replace(CELL, test="import unittest as u")),
    ("form", replace(CELL, problem=replace(PROBLEM, form="function"))),
    ("entry point", replace(CELL, problem=replace(PROBLEM, entry_point="tide"))),
]


@pytest.mark.parametrize("other", [case[1] for case in OTHERS], ids=[case[0] for case in OTHERS])
def test_another_cell_is_run(tmp_path: Path, other: Cell) -> None:
    _ran(tmp_path, CELL)
    assert _ran(tmp_path, other)


@pytest.mark.parametrize("other", [{"isolation": "weak"}, {"timeout_s": 2}, {"memory_mb": 512}, {"output_mb": 9}])
def test_a_cell_is_run_again_under_other_conditions(tmp_path: Path, other: dict[str, Any]) -> None:
    _ran(tmp_path, CELL)
    assert _ran(tmp_path, CELL, **other)


def test_a_raised_revision_has_everything_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _ran(tmp_path, CELL)
    monkeypatch.setattr(fingerprints, "_EXECUTOR_REVISION", fingerprints._EXECUTOR_REVISION + 1)
    assert _ran(tmp_path, CELL)
    monkeypatch.setattr(cached, "REVISIONS", {"stdin": forms.REVISIONS["stdin"] + 1})
    assert _ran(tmp_path, CELL)


def test_a_fingerprint_is_made_of_values_and_not_of_names() -> None:
    three = Limits(timeout_s=3)
    assert limits_fingerprint(three) == limits_fingerprint(tuple(three))  # type: ignore[arg-type]
