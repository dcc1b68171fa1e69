"""What this machine and these settings allow, before hours are spent: a list of checks, each a small function.

A check reads, runs two tiny programs, or asks a server with a bound on its time. None downloads anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from coderm_eval.core.errors import CodermError
from coderm_eval.core.messages import single_line
from coderm_eval.pipeline.doctor.datasets import check_datasets
from coderm_eval.pipeline.doctor.finding import Finding
from coderm_eval.pipeline.doctor.host import check_cores, check_disk, check_limits, check_versions
from coderm_eval.pipeline.doctor.isolation import check_isolation
from coderm_eval.pipeline.doctor.models import check_models
from coderm_eval.pipeline.settings import Settings

__all__ = ["CHECKS", "Check", "examine"]

Check = Callable[[Settings], Iterable[Finding]]

CHECKS: tuple[Check, ...] = (
    check_versions,
    check_isolation,
    check_datasets,
    check_models,
    check_cores,
    check_limits,
    check_disk,
)


def examine(settings: Settings, checks: Sequence[Check] = CHECKS) -> Iterator[Finding]:
    """Yield what the checks find, as they find it.

    An error that a run would end with is a finding as well; so is a package that cannot be imported, and what the
    system refuses.
    """
    for check in checks:
        try:
            yield from check(settings)
        except (CodermError, ImportError, OSError) as error:
            yield Finding(check.__name__.removeprefix("check_"), "failed", single_line(error))
