"""What is made of a request's verdicts: the order of its answers, and what the picks rest on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from coderm_eval.core.records import (
    NO_OUTPUT,
    Candidate,
    Probes,
    Problem,
    RerankResult,
    Selection,
    UnitTest,
    Verdict,
    Verdicts,
)
from coderm_eval.generation.test_sources import TestWritingStats
from coderm_eval.hosts.grounds import fallback_of
from coderm_eval.hosts.server.serve.ranking import could_run_nothing, order_of
from coderm_eval.pipeline.reranker import Reranked

CANDIDATES = (Candidate("a", (0, 4)), Candidate("b", (1,)), Candidate("c", (2, 3)), Candidate("d", (5,)))

NAN = float("nan")

ORDERS = [
    ((0.1, 0.9, 0.5, 0.0), 1, [1, 2, 0, 5, 3, 4]),
    ((0.5, 0.5 + 1e-12, 0.5, 0.0), 0, [0, 1, 2, 5, 4, 3]),  # equal within rounding: the first sample was chosen
    ((NAN, 0.2, 0.3, NAN), 2, [2, 1, 0, 5, 3, 4]),  # what could not be run comes behind what could
    ((NAN, NAN, NAN, NAN), 0, [0, 1, 2, 5, 4, 3]),
]


@pytest.mark.parametrize(("rewards", "chosen", "order"), ORDERS)
def test_programs_come_by_reward_and_then_what_repeats_one(
    rewards: tuple[float, ...], chosen: int, order: list[int]
) -> None:
    selection = Selection("majority", chosen, rewards, (chosen,), 3, "limit", 0.5)
    assert order_of(CANDIDATES, selection) == order


def verdicts(verdict: Verdict, columns: int) -> Verdicts:
    shape = (len(CANDIDATES), columns)
    return Verdicts(np.full(shape, verdict, np.uint8), np.zeros(shape), np.full(shape, NO_OUTPUT, np.int64))


def reranked(tests: Verdicts, probes: Verdicts | None, **rejected: int) -> Reranked:
    problem = Problem("p", "f", "", "q")
    listed = tuple(UnitTest(f"t{column}", (column,)) for column in range(tests.matrix.shape[1]))
    found = None if probes is None else Probes(tuple(range(len(CANDIDATES))), probes)
    stats = TestWritingStats()
    stats.rejected.update(rejected)
    return Reranked(RerankResult(problem, CANDIDATES, listed, tests, {}, found), stats)


NO_TESTS = verdicts(Verdict.PASSED, 0)
ANSWERED, UNANSWERED = verdicts(Verdict.PASSED, 2), verdicts(Verdict.FAILED, 2)

FALLBACKS = [
    ("evidence", reranked(ANSWERED, None), True, None),
    ("evidence", reranked(NO_TESTS, ANSWERED), True, ("agreement", "no test could be used")),
    ("evidence", reranked(NO_TESTS, ANSWERED, odd=2), True, ("agreement", "no test could be used (2 odd)")),
    ("evidence", reranked(NO_TESTS, ANSWERED), False, None),  # agreement was wanted
    ("evidence", reranked(NO_TESTS, UNANSWERED), True, ("first", "no test could be used, and there are no outputs")),
    ("evidence", reranked(NO_TESTS, None), False, ("first", "no tests were asked for, and there are no outputs")),
    ("majority", reranked(NO_TESTS, ANSWERED), True, ("first", "no test could be used, and majority does not look")),
]


@pytest.mark.parametrize(("rule", "found", "wanted", "expected"), FALLBACKS)
def test_what_takes_the_place_of_tests(
    rule: str, found: Reranked, wanted: bool, expected: tuple[str, str] | None
) -> None:
    fallback = fallback_of(found, rule, wanted=wanted)
    assert (fallback is None) == (expected is None)
    if fallback and expected:
        assert fallback.to == expected[0] and fallback.reason.startswith(expected[1])


def test_an_executor_that_could_run_nothing_is_no_verdict_on_programs() -> None:
    nothing = verdicts(Verdict.NOT_RUN, 2)
    some = replace(nothing, matrix=np.where(np.eye(4, 2, dtype=bool), Verdict.FAILED, nothing.matrix).astype(np.uint8))
    assert could_run_nothing(reranked(nothing, None).result)
    assert could_run_nothing(reranked(NO_TESTS, nothing).result)
    assert not could_run_nothing(reranked(some, nothing).result)
    assert not could_run_nothing(reranked(NO_TESTS, None).result)
