"""Graded runs side by side: the same problems, paired differences, and what the runs differ in."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from coderm_eval.core.errors import InputError
from coderm_eval.report.comparison.graded_run import GradedRun
from coderm_eval.report.statistics import Interval, gain_interval, score_interval
from coderm_eval.report.tiers import tiers

__all__ = ["Comparison", "PairedDifference", "compare_runs", "mcnemar"]


@dataclass(frozen=True)
class PairedDifference:
    """How a run does against an earlier one, problem by problem."""

    run: str
    against: str
    difference: Interval
    """pass@1 of `run` minus that of `against`: the mean of the differences, with its 95 % interval."""
    wins: tuple[str, ...]
    """Task ids that only `run` has right."""
    losses: tuple[str, ...]
    """Task ids that only `against` has right."""
    p_value: float
    """McNemar's test, exact and two-sided: of wins against losses if each is as likely. 1 where there are none."""


@dataclass(frozen=True)
class Comparison:
    """Runs of one benchmark on the problems that all of them have graded."""

    runs: tuple[GradedRun, ...]
    problems: tuple[str, ...]
    """Task ids of the problems that are compared."""
    left_out: Mapping[str, tuple[str, ...]]
    """By run: task ids that it has and that are not compared."""
    pass_at_1: Mapping[str, Interval]
    """By run, on these problems."""
    tiers: tuple[tuple[str, ...], ...]
    """Names of runs, the best first, those together that paired intervals do not tell from the best of them."""
    pairs: tuple[PairedDifference, ...]
    """Each run against each one before it."""
    settings: Mapping[str, tuple[Any, ...]]
    """Settings that are not the same in all runs, with the value of each run; None where one has none."""


def compare_runs(runs: Sequence[GradedRun]) -> Comparison:
    """Compare runs on the problems that all of them have graded.

    Args:
        runs: two or more, each with a name of its own.

    Raises:
        InputError: they cannot be compared: another benchmark, other problems' texts or tests, no problem in common.
    """
    _require_comparable(runs)
    shared = set.intersection(*(_graded(run) for run in runs))
    problems = tuple(task for task in runs[0].scores if task in shared)
    if not problems:
        raise InputError(f"{', '.join(run.name for run in runs)}: no problem is graded in all of them")
    scores = {run.name: np.array([run.scores[task] for task in problems]) for run in runs}
    return Comparison(
        runs=tuple(runs),
        problems=problems,
        left_out={run.name: tuple(task for task in run.scores if task not in shared) for run in runs},
        pass_at_1={name: score_interval(values) for name, values in scores.items()},
        tiers=tuple(map(tuple, tiers(scores))),
        pairs=tuple(_paired(run, against, problems) for against, run in combinations(runs, 2)),
        settings=_differing_settings(runs),
    )


def mcnemar(wins: int, losses: int) -> float:
    """Return the p-value of McNemar's exact test: the two-sided binomial test of `wins` among all that differ."""
    from scipy.stats import binomtest  # here: it takes a second to import

    return float(binomtest(wins, wins + losses).pvalue) if wins + losses else 1.0


def _require_comparable(runs: Sequence[GradedRun]) -> None:
    first = runs[0]
    names = [run.name for run in runs]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{name}: named twice; a run is not compared with itself")
    for run in runs[1:]:
        if run.benchmark != first.benchmark:
            raise InputError(
                f"{run.name}: a run of {run.benchmark}, and {first.name} is one of {first.benchmark}; only runs of the "
                "same benchmark can be compared"
            )
        if run.dataset_sha256 != first.dataset_sha256:
            raise InputError(
                f"{run.name}: graded with another {run.benchmark} file than {first.name} (SHA-256 "
                f"{run.dataset_sha256[:12]} and {first.dataset_sha256[:12]}), so a difference may be the file's; run "
                "one of them again with the other's file"
            )


def _graded(run: GradedRun) -> set[str]:
    return {task for task, score in run.scores.items() if not math.isnan(score)}


def _paired(run: GradedRun, against: GradedRun, problems: Sequence[str]) -> PairedDifference:
    gains = {task: run.scores[task] - against.scores[task] for task in problems}
    wins = tuple(task for task, gain in gains.items() if gain > 0)
    losses = tuple(task for task, gain in gains.items() if gain < 0)
    difference = gain_interval(np.array(list(gains.values())))
    return PairedDifference(run.name, against.name, difference, wins, losses, mcnemar(len(wins), len(losses)))


def _differing_settings(runs: Sequence[GradedRun]) -> dict[str, tuple[Any, ...]]:
    keys = dict.fromkeys(key for run in runs for key in run.settings)
    values = {key: tuple(run.settings.get(key) for run in runs) for key in keys}
    return {key: found for key, found in values.items() if any(value != found[0] for value in found)}
