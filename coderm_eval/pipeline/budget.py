"""A run's budget: from settings to the policy that says how many tests each problem gets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, get_args

from coderm_eval.core.errors import SettingsError
from coderm_eval.core.pass_rates import rates_for
from coderm_eval.core.progress import gauge
from coderm_eval.core.records import Grade, RerankResult
from coderm_eval.generation.write_tests import TestSupply
from coderm_eval.pipeline.settings import Settings
from coderm_eval.report.budget_curve import MakePolicy
from coderm_eval.report.reporter import PoliciesOf
from coderm_eval.report.scores import pass_rates
from coderm_eval.selection.budget import BudgetPolicy, GreedyBudget, SequentialBudget, UniformBudget
from coderm_eval.selection.budget.settings import BudgetPolicyName, BudgetSettings

__all__ = [
    "all_policies",
    "budget_bar",
    "make_budget",
    "max_tests",
    "policies_of",
    "require_enough_tests",
    "tests_per_problem",
]

_MOST = 4
"""Times the average, for one problem, where budget.max is not set."""


def require_enough_tests(settings: Settings, tests: TestSupply[Any]) -> None:
    """Refuse to draw more tests than any problem can have, which would be all of them each time, or any of none.

    Raises:
        SettingsError: says what to change.
    """
    most, wanted = max(tests.available.values(), default=tests.per_problem), settings.resample_tests
    if wanted and wanted > most:
        mend = f"give {most} or less" if most else "leave it out"
        raise SettingsError(f"resample_tests is {wanted}, and no problem has more than {most} test samples: {mend}")
    if settings.budget_curve and not most:
        raise SettingsError("budget_curve is set, and there are no tests to share out: leave it out")


def tests_per_problem(settings: BudgetSettings, tests: TestSupply[Any]) -> int:
    """Test samples per problem over the whole benchmark; 0 where nobody writes any."""
    return settings.average or tests.per_problem if tests.per_problem else 0


def max_tests(
    settings: BudgetSettings, each: int, available: Mapping[str, int], tasks: Sequence[str]
) -> dict[str, int]:
    """The most test samples that each problem can get where `each` is the average: `max`, or all there are."""
    most = settings.max or _MOST * each
    return {task: min(most, available.get(task, most)) for task in tasks}


def make_budget(
    settings: BudgetSettings, each: int, most: Mapping[str, int], oracle: Callable[[], Mapping[str, float]]
) -> BudgetPolicy:
    """The policy that the settings ask for.

    Args:
        each: test samples per problem over the whole benchmark.
        most: by task id, what a problem can get.
        oracle: says the pass rates by the grades.

    Raises:
        InputError: the file of pass rates cannot be used.
    """
    return _policy(settings, each, most, _rates(settings, list(most), oracle))


def _policy(
    settings: BudgetSettings, each: int, most: Mapping[str, int], rates: Mapping[str, float] | None
) -> BudgetPolicy:
    total = each * len(most)
    if settings.policy == "uniform":
        return UniformBudget(each)
    if settings.policy == "greedy":
        return GreedyBudget(total, settings.min, most, rates)
    return SequentialBudget(total, settings.min, most, tolerance=settings.tolerance)


@contextmanager
def budget_bar(policy: BudgetPolicy, total: int, tolerance: float) -> Iterator[Callable[[int], None]]:
    """A bar that shows how many test samples are requested, and what the policy expects of more.

    Args:
        total: test samples over the whole benchmark.
        tolerance: a problem whose pick is no more likely to change than this is called decided.

    Yields:
        What the loop tells, after each round, how many samples were requested.
    """
    with gauge(total, "running tests", "tests") as show:
        yield lambda requested: show(requested, _outlook(policy.change_probabilities.values(), tolerance))


def _outlook(probabilities: Collection[float], tolerance: float) -> str:
    if not probabilities:
        return ""
    decided = sum(probability <= tolerance for probability in probabilities)
    mean = sum(probabilities) / len(probabilities)
    return f"{decided} of {len(probabilities)} picks decided, {mean:.1%} expected to change"


def policies_of(settings: BudgetSettings) -> PoliciesOf:
    """Every budget policy, for the tests that a finished run has recorded."""

    def policies(results: Sequence[RerankResult], grades: Sequence[Sequence[Grade]]) -> Mapping[str, MakePolicy]:
        recorded = {r.problem.task_id: len(r.test_samples) for r in results}
        return all_policies(settings, recorded, lambda: pass_rates(results, grades))

    return policies


def all_policies(
    settings: BudgetSettings, available: Mapping[str, int], oracle: Callable[[], Mapping[str, float]]
) -> dict[str, Callable[[int], BudgetPolicy]]:
    """Every policy by name, from the average number of tests per problem, where there are `available` of each."""

    def maker(**changed: str) -> Callable[[int], BudgetPolicy]:
        own, tasks = settings.model_copy(update=changed), list(available)
        rates = _rates(own, tasks, oracle)  # once, for hundreds of policies
        return lambda each: _policy(own, each, max_tests(own, each, available, tasks), rates)

    made = {name: maker(policy=name) for name in get_args(BudgetPolicyName)}
    return {**made, "greedy, oracle": maker(policy="greedy", rates="oracle")}


def _rates(
    settings: BudgetSettings, tasks: Sequence[str], oracle: Callable[[], Mapping[str, float]]
) -> Mapping[str, float] | None:
    if settings.policy != "greedy" or settings.rates == "agreement":
        return None
    if settings.rates == "oracle":
        return oracle()
    return rates_for(settings.rates, tasks, "the problems", ", or set budget.rates to 'agreement'")
