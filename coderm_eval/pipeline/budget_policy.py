"""From settings to the budget policy, which says how many tests each problem gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import get_args

from coderm_eval.core.choices import BudgetPolicyName
from coderm_eval.core.pass_rates import rates_for
from coderm_eval.selection.budget import BudgetPolicy, GreedyBudget, SequentialBudget, UniformBudget
from coderm_eval.selection.budget.settings import BudgetSettings

__all__ = ["all_policies", "make_budget", "max_tests", "require_rates", "tests_per_problem"]

_MOST = 4
"""Times the average, for one problem, where budget.max is not set."""

PassRates = Callable[[], Mapping[str, float]]
"""Says the pass rates by the grades, by task id."""


def tests_per_problem(settings: BudgetSettings, written: int) -> int:
    """Test samples per problem over the whole benchmark; 0 where nobody writes any.

    Args:
        written: test samples that are written for each problem.
    """
    return settings.average or written if written else 0


def max_tests(
    settings: BudgetSettings, each: int, available: Mapping[str, int], tasks: Sequence[str]
) -> dict[str, int]:
    """The most test samples that each problem can get where `each` is the average: `max`, or all there are."""
    most = settings.max or _MOST * each
    return {task: min(most, available.get(task, most)) for task in tasks}


def make_budget(settings: BudgetSettings, each: int, most: Mapping[str, int], oracle: PassRates) -> BudgetPolicy:
    """The policy that the settings ask for.

    Args:
        each: test samples per problem over the whole benchmark.
        most: by task id, what a problem can get.
        oracle: says the pass rates by the grades.

    Raises:
        InputError: the file of pass rates cannot be used.
    """
    return _policy(settings, each, most, _rates(settings, list(most), oracle))


def require_rates(settings: BudgetSettings, tasks: Sequence[str]) -> None:
    """Find out before anything is run whether a file of pass rates can be used for all `tasks`.

    Raises:
        InputError: it cannot.
    """
    if settings.policy == "greedy" and settings.rates not in ("agreement", "oracle"):
        _rates(settings, tasks, dict)


def _policy(
    settings: BudgetSettings, each: int, most: Mapping[str, int], rates: Mapping[str, float] | None
) -> BudgetPolicy:
    total = each * len(most)
    if settings.policy == "uniform":
        return UniformBudget(each)
    if settings.policy == "greedy":
        return GreedyBudget(total, settings.min, most, rates)
    return SequentialBudget(total, settings.min, most, tolerance=settings.tolerance)


def all_policies(
    settings: BudgetSettings, available: Mapping[str, int], oracle: PassRates
) -> dict[str, Callable[[int], BudgetPolicy]]:
    """Every policy by name, from the average number of tests per problem, where there are `available` of each."""

    def maker(**changed: str) -> Callable[[int], BudgetPolicy]:
        own, tasks = settings.model_copy(update=changed), list(available)
        rates = _rates(own, tasks, oracle)  # once, for hundreds of policies
        return lambda each: _policy(own, each, max_tests(own, each, available, tasks), rates)

    made = {name: maker(policy=name) for name in get_args(BudgetPolicyName)}
    return {**made, "greedy, oracle": maker(policy="greedy", rates="oracle")}


def _rates(settings: BudgetSettings, tasks: Sequence[str], oracle: PassRates) -> Mapping[str, float] | None:
    if settings.policy != "greedy" or settings.rates == "agreement":
        return None
    if settings.rates == "oracle":
        return oracle()
    return rates_for(settings.rates, tasks, "the problems", ", or set budget.rates to 'agreement'")
