"""The sequential budget: it spends where picks are unstable, stops when few would change, never exceeds its total."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from helpers.results import noisy, problem
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.core.records import RerankResult, Selection, UnitTest
from coderm_eval.selection.budget import BudgetPolicy, ProblemState, SequentialBudget, UniformBudget
from coderm_eval.selection.budget.sequential import change_probability, change_rate
from coderm_eval.selection.budget.simulation import RecordedOrder, shuffled, simulate

Rows = tuple[str, ...]


def recorded(*results: RerankResult) -> dict[str, RecordedOrder]:
    """In the order of their tests."""
    return {r.problem.task_id: RecordedOrder(r, "majority", [s for t in r.tests for s in t.samples]) for r in results}


def pick(order: RecordedOrder, tests: int) -> int:
    return order.pick(tests).chosen


def rate(order: RecordedOrder, tests: int) -> float:
    return change_rate(order.state(tests), pick(order, tests))


def sequential(total: int, limits: Mapping[str, int], *, minimum: int = 1, tolerance: float = 0.0) -> SequentialBudget:
    return SequentialBudget(total, minimum, limits, tolerance=tolerance, batch=1)


# How restless a problem is


def test_restlessness_worked_by_hand() -> None:
    """Four candidates; the pick behaves like 6 of 8 samples: (4 - 1) exp(-6/8) / 75."""
    order = recorded(problem("a", "PP", "PP", "PF", "FF", sizes=(4, 2, 1, 1)))["a"]
    assert rate(order, 2) == pytest.approx(3 * math.exp(-6 / 8) / 75)


def test_a_problem_without_a_choice_is_at_rest() -> None:
    assert rate(recorded(problem("a", "PFPF", sizes=(20,)))["a"], 4) == 0


@pytest.mark.parametrize(
    ("calmer", "wilder"),
    [
        (("PP", "PP", "PP"), ("PP", "PF", "FF")),  # fewer agree with the pick
        (("PP", "PF"), ("PP", "PF", "PF", "PF")),  # more to choose from
    ],
)
def test_choice_and_dissent_make_a_problem_restless(calmer: Rows, wilder: Rows) -> None:
    calm, wild = (rate(recorded(problem("a", *rows))["a"], 2) for rows in (calmer, wilder))
    assert calm < wild


@given(st.floats(0.001, 5), st.integers(1, 50), st.integers(0, 50), st.integers(0, 50))
def test_chances_over_two_stretches_multiply(h: float, tests: int, more: int, yet_more: int) -> None:
    """Not to change over both is not to change over either."""
    middle, end = tests + more, tests + more + yet_more
    stays = (1 - change_probability(h, tests, middle)) * (1 - change_probability(h, middle, end))
    assert 1 - change_probability(h, tests, end) == pytest.approx(stays)
    assert change_probability(h, tests, tests) == 0


# Sharing out


def test_tests_become_proportional_to_restlessness() -> None:
    """One problem has two candidates and the other nine, all at odds at once: h is 1 to 8, and so are the tests."""
    two = problem("two", "P" * 400, "F" * 400)
    nine = problem("nine", *("P" * 400 if row == 0 else "F" * 400 for row in range(9)), sizes=(8, *[1] * 8))
    spent = simulate(recorded(two, nine), sequential(360, {"two": 400, "nine": 400}))
    assert spent["nine"] / spent["two"] == pytest.approx(8, rel=0.15)
    assert sum(spent.values()) == 360


def test_problems_alike_get_the_same_within_one_test() -> None:
    alike = [problem(f"a{n}", "P" * 40, "F" * 40) for n in range(6)]
    counts = simulate(recorded(*alike), sequential(6 * 9, dict.fromkeys((r.problem.task_id for r in alike), 40)))
    assert max(counts.values()) - min(counts.values()) <= 1


@given(
    st.integers(0, 5),
    st.integers(1, 12),
    st.lists(st.integers(0, 20), min_size=1, max_size=7),
    st.sampled_from([0.0, 0.03, 0.2, 1.0]),
)
def test_the_total_is_never_exceeded_nor_is_a_limit(seed: int, average: int, most: list[int], tolerance: float) -> None:
    results = noisy(len(most), 20, seed)
    limits = {r.problem.task_id: limit for r, limit in zip(results, most, strict=True)}
    total = average * len(most)
    spent = simulate(shuffled(results, "majority", [seed]), sequential(total, limits, tolerance=tolerance))
    assert sum(spent.values()) <= total
    assert all(count <= limits[task] for task, count in spent.items())
    if tolerance == 0:
        assert sum(spent.values()) == min(total, sum(limits.values()))


def test_each_problem_gets_the_minimum() -> None:
    results = [*noisy(4, 20, 0), problem("settled", "P" * 20)]
    limits = dict.fromkeys((r.problem.task_id for r in results), 20)
    spent = simulate(shuffled(results, "majority", [0]), sequential(30, limits, minimum=3, tolerance=1.0))
    assert set(spent.values()) == {3}


def test_no_problem_more_than_doubles_before_verdicts_are_seen() -> None:
    results = noisy(8, 64, 1)
    limits = dict.fromkeys((r.problem.task_id for r in results), 64)
    rounds: list[tuple[int, int]] = []

    class Watched(SequentialBudget):
        def next_round(self, states: Mapping[str, ProblemState], picks: Mapping[str, Selection]) -> dict[str, int]:
            wanted = super().next_round(states, picks)
            rounds.extend((states[task].requested, more) for task, more in wanted.items() if states[task].requested)
            return wanted

    simulate(shuffled(results, "majority", [0]), Watched(8 * 32, 1, limits, tolerance=0.0, batch=1))
    assert rounds
    assert all(more <= before for before, more in rounds)


def test_few_tests_are_asked_for_in_one_round() -> None:
    """Four problems share the 64 of the smallest round."""
    results = noisy(4, 16, 1)
    limits = dict.fromkeys((r.problem.task_id for r in results), 16)
    budget = SequentialBudget(64, 1, limits, tolerance=0.03)
    assert budget.next_round({t: r.state(0) for t, r in recorded(*results).items()}, {}) == limits


# Stopping


def test_a_problem_without_a_choice_gets_one_test_and_the_others_the_rest() -> None:
    results = [problem("one", "P" * 30), problem("two", "PF" * 15, "FP" * 15)]
    budget = sequential(20, {"one": 30, "two": 30})
    assert simulate(recorded(*results), budget) == {"one": 1, "two": 19}
    assert (budget.stopped("one"), budget.stopped("two")) == ("decided", "budget")


def test_without_risk_the_picks_are_those_of_all_tests() -> None:
    """The lossless mode: only where there is nothing to choose are tests saved."""
    results = [*noisy(12, 24, 3), problem("one", "PFP" * 8)]
    recordings = shuffled(results, "majority", [3])
    known = simulate(recordings, sequential(24 * 13, dict.fromkeys(recordings, 24)))
    for task, tests in known.items():
        assert pick(recordings[task], tests) == pick(recordings[task], 24)
    assert known == {**dict.fromkeys(recordings, 24), "one": 1}


def test_a_higher_risk_spends_less() -> None:
    results = noisy(30, 40, 5)
    limits = dict.fromkeys((r.problem.task_id for r in results), 40)
    spent = [
        sum(simulate(shuffled(results, "majority", [5]), sequential(1200, limits, tolerance=tolerance)).values())
        for tolerance in (0.0, 0.03, 0.1, 0.3, 1.0)
    ]
    assert spent == sorted(spent, reverse=True)
    assert spent[0] == 1200
    assert spent[-1] < 300


def test_what_is_expected_to_change_is_what_changes() -> None:
    """Draws of problems unlike any that the constants were fitted to, at three budgets: at most 20 points apart, and
    never too sure. (On recorded tests within a few points: docs/measurements/budgets.md.)"""
    averages = (8, 16, 32)
    found: dict[int, list[tuple[float, float]]] = {average: [] for average in averages}
    for seed in range(12):
        recordings = shuffled(noisy(40, 64, 100 + seed, candidates=12), "majority", [seed])
        for average in averages:
            budget = sequential(40 * average, dict.fromkeys(recordings, 64))
            known = simulate(recordings, budget)
            changes = [pick(recordings[task], tests) != pick(recordings[task], 64) for task, tests in known.items()]
            expected = float(np.mean(list(budget.change_probabilities.values())))
            found[average].append((expected, float(np.mean(changes))))
    for average in averages:
        expected, changed = np.mean(found[average], axis=0)
        assert 0 <= expected - changed < 0.2


def test_picks_that_never_change_are_expected_to_change_less_and_less() -> None:
    """The run learns: candidates that are at odds without end, but of which the same one always leads."""
    results = [problem(f"a{n}", "P" * 64, *["F" * 64] * 9) for n in range(40)]
    few, many = (sequential(40 * average, {r.problem.task_id: 64 for r in results}) for average in (2, 16))
    for budget in (few, many):
        simulate(recorded(*results), budget)
    prior = 9 * math.exp(-0.1) / 75
    assert max(few.change_probabilities.values()) < change_probability(prior, 1, 64)
    assert max(many.change_probabilities.values()) < change_probability(prior, 16, 64) / 2


# On the whole


def right_picks(results: list[RerankResult], seed: int, make: Callable[[dict[str, int]], BudgetPolicy]) -> float:
    """Share of the problems where the candidate in row 0 is picked."""
    recordings = shuffled(results, "majority", [seed])
    known = simulate(recordings, make(dict.fromkeys(recordings, 64)))
    return float(np.mean([pick(recordings[task], tests) == 0 for task, tests in known.items()]))


def test_where_problems_differ_it_beats_the_same_number_everywhere() -> None:
    """30 problems whose samples all behave alike, and 30 where one of nine candidates passes slightly more tests."""
    rng = np.random.default_rng(0)

    def hard(n: int) -> RerankResult:
        chances = np.array([[0.8], *[[0.6]] * 8])
        return problem(f"h{n}", *("".join("PF"[c] for c in row) for row in (rng.uniform(size=(9, 64)) > chances) * 1))

    results = [*(problem(f"e{n}", *["P" * 64] * 2) for n in range(30)), *(hard(n) for n in range(30))]
    gains = [
        right_picks(results, seed, lambda limits: sequential(60 * 8, limits))
        - right_picks(results, seed, lambda _: UniformBudget(8))
        for seed in range(10)
    ]
    assert np.mean(gains) > 0.03


def test_what_it_decides_depends_on_nothing_but_what_it_sees() -> None:
    results = noisy(10, 30, 7)
    limits = dict.fromkeys((r.problem.task_id for r in results), 30)
    first, second = (
        simulate(shuffled(results, "majority", [1]), sequential(100, limits, tolerance=0.03)) for _ in range(2)
    )
    assert first == second


def test_a_recording_gives_each_prefix_once() -> None:
    """Sample 1 is the same test as sample 0: after two samples one column with the multiplicity 2."""
    base = problem("a", "PF", "FP")
    twice = (UnitTest("t0", (0, 1)), UnitTest("t1", (2,)))
    result = RerankResult(base.problem, base.candidates, twice, base.verdicts, {})
    recording = RecordedOrder(result, "majority", [1, 0, 2])
    state = recording.state(2)
    assert state is recording.state(2) and recording.pick(2) is recording.pick(2)
    assert [test.samples for test in state.tests] == [(1, 0)]
    assert state.verdicts.matrix.shape == (2, 1)
    assert recording.state(3).verdicts.matrix.tolist() == result.verdicts.matrix.tolist()


def test_a_recorded_sample_with_several_tests_comes_whole() -> None:
    base = problem("a", "PFP", "FPP")
    several = (UnitTest("t0", (0,)), UnitTest("t1", (0, 1)), UnitTest("t2", (1,)))
    result = RerankResult(base.problem, base.candidates, several, base.verdicts, {})
    recording = RecordedOrder(result, "majority", [1, 0])
    assert recording.samples == 2
    assert [test.source for test in recording.state(1).tests] == ["t1", "t2"]
    assert recording.state(1).verdicts.matrix.tolist() == base.verdicts.of_tests([1, 2]).matrix.tolist()
    assert [test.samples for test in recording.state(2).tests] == [(1, 0), (1,), (0,)]
    assert shuffled([result], "majority", [1])["a"].samples == 2
