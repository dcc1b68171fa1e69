"""Reranking one problem at a time, for any number of threads at once, where a run has all problems at hand.

Answers and verdicts are those of a run with the same settings, but for budgets that look at a whole benchmark: here
each problem has its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from coderm_eval.core.protocols import Execute, Probe
from coderm_eval.core.records import ProblemCandidates, RerankResult
from coderm_eval.core.store import Store
from coderm_eval.execution.backends.base import Executor
from coderm_eval.execution.cached import cached_execution
from coderm_eval.execution.probing import make_probe
from coderm_eval.execution.settings import ExecutionSettings
from coderm_eval.generation.test_sources import TestWritingStats
from coderm_eval.generation.write_tests import TestSupply
from coderm_eval.pipeline.budget_policy import make_budget, max_tests, tests_per_problem
from coderm_eval.pipeline.loop import rerank
from coderm_eval.selection.budget.settings import BudgetSettings

__all__ = ["Reranked", "Reranker"]


@dataclass(frozen=True)
class Reranked:
    """One problem's verdicts and picks, and what its tests cost."""

    result: RerankResult
    written: TestWritingStats


class Reranker:
    """Reranks a problem's candidates; everything expensive passes through `store`.

    Args:
        executor: that many threads may use, such as a `SharedExecutor`.
        isolation: what its self-test found in force.
        supply: makes the source of a problem's tests, as `make_test_supplier` does.
        rules: that are applied; the first is the one that the budget looks at.
        inputs: probing inputs per problem.
    """

    def __init__(
        self,
        executor: Executor,
        isolation: str,
        store: Store,
        *,
        execution: ExecutionSettings,
        supply: Callable[[ProblemCandidates], TestSupply[Any]],
        budget: BudgetSettings,
        rules: Sequence[str],
        inputs: int,
    ) -> None:
        self._supply = supply
        self._budget = budget
        self._rules = rules
        self._execute: Execute = cached_execution(executor, store.verdicts(), execution, isolation, bar=False)
        self._probe: Probe | None = make_probe(executor, store, execution, isolation, inputs, bar=False)

    def rerank(self, item: ProblemCandidates, supply: TestSupply[Any] | None = None) -> Reranked:
        """Have tests written and run, and pick; returns when all is done.

        Args:
            supply: the source of the tests, where it is not the one that the reranker's own `supply` makes.

        Raises:
            CodermError: a model that does not answer; what it answered before is stored.
        """
        supply, task = supply or self._supply(item), item.problem.task_id
        each = tests_per_problem(self._budget, supply.per_problem)
        most = max_tests(self._budget, each, supply.available, [task])
        [result] = rerank(
            [item],
            write_tests=supply.source,
            execute=self._execute,
            rule=self._rules[0],
            rules=self._rules,
            budget=make_budget(self._budget, each, most, dict),
            probe=self._probe,
        )
        return Reranked(result, supply.source.stats)
