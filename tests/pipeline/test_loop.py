"""The loop, driven with plain lists: what it asks for, what it makes of the answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from helpers.blocks import execute
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.core.protocols import Block, Written
from coderm_eval.core.records import (
    Candidate,
    Problem,
    ProblemCandidates,
    RerankResult,
    Selection,
    UnitTest,
    Verdict,
    Verdicts,
    deduplicate_candidates,
)
from coderm_eval.pipeline.loop import rerank
from coderm_eval.selection.budget import BudgetPolicy, ProblemState, UniformBudget


def work(task_id: str, *programs: str) -> ProblemCandidates:
    return ProblemCandidates(Problem(task_id, "f", "", ""), deduplicate_candidates(programs))


@dataclass
class Script:
    """Writes the tests it is given and runs a "program" by looking whether its text contains the "test"."""

    tests: Mapping[str, Sequence[str]]
    requested: list[dict[str, range]] = field(default_factory=list)
    ran: list[Block] = field(default_factory=list)

    def write(self, wanted: Mapping[str, range]) -> Iterator[Written]:
        self.requested.append(dict(wanted))
        for task, samples in wanted.items():
            yield task, [(i, self.tests[task][i]) for i in samples if i < len(self.tests[task])]

    def execute(self, blocks: Iterable[Block | None]) -> Iterator[tuple[Block, Verdicts]]:
        for block, verdicts in execute(lambda _, program, test: Verdict.PASSED if test in program else Verdict.FAILED)(
            blocks
        ):
            self.ran.append(block)
            yield block, verdicts

    def rerank(self, *items: ProblemCandidates, budget: int = 4) -> list[RerankResult]:
        return rerank(
            items,
            write_tests=self.write,
            execute=self.execute,
            rule="majority",
            rules=["majority"],
            budget=UniformBudget(budget),
        )


def test_the_candidate_that_passes_most_tests_is_chosen() -> None:
    (result,) = Script({"a": ["x", "y", "z"]}).rerank(work("a", "x", "xyz", "xy"))
    assert result.candidates[result.selections["majority"].chosen].program == "xyz"


def test_a_uniform_budget_asks_once_for_each_half_of_the_problems() -> None:
    script = Script({"a": ["x"], "b": ["y"], "c": ["z"]})
    script.rerank(work("a", "x"), work("b", "y"), work("c", "z"), budget=4)
    assert script.requested == [{"a": range(4), "c": range(4)}, {"b": range(4)}]


@pytest.mark.parametrize("items", [[], [work("a", "x")]])
def test_a_half_without_problems_is_no_hindrance(items: list[ProblemCandidates]) -> None:
    results = Script({"a": ["x"]}).rerank(*items)
    assert [result.verdicts.rows() for result in results] == [["P"]] * len(items)


def test_a_problem_that_nobody_writes_tests_for_keeps_its_first_sample() -> None:
    script = Script({"a": ["x"]})
    (result,) = rerank(
        [work("a", "y", "x")],
        write_tests=lambda wanted: (),
        execute=script.execute,
        rule="majority",
        rules=["majority"],
        budget=UniformBudget(4),
    )
    assert (result.tests, result.selections["majority"].chosen) == ((), 0)


def test_identical_programs_and_identical_tests_meet_once() -> None:
    script = Script({"a": ["x", "x", "y"]})
    (result,) = script.rerank(work("a", "x", "y", "x"))
    assert [(block.programs, block.tests) for block in script.ran] == [(["x", "y"], ["x", "y"])]
    assert [c.samples for c in result.candidates] == [(0, 2), (1,)]
    assert [t.samples for t in result.tests] == [(0, 1), (2,)]


def test_the_matrix_has_candidates_as_rows_and_tests_as_columns() -> None:
    (result,) = Script({"a": ["x", "y", "z"]}).rerank(work("a", "x", "yz"))
    assert result.verdicts.rows() == ["PFF", "FPP"]
    assert result.verdicts.cpu_seconds.sum() == 3.0


def test_a_problem_without_tests_keeps_its_first_sample() -> None:
    (result,) = Script({"a": []}).rerank(work("a", "x", "y"))
    assert result.selections["majority"].chosen == 0
    assert result.verdicts.matrix.shape == (2, 0)


def test_results_come_in_the_order_of_the_work() -> None:
    results = Script({"b": ["x"], "a": ["x"]}).rerank(work("b", "x"), work("a", "x"))
    assert [r.problem.task_id for r in results] == ["b", "a"]


@dataclass
class TwoRounds(BudgetPolicy):
    """One test each, then two more for the problem "a"."""

    def __init__(self) -> None:
        self.seen: list[dict[str, ProblemState]] = []

    def next_round(self, states: Mapping[str, ProblemState], picks: Mapping[str, Selection]) -> dict[str, int]:
        self.seen.append(dict(states))
        first = {task: 1 for task, state in states.items() if not state.requested}
        return first or ({"a": 2} if states["a"].requested == 1 else {})

    def stopped(self, task_id: str) -> str:
        return f"{task_id} had enough"


class OneByOne(BudgetPolicy):
    """Four rounds of one test."""

    def next_round(self, states: Mapping[str, ProblemState], picks: Mapping[str, Selection]) -> dict[str, int]:
        return {task: 1 for task, state in states.items() if state.requested < 4 and not state.in_flight}

    def stopped(self, task_id: str) -> str:
        return "limit"


def test_a_budget_sees_verdicts_and_what_is_in_flight() -> None:
    budget, script = TwoRounds(), Script({"a": ["x", "x", "z"]})
    rerank(
        [work("a", "xy")],
        write_tests=script.write,
        execute=script.execute,
        rule="majority",
        rules=["majority"],
        budget=budget,
    )
    stands = [
        (a.requested, a.in_flight, [t.samples for t in a.tests], a.verdicts.rows())
        for a in (s["a"] for s in budget.seen)
    ]
    assert stands == [
        (0, False, [], [""]),
        (1, True, [], [""]),
        (1, False, [(0,)], ["P"]),
        (3, True, [(0,)], ["P"]),
        (3, False, [(0, 1), (2,)], ["PF"]),
    ]


def test_a_later_round_runs_only_the_new_cells_and_keeps_the_old_verdicts() -> None:
    script = Script({"a": ["x", "y", "x"], "b": ["y"]})
    results = rerank(
        [work("a", "xy"), work("b", "x")],
        write_tests=script.write,
        execute=script.execute,
        rule="majority",
        rules=["majority"],
        budget=TwoRounds(),
    )
    assert script.requested == [{"a": range(1)}, {"b": range(1)}, {"a": range(1, 3)}]
    assert [(block.problem.task_id, *block.tests, block.first) for block in script.ran] == [
        ("a", "x", 0),
        ("b", "y", 0),
        ("a", "y", 1),
    ]
    assert [r.verdicts.rows() for r in results] == [["PP"], ["F"]]
    assert results[1].selections["majority"].stopped == "b had enough"


def test_a_later_round_tells_who_timed_out_in_tests_that_others_ended() -> None:
    """In the test "endless" all do: it may loop by itself."""

    def decide(_: Problem, program: str, test: str) -> Verdict:
        return Verdict.TIMED_OUT if test == "endless" or program == "loops" else Verdict.PASSED

    told: list[tuple[list[str], list[int]]] = []

    def kept(blocks: Iterable[Block | None]) -> Iterator[tuple[Block, Verdicts]]:
        for block, verdicts in execute(decide)(blocks):
            told.append(([*block.tests], [*block.timeouts]))
            yield block, verdicts

    rerank(
        [work("a", "loops", "ends")],
        write_tests=Script({"a": ["endless", "x", "y", "z"]}).write,
        execute=kept,
        rule="majority",
        rules=["majority"],
        budget=OneByOne(),
    )
    assert told == [(["endless"], [0, 0]), (["x"], [0, 0]), (["y"], [1, 0]), (["z"], [2, 0])]


def test_a_cell_that_nobody_could_run_stays_missing() -> None:
    script = Script({"a": ["x"]})
    (result,) = rerank(
        [work("a", "x", "y")],
        write_tests=script.write,
        execute=execute(lambda *_: Verdict.NOT_RUN),
        rule="majority",
        rules=["majority"],
        budget=UniformBudget(1),
    )
    assert not result.verdicts.ran.any()
    assert result.selections["majority"].tests_used == 0


@given(st.lists(st.sampled_from(["x", "y", "xy", "z"]), min_size=1, max_size=8), st.permutations(range(4)))
def test_the_order_in_which_tests_are_written_does_not_change_the_pick(programs: list[str], order: list[int]) -> None:
    tests = ["x", "y", "z", "xy"]
    one = Script({"a": tests}).rerank(work("a", *programs))[0]
    two = Script({"a": [tests[i] for i in order]}).rerank(work("a", *programs))[0]
    assert one.selections["majority"].chosen == two.selections["majority"].chosen
    assert one.selections["majority"].rewards == pytest.approx(two.selections["majority"].rewards)


def test_candidates_may_come_with_any_multiplicity() -> None:
    candidate = Candidate("x", tuple(range(100)))
    (result,) = Script({"a": ["x"]}).rerank(ProblemCandidates(Problem("a", "f", "", ""), (candidate,)))
    assert np.array_equal(result.verdicts.matrix, [[Verdict.PASSED]])


def test_inputs_are_probed_once_when_all_tests_are_there() -> None:
    """The budget's picks do not see them; the rules do, and so does whoever reads the result.

    A problem with one candidate has nothing to tell apart, and "y4", which fails what the others pass, is no finalist.
    """
    script, asked = Script({"a": ["x"], "b": []}), []

    def probe(problems: Sequence[tuple[ProblemCandidates, Sequence[UnitTest]]]) -> dict[str, Verdicts]:
        asked.append(
            [([c.program for c in item.candidates], [test.source for test in tests]) for item, tests in problems]
        )
        answers = np.array([[1, 2], [3, 4], [3, 4]])
        return {"a": Verdicts(np.full((3, 2), Verdict.PASSED, np.uint8), np.zeros((3, 2)), answers)}

    with_probes, without = rerank(
        [work("a", "x1", "x2", "x3", "y4"), work("b", "y1")],
        write_tests=script.write,
        execute=script.execute,
        rule="evidence",
        rules=["evidence"],
        budget=UniformBudget(4),
        probe=probe,
    )
    assert asked == [[(["x1", "x2", "x3"], ["x"])]]
    assert with_probes.selections["evidence"].ties == (1, 2)
    assert with_probes.probes and with_probes.probes.rows == (0, 1, 2)
    assert without.probes is None
