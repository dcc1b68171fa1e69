"""A `Reranker` as the settings have it: with its executor, its test writer and its store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from coderm_eval.core.errors import SettingsError
from coderm_eval.core.store import Store
from coderm_eval.execution.backends.shared import SharedExecutor
from coderm_eval.generation.write_tests import make_test_supplier
from coderm_eval.pipeline.preflight import working_executor
from coderm_eval.pipeline.reranker import Reranker
from coderm_eval.pipeline.settings import Settings

__all__ = ["open_reranker"]


@contextmanager
def open_reranker(settings: Settings, store: Store) -> Iterator[tuple[Reranker, SharedExecutor]]:
    """A reranker for problems that come one by one, and its executor, which threads may use for grades as well.

    Raises:
        CodermError: a setting that cannot be used so, or an executor that does not work on this host.
    """
    if settings.budget.policy == "greedy" and settings.budget.rates != "agreement":
        raise SettingsError(
            f"budget.rates is {str(settings.budget.rates)!r}, which needs a whole benchmark at once; "
            "set it to 'agreement', or budget.policy to 'sequential' or 'uniform'"
        )
    with (
        working_executor(settings.tests, settings.execution) as (executor, isolation),
        SharedExecutor(executor) as shared,
    ):
        reranker = Reranker(
            shared,
            isolation,
            store,
            execution=settings.execution,
            supply=make_test_supplier(settings.tests, store, settings.extraction),
            budget=settings.budget,
            rules=(settings.rule, *(rule for rule in settings.compared if rule != settings.rule)),
            inputs=settings.inputs,
        )
        yield reranker, shared
