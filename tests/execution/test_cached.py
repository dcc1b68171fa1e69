"""Stored verdicts are read for what they were made of, and for nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from coderm_eval.core.programs import forms
from coderm_eval.core.protocols import Block, ExecutionResult
from coderm_eval.core.records import Problem, Verdict
from coderm_eval.core.store import open_store
from coderm_eval.execution import limits_fingerprint as fingerprints
from coderm_eval.execution import stored_blocks
from coderm_eval.execution.cached import cached_execution
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.limits_fingerprint import limits_fingerprint
from coderm_eval.execution.settings import ExecutionSettings

PROBLEM = Problem("tide/1", "solve", prompt="", question="", form="stdin")
BLOCK = Block(PROBLEM, 0, ["print(input())"], ["import unittest"])


class _Counts:
    """An executor that says of everything that it passed, but of what it `fails` to run."""

    def __init__(self, fails: str = "") -> None:
        self.ran: list[Any] = []
        self._fails = fails

    def run(self, tests: Any, limits: Limits) -> Iterator[ExecutionResult[Any]]:
        for test in filter(None, tests):
            self.ran.append(test)
            if self._fails and self._fails in test.program:
                yield ExecutionResult(test.key, Verdict.NOT_RUN, 0.0)
            else:
                yield ExecutionResult(test.key, Verdict.PASSED, 0.1, 7)


def _ran(folder: Path, *blocks: Block, isolation: str = "strong", **settings: Any) -> list[Any]:
    """What is run for these blocks, over the store in `folder`."""
    executor = _Counts()
    with open_store(folder) as store:
        execute = cached_execution(executor, store.verdicts(), ExecutionSettings(**settings), isolation)  # type: ignore[arg-type]
        results = list(execute(blocks))
    assert [block for block, _ in results] == list(blocks)
    for block, verdicts in results:
        assert verdicts.rows() == ["P" * len(block.tests)] * len(block.programs)
        assert (verdicts.outputs == 7).all() and (verdicts.cpu_seconds == 0.1).all()
    return executor.ran


def test_what_is_stored_is_not_run_again(tmp_path: Path) -> None:
    assert [len(_ran(tmp_path, BLOCK)) for _ in range(2)] == [1, 0]


def test_a_block_is_run_as_a_whole(tmp_path: Path) -> None:
    _ran(tmp_path, BLOCK)
    assert len(_ran(tmp_path, replace(BLOCK, programs=["print(input())", "print(1)"]))) == 2


def test_a_part_of_what_was_run_is_read_wherever_it_stands(tmp_path: Path) -> None:
    _ran(tmp_path, replace(BLOCK, programs=["print(1)", *BLOCK.programs], tests=[*BLOCK.tests, "import os"]))
    assert not _ran(tmp_path, replace(BLOCK, first=8, programs=["print(1)"], tests=["import os"]))


def test_a_block_without_tests_is_done_at_once(tmp_path: Path) -> None:
    assert not _ran(tmp_path, replace(BLOCK, tests=[]))


def test_what_could_not_be_run_is_run_again(tmp_path: Path) -> None:
    block = replace(BLOCK, programs=["print(1)", "print(2)"])
    with open_store(tmp_path) as store:
        execute = cached_execution(_Counts(fails="print(2)"), store.verdicts(), ExecutionSettings(), "strong")  # type: ignore[arg-type]
        [(_, verdicts)] = execute([None, block])
    assert verdicts.rows() == ["P", "N"] and len(_ran(tmp_path, block)) == 2


def test_the_text_that_makes_a_program_callable_is_no_part_of_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [test] = _ran(tmp_path, BLOCK)
    monkeypatch.setattr(forms, "stdin_runner", lambda _: "# a corrected comment")
    assert test.program != "# a corrected comment" and not _ran(tmp_path, BLOCK)


OTHERS: list[tuple[str, Block]] = [
    ("program", replace(BLOCK, programs=["print(1)"])),
    ("test", replace(BLOCK, tests=["import unittest as u"])),
    ("form", replace(BLOCK, problem=replace(PROBLEM, form="function"))),
    ("entry point", replace(BLOCK, problem=replace(PROBLEM, entry_point="tide"))),
]


@pytest.mark.parametrize("other", [case[1] for case in OTHERS], ids=[case[0] for case in OTHERS])
def test_another_block_is_run(tmp_path: Path, other: Block) -> None:
    _ran(tmp_path, BLOCK)
    assert _ran(tmp_path, other)


@pytest.mark.parametrize("other", [{"isolation": "weak"}, {"timeout_s": 2}, {"memory_mb": 512}, {"output_mb": 9}])
def test_a_block_is_run_again_under_other_conditions(tmp_path: Path, other: dict[str, Any]) -> None:
    _ran(tmp_path, BLOCK)
    assert _ran(tmp_path, BLOCK, **other)


def test_a_raised_revision_has_everything_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _ran(tmp_path, BLOCK)
    monkeypatch.setattr(fingerprints, "EXECUTOR_REVISION", fingerprints.EXECUTOR_REVISION + 1)
    assert _ran(tmp_path, BLOCK)
    monkeypatch.setattr(stored_blocks, "REVISIONS", {"stdin": forms.REVISIONS["stdin"] + 1})
    assert _ran(tmp_path, BLOCK)


def test_a_fingerprint_is_made_of_values_and_not_of_names() -> None:
    three = Limits(timeout_s=3)
    assert limits_fingerprint(three) == limits_fingerprint(tuple(three))  # type: ignore[arg-type]
