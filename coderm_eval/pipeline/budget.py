"""A run's budget: whether the tests are enough for it, how it is shown, and every policy for a finished run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from coderm_eval.core.errors import SettingsError
from coderm_eval.core.progress import gauge
from coderm_eval.core.records import Grade, RerankResult
from coderm_eval.generation.write_tests import RunTests
from coderm_eval.pipeline.budget_policy import all_policies
from coderm_eval.pipeline.settings import Settings
from coderm_eval.report.budget_curve import MakePolicy
from coderm_eval.report.reporter import PoliciesOf
from coderm_eval.report.scores import pass_rates
from coderm_eval.selection.budget import BudgetPolicy
from coderm_eval.selection.budget.settings import BudgetSettings

__all__ = ["budget_bar", "policies_of", "require_enough_tests"]


def require_enough_tests(settings: Settings, tests: RunTests) -> None:
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
