"""Stage 4 of a run, made for some problems at a time: the rule that picks, and the budget that they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from coderm_eval.core.records import ProblemCandidates
from coderm_eval.generation.write_tests import TestSupply
from coderm_eval.pipeline.budget_policy import make_budget, max_tests
from coderm_eval.pipeline.grader import Grader
from coderm_eval.pipeline.settings import Settings
from coderm_eval.selection.budget import BudgetPolicy

__all__ = ["Selector", "make_selector"]


@dataclass(frozen=True)
class Selector:
    """Stage 4: the rule that picks, the rules that are compared, and how many tests they get to see."""

    rule: str
    rules: Sequence[str]
    budget: BudgetPolicy
    total: int
    """The most test samples that the budget can spend over these problems: no more than there are."""
    tolerance: float
    """A problem whose pick is no more likely to change than this is called decided."""


def make_selector(
    settings: Settings, each: int, grader: Grader, problems: Sequence[ProblemCandidates], tests: TestSupply[Any]
) -> Selector:
    """Stage 4 for some of a run's problems.

    Args:
        settings: of the run.
        each: test samples per problem over the whole benchmark.
        grader: says the pass rates by the grades, where a budget asks for them.
        problems: that share a budget.
        tests: of these problems.

    Raises:
        InputError: a file of pass rates cannot be used.
    """
    most = max_tests(settings.budget, each, tests.available, [item.problem.task_id for item in problems])
    policy = make_budget(settings.budget, each, most, lambda: grader.true_rates(problems))
    return Selector(
        settings.rule,
        settings.compared,
        policy,
        min(each * len(problems), sum(most.values())),
        settings.budget.tolerance,
    )
