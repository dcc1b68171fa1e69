"""Tests that say nothing of any program by a fault of their own: a writer's mistake must not look like a weak model.

A test is looked at only where it passes for every candidate that was run, or for none. One that passes for all is
faulty if it asserts nothing, or only how long calls take, or does not name the function; one that no candidate passes,
if it ended with an error of its own, which only running it tells, or needs the program in its own process; one that
times out or ends its process for all, if some candidate passes another. A test that is right may fail for all
candidates, too, and one that is weak may pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from coderm_eval.core.programs.assertions import asserts, asserts_time_only, mentions
from coderm_eval.core.programs.forms import is_solution
from coderm_eval.core.programs.other_process import replaces_or_captures
from coderm_eval.core.programs.source import parse
from coderm_eval.core.protocols import Block
from coderm_eval.core.records import NO_OUTPUT, Candidate, Problem, RerankResult, UnitTest, Verdict
from coderm_eval.report.tally import Tally

__all__ = [
    "ASSERTS_NOTHING",
    "ENDS",
    "NO_CALL",
    "NO_PYTHON",
    "OTHER_PROCESS",
    "TIME_ONLY",
    "TestFault",
    "all_faults",
    "fault_counts",
    "fault_rows",
    "suspects",
    "visible_faults",
]

ASSERTS_NOTHING = "asserts nothing"
TIME_ONLY = "asserts only how long calls take, which is not measured"
NO_CALL = "does not name the function"
NO_PYTHON = "is no Python"
OTHER_PROCESS = "replaces or captures what only the program's own process has, such as its output"
ENDS = {Verdict.TIMED_OUT: "timed out for all candidates", Verdict.CRASHED: "ended its process for all candidates"}


@dataclass(frozen=True)
class TestFault:
    """A test that says nothing of any program."""

    __test__ = False  # for pytest

    task_id: str
    column: int
    """Its column among the problem's tests."""
    kind: str
    """ASSERTS_NOTHING, TIME_ONLY, NO_CALL, NO_PYTHON, OTHER_PROCESS, one of ENDS, or the name of the exception with
    which it ends."""
    message: str = ""
    """What the exception says. Comes from an untrusted process: text to be shown, and nothing else."""


def visible_faults(result: RerankResult) -> list[TestFault]:
    """The faults of one problem's tests that their text and the verdicts tell."""
    found = []
    for passed, columns in ((True, _unanimous(result, Verdict.PASSED)), (False, _failed_by_all(result))):
        for column in columns:
            kind = _kind(result.tests[column].source, result.problem.entry_point, passed=passed)
            found += [TestFault(result.problem.task_id, column, kind)] if kind else []
    if result.verdicts.passed.any():  # otherwise it may be the candidates that never end
        for verdict, kind in ENDS.items():
            found += [TestFault(result.problem.task_id, column, kind) for column in _unanimous(result, verdict)]
    return found


def suspects(result: RerankResult) -> list[Block]:
    """The tests that no candidate passes, each with the candidate that is the likeliest to tell why.

    That is the one that passes the most of the problem's tests; where none passes any, the first with the function. One
    that raised what the test did not ask for comes after those that answered: it may hide the test's own error.
    """
    votes = result.verdicts.passed.sum(axis=1)
    order = sorted(range(len(result.candidates)), key=lambda row: (-votes[row], row))
    if not votes.any():
        order = [row for row in order if _has_function(result.candidates[row], result.problem)] or order
    return [_suspect(result, column, order) for column in _failed_by_all(result)]


def _suspect(result: RerankResult, column: int, order: Sequence[int]) -> Block:
    failed = [row for row in order if result.verdicts.matrix[row, column] == Verdict.FAILED] or order
    row = next((row for row in failed if result.verdicts.outputs[row, column] != NO_OUTPUT), failed[0])
    return Block(result.problem, column, [result.candidates[row].program], [result.tests[column].source])


def ended_by(reasons: Mapping[tuple[str, int], str]) -> list[TestFault]:
    """The faults of tests that ended with an error of their own, by task id and column."""
    return [
        TestFault(task, column, reason.partition(":")[0], reason)
        for (task, column), reason in reasons.items()
        if reason
    ]


def all_faults(
    results: Sequence[RerankResult], reasons: Mapping[tuple[str, int], str]
) -> dict[str, Sequence[TestFault]]:
    """By task id one fault at most for each test: an error says more than the text does."""
    found = {result.problem.task_id: {fault.column: fault for fault in visible_faults(result)} for result in results}
    for fault in ended_by(reasons):
        found[fault.task_id][fault.column] = fault
    return {task: list(faults.values()) for task, faults in found.items()}


def fault_counts(faults: Sequence[TestFault], tests: Sequence[UnitTest]) -> dict[str, Any]:
    """Test samples of one problem by reason, with the first example of each.

    Args:
        faults: at most one for each test.
        tests: of the problem.
    """
    counts: Counter[str] = Counter()
    examples: dict[str, Mapping[str, Any]] = {}
    for fault in faults:
        test = tests[fault.column]
        counts[fault.kind] += test.multiplicity
        examples.setdefault(fault.kind, {"test": test.samples[0], "message": fault.message})
    return {kind: {"test_samples": number, "example": examples[kind]} for kind, number in counts.items()}


def fault_rows(tally: Tally) -> dict[str, Any]:
    """The entry `test_faults` of summary.json: test samples by reason, the most frequent first, with an example."""
    tests, faulty = tally.column("tests"), tally.column("faulty")
    return {
        "test_samples": tally.total("test_samples"),
        "faulty": tally.faults.total(),
        "problems_with_no_other": int(((tests > 0) & (tests == faulty)).sum()),
        "by_reason": {
            kind: {"test_samples": number, "example": tally.fault_examples[kind]}
            for kind, number in sorted(tally.faults.items(), key=lambda each: (-each[1], each[0]))
        },
    }


def _unanimous(result: RerankResult, verdict: Verdict) -> list[int]:
    """Columns in which every candidate that was run has this verdict."""
    matrix, ran = result.verdicts.matrix, result.verdicts.ran
    return [int(n) for n in np.flatnonzero(((matrix == verdict) | ~ran).all(axis=0) & ran.any(axis=0))]


def _failed_by_all(result: RerankResult) -> list[int]:
    """Columns in which some candidate failed and none passed: others may end their process, or never end."""
    matrix = result.verdicts.matrix
    return [
        int(n) for n in np.flatnonzero((matrix == Verdict.FAILED).any(axis=0) & ~result.verdicts.passed.any(axis=0))
    ]


def _has_function(candidate: Candidate, problem: Problem) -> bool:
    tree = parse(candidate.program)
    return tree is not None and is_solution(tree, problem)


def _kind(source: str, entry_point: str, *, passed: bool) -> str | None:
    tree = parse(source)
    if tree is None:
        return NO_PYTHON
    if not mentions(tree, entry_point):
        return NO_CALL
    if not passed:
        return OTHER_PROCESS if replaces_or_captures(tree) else None
    if not asserts(tree):
        return ASSERTS_NOTHING
    return TIME_ONLY if asserts_time_only(tree) else None
