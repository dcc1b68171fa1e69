"""How tests are shared out: the paper's greedy allocation is optimal, keeps its limits, and never exceeds its total."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping

import pytest
from helpers.blocks import execute
from helpers.results import problem
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.core.protocols import Written
from coderm_eval.core.records import Problem, ProblemCandidates, Verdict, deduplicate_candidates
from coderm_eval.pipeline.loop import rerank
from coderm_eval.selection.budget import BudgetPolicy, GreedyBudget, ProblemState, UniformBudget
from coderm_eval.selection.budget.greedy import allocate
from coderm_eval.selection.budget.state import LazyPicks, current_pick

RATES = st.lists(st.floats(0, 1), min_size=1, max_size=5).map(lambda rates: {f"t{i}": r for i, r in enumerate(rates)})


def success(rates: Mapping[str, float], tests: Mapping[str, int]) -> float:
    """Σ 1 - (1 - λ)^b, Eq. 2 of arXiv 2501.01054."""
    return sum(1 - (1 - rate) ** tests[task] for task, rate in rates.items())


def unlimited(rates: Mapping[str, float]) -> dict[str, int]:
    return dict.fromkeys(rates, 1_000)


# The allocation


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=3).map(lambda rates: {f"t{i}": r for i, r in enumerate(rates)}),
    st.integers(0, 7),
)
def test_no_other_allocation_of_as_many_tests_has_more_success(rates: dict[str, float], total: int) -> None:
    found = allocate(rates, total, 0, unlimited(rates))
    others = (
        dict(zip(rates, counts, strict=True))
        for counts in itertools.product(range(total + 1), repeat=len(rates))
        if sum(counts) == total
    )
    assert success(rates, found) == pytest.approx(max(success(rates, other) for other in others))


@given(RATES, st.integers(0, 40), st.integers(0, 4), st.integers(1, 9))
def test_the_total_is_spent_within_the_limits_and_never_exceeded(
    rates: dict[str, float], average: int, minimum: int, limit: int
) -> None:
    total = max(average, min(minimum, limit)) * len(rates)
    tests = allocate(rates, total, minimum, dict.fromkeys(rates, limit))
    assert sum(tests.values()) == min(total, limit * len(rates))
    assert all(min(minimum, limit) <= count <= limit for count in tests.values())


@given(st.floats(0, 1), st.integers(1, 6), st.integers(0, 30))
def test_equal_rates_share_equally_within_one_test(rate: float, problems: int, total: int) -> None:
    rates = {f"t{i}": rate for i in range(problems)}
    counts = allocate(rates, total, 0, unlimited(rates)).values()
    assert max(counts) - min(counts) <= 1


def test_the_allocation_worked_by_hand() -> None:
    """Gains of 0.5: 0.5, 0.25, 0.125; of 0.2: 0.2, 0.16, 0.128; of 0.9: 0.9, 0.09. The six highest are taken."""
    rates = {"a": 0.5, "b": 0.2, "c": 0.9}
    assert allocate(rates, 6, 0, unlimited(rates)) == {"a": 2, "b": 3, "c": 1}


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.3, 0.7])
def test_a_problem_gets_the_tests_whose_gain_is_above_a_threshold(rate: float) -> None:
    """The closed form: b = ⌈ln(t/λ) / ln(1 - λ)⌉, where t lies between the last gain taken and the first left."""
    rates = {"a": rate, "b": 0.05}
    tests = allocate(rates, 60, 0, unlimited(rates))
    left = max(r * (1 - r) ** tests[task] for task, r in rates.items())
    taken = min(r * (1 - r) ** (tests[task] - 1) for task, r in rates.items() if tests[task])
    threshold = math.sqrt(left * taken)
    assert tests["a"] == max(0, math.ceil(math.log(threshold / rate) / math.log(1 - rate)))


@pytest.mark.parametrize("hopeless", [0.0, 1.0])
def test_a_problem_without_gain_gets_only_what_nothing_else_can_take(hopeless: float) -> None:
    rates = {"a": hopeless, "b": 0.4}
    assert allocate(rates, 10, 1, {"a": 50, "b": 9}) == {"a": 1, "b": 9}
    assert allocate(rates, 12, 1, {"a": 50, "b": 9}) == {"a": 3, "b": 9}


def test_fewer_tests_than_the_minimum_are_taken_where_there_are_no_more() -> None:
    assert allocate({"a": 0.5, "b": 0.5}, 8, 3, {"a": 1, "b": 9}) == {"a": 1, "b": 7}


# The policies


def state(asked: int, *rows: str, sizes: tuple[int, ...] = (), in_flight: bool = False) -> ProblemState:
    found = problem("a", *rows, sizes=sizes)
    return ProblemState(asked, found.candidates, found.tests, found.verdicts, in_flight)


def next_round(budget: BudgetPolicy, states: Mapping[str, ProblemState]) -> dict[str, int]:
    return budget.next_round(states, LazyPicks(states, lambda task: current_pick("majority", states[task])))


def test_a_uniform_budget_asks_for_what_is_missing_and_then_for_nothing() -> None:
    budget = UniformBudget(4)
    assert next_round(budget, {"a": state(0, ""), "b": state(3, "PPP")}) == {"a": 4, "b": 1}
    assert next_round(budget, {"a": state(4, "PPPP"), "b": state(4, "PPPP")}) == {}


def test_known_rates_are_allocated_in_one_round() -> None:
    budget = GreedyBudget(6, 0, unlimited({"a": 0, "b": 0, "c": 0}), {"a": 0.5, "b": 0.2, "c": 0.9})
    asked = next_round(budget, {task: state(0, "") for task in "abc"})
    assert asked == {"a": 2, "b": 3, "c": 1}
    assert next_round(budget, {task: state(count, "P" * count) for task, count in asked.items()}) == {}
    assert budget.stopped("a") == "budget"


def test_without_rates_agreement_on_the_first_tests_decides_the_rest() -> None:
    """b's samples all behave alike, so that λ is 1 and nothing is gained by more tests; a's are split."""
    budget = GreedyBudget(10, 2, {"a": 8, "b": 8})
    assert next_round(budget, {"a": state(0, "", ""), "b": state(0, "", "")}) == {"a": 2, "b": 2}
    split, alike = state(2, "PF", "FP"), state(2, "PP", "PP")
    assert next_round(budget, {"a": split, "b": alike}) == {"a": 6}
    assert (budget.stopped("a"), budget.stopped("b")) == ("limit", "budget")


def test_agreement_waits_for_the_first_tests_of_every_problem() -> None:
    """The halves of a benchmark take turns: b's first tests come later than a's, and a's verdicts before b's."""
    budget = GreedyBudget(10, 2, {"a": 8, "b": 8})
    split, alike = state(2, "PF", "FP"), state(2, "PP", "PP")
    asked = state(2, "", "", in_flight=True)
    assert next_round(budget, {"a": asked, "b": state(0, "", "")}) == {"b": 2}
    assert next_round(budget, {"a": asked, "b": asked}) == {}
    assert next_round(budget, {"a": split, "b": asked}) == {}
    assert next_round(budget, {"a": split, "b": alike}) == {"a": 6}


def test_known_rates_are_waited_for_by_nobody() -> None:
    budget = GreedyBudget(6, 0, unlimited({"a": 0, "b": 0}), {"a": 0.5, "b": 0.2})
    asked = next_round(budget, {task: state(0, "") for task in "ab"})
    assert next_round(budget, {"a": state(asked["a"], "", in_flight=True), "b": state(0, "")}) == {"b": asked["b"]}


@pytest.mark.parametrize("rates", [None, {"a": 0.5, "b": 0.2, "c": 0.9}])
def test_the_loop_spends_the_total_though_halves_take_turns(rates: dict[str, float] | None) -> None:
    def write(wanted: Mapping[str, range]) -> Iterator[Written]:
        for task, samples in wanted.items():
            yield task, [(sample, f"t{sample}") for sample in samples]

    def decide(problem: Problem, program: str, test: str) -> Verdict:
        """The two programs of a problem agree on no test, but those of "c" on all."""
        return Verdict.PASSED if program == "p" or problem.task_id == "c" else Verdict.FAILED

    programs = deduplicate_candidates(["p", "q"])
    work = [ProblemCandidates(Problem(task, "f", "", ""), programs) for task in "abc"]
    budget = GreedyBudget(9, 1, dict.fromkeys("abc", 8), rates)
    results = rerank(
        work, write_tests=write, execute=execute(decide), rule="majority", rules=["majority"], budget=budget
    )
    expected = allocate(rates or {"a": 0.5, "b": 0.5, "c": 1.0}, 9, 1, dict.fromkeys("abc", 8))
    assert {r.problem.task_id: len(r.tests) for r in results} == expected


def test_agreement_is_the_share_of_samples_that_behave_alike() -> None:
    assert state(2, "PF", "FP", "PF", sizes=(2, 5, 1)).agreement == 5 / 8
    assert state(0, "", "").agreement == 1.0
