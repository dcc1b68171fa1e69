"""A run's budget: from settings to the policy that says how many tests each problem gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from coderm_eval.budget import BudgetPolicy, GreedyBudget, UniformBudget
from coderm_eval.config import BudgetSettings
from coderm_eval.errors import InputError
from coderm_eval.inputs import few, read_rates
from coderm_eval.rerank import Work
from coderm_eval.writing import Tests

__all__ = ["average", "make_budget"]

_MOST = 4
"""Times the average, for one problem, where budget.max is not set."""


def average(settings: BudgetSettings, tests: Tests[Any]) -> int:
    """Test samples per problem over the whole benchmark."""
    return settings.average or tests.per_problem


def make_budget(
    settings: BudgetSettings,
    work: Sequence[Work],
    tests: Tests[Any],
    oracle: Callable[[], Mapping[str, float]],
) -> BudgetPolicy:
    """The policy that the settings ask for. `oracle` says the pass rates by the grades.

    Raises:
        InputError: the file of pass rates cannot be used.
    """
    each = average(settings, tests)
    if settings.policy == "uniform":
        return UniformBudget(each)
    tasks = [item.problem.task_id for item in work]
    most = settings.max or _MOST * each
    limits = {task: min(most, tests.available.get(task, most)) for task in tasks}
    return GreedyBudget(each * len(tasks), settings.min, limits, _rates(settings, tasks, oracle))


def _rates(
    settings: BudgetSettings, tasks: Sequence[str], oracle: Callable[[], Mapping[str, float]]
) -> Mapping[str, float] | None:
    if settings.rates == "agreement":
        return None
    if settings.rates == "oracle":
        return oracle()
    found = read_rates(settings.rates)
    missing = [task for task in tasks if task not in found]
    if missing:
        raise InputError(
            f"{settings.rates}: no rate for {len(missing)} of the problems ({few(missing)}); "
            "add a line for each, or set budget.rates to 'agreement'"
        )
    return {task: found[task] for task in tasks}
