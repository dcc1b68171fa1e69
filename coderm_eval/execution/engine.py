"""Pairs of a program and a test in, verdicts out, as they come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Generic, TypeVar

from coderm_eval.errors import NotRunError
from coderm_eval.execution.policy import Policy
from coderm_eval.execution.pool import WorkerPool
from coderm_eval.records import Verdict

__all__ = ["ISOLATION", "Pair", "PairOutcome", "run_pairs", "self_test"]

ISOLATION = "rlimits"
"""Level of isolation in force, as `summary.json` names it."""

Key = TypeVar("Key")

_GOOD = "def answer():\n    return 42\n"
_BAD = "def answer():\n    return 41\n"
_TEST = (
    "import unittest\n\n\nclass TestAnswer(unittest.TestCase):\n"
    "    def test_answer(self):\n        self.assertEqual(answer(), 42)\n"
)


@dataclass(frozen=True)
class Pair(Generic[Key]):
    """One test to run against one program; `key` comes back with the outcome."""

    key: Key
    program: str
    test: str


@dataclass(frozen=True)
class PairOutcome(Generic[Key]):
    key: Key
    verdict: Verdict
    cpu_seconds: float


def run_pairs(pairs: Iterable[Pair[Key]], policy: Policy, *, workers: int) -> Iterator[PairOutcome[Key]]:
    """Run every pair; outcomes stream in the order in which they are ready.

    A verdict does not depend on `workers`. A pair that twice took its worker down is NOT_RUN.
    """
    pool: WorkerPool[Key] = WorkerPool(
        "coderm_eval.execution.worker",
        workers=workers,
        patience_s=policy.wall_s + 30,  # 30 s: a loaded machine that is slow to start a worker
    )
    limits = asdict(policy)
    tasks = ((pair.key, {"program": pair.program, "test": pair.test, "policy": limits}) for pair in pairs)
    for key, answer in pool.run(tasks):
        if answer is None:
            yield PairOutcome(key, Verdict.NOT_RUN, 0.0)
        else:
            yield PairOutcome(key, Verdict(answer["verdict"]), answer["cpu_seconds"])


def self_test(policy: Policy) -> None:
    """Check on this host, under these limits, that a right program passes and a wrong one fails.

    Raises:
        NotRunError: the executor does not work here, so that any verdict would be meaningless.
    """
    pairs = [Pair("right", _GOOD, _TEST), Pair("wrong", _BAD, _TEST)]
    said = {outcome.key: outcome.verdict for outcome in run_pairs(pairs, policy, workers=1)}
    if said != {"right": Verdict.PASSED, "wrong": Verdict.FAILED}:
        verdicts = ", ".join(f"a {key} program {said[key].name.lower()}" for key in sorted(said))
        raise NotRunError(
            f"the executor does not work on this host under these limits ({verdicts}); "
            "try a larger execution.timeout_s or execution.memory_mb"
        )
