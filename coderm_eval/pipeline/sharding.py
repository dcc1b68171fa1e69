"""Which problems a shard of a run has: never a part of those that share a budget."""

from __future__ import annotations

from coderm_eval.benchmarks import Benchmark
from coderm_eval.core.errors import SettingsError
from coderm_eval.core.messages import counted
from coderm_eval.core.task_choice import TaskChoice
from coderm_eval.pipeline.settings import Settings

__all__ = ["in_units"]


def in_units(tasks: TaskChoice, benchmark: Benchmark, settings: Settings) -> TaskChoice:
    """The choice of a run's tasks, dealt out to shards in units of problems that share a budget.

    Raises:
        SettingsError: something is asked for that needs all problems at once, or there are fewer units than shards.
        InputError: as `TaskChoice.of_all_shards`, or there are more shards than tasks.
    """
    shard = tasks.shard
    if shard is None:
        return tasks
    for flag, wanted in (("--resample-tests", settings.resample_tests), ("--budget-curve", settings.budget_curve)):
        if wanted:
            raise SettingsError(f"{flag} looks at all problems at once: leave out --shard {shard}, or {flag}")
    known = tasks.of_all_shards(list(benchmark.problem_by_id()), benchmark.name)
    shard.require_enough(known)
    unit = _sharing_a_budget(settings)
    if (units := -(-len(known) // unit)) < shard.of:
        most = len(known) // shard.of
        raise SettingsError(
            f"--shard {shard}: the budget {settings.budget.policy!r} is shared by {unit:,} problems at a time, and "
            f"{counted(len(known), 'problem')} are {units:,} such {'pool' if units == 1 else 'pools'}; give --budget "
            f"uniform, or set budget.pool to {most:,}{' or less' if most > 1 else ''}"
        )
    return tasks._replace(unit=unit)


def _sharing_a_budget(settings: Settings) -> int:
    """So many problems, in the benchmark's order, share a budget; 1 where each has its own, or none."""
    return 1 if settings.tests.backend == "none" or settings.budget.policy == "uniform" else settings.budget.pool
