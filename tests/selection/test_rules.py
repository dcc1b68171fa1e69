"""The rules, against slow readings of their formulas over written-out samples, against examples worked by hand, and
against what holds of any rule: one that is registered later is covered too."""

from __future__ import annotations

import dataclasses
import itertools
import math
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from coderm_eval.core.records import NO_OUTPUT
from coderm_eval.selection import Ballot, Scores, known_rules
from coderm_eval.selection.rules.b4 import ALPHA, BETA_0

RIGHT = 1
"""The output that the tests of `ballot_of` expect."""
WRONG = 0

ORDERED = {"majority_first"}
"""Rules that look at which sample came first, so that equal candidates need not be equal to them."""


def ballot_of(
    outputs: Sequence[Sequence[int]],
    sizes: Sequence[int] | None = None,
    copies: Sequence[int] | None = None,
    first: Sequence[int] | None = None,
    probes: Sequence[Sequence[int]] | None = None,
) -> Ballot:
    """Candidates that pass a test where their output is RIGHT; by default each candidate and each test came once, and
    the samples are numbered one candidate after the other."""
    matrix = np.array(outputs, dtype=np.int64).reshape(len(outputs), -1)
    sizes = [1] * len(matrix) if sizes is None else sizes
    return Ballot(
        passed=np.asarray(matrix == RIGHT),
        multiplicity=np.array(sizes, dtype=np.int64),
        test_multiplicity=np.array([1] * matrix.shape[1] if copies is None else copies, dtype=np.int64),
        outputs=matrix,
        first=np.array([sum(sizes[:i]) for i in range(len(sizes))] if first is None else first, dtype=np.int64),
        probes=np.array([()] * len(matrix) if probes is None else probes, dtype=np.int64).reshape(len(matrix), -1),
    )


def scores_of(name: str, ballot: Ballot) -> Scores:
    return known_rules()[name](ballot)


def close(expected: object, tolerance: float = 1e-9) -> Any:
    return pytest.approx(expected, rel=tolerance, abs=tolerance)


# The formulas, read slowly.


@dataclass(frozen=True)
class Samples:
    """A ballot with its multiplicities written out: equal rows for equal samples, equal columns for equal tests."""

    passed: list[list[bool]]
    """Samples by test samples."""
    distinct: list[list[bool]]
    """Samples by distinct tests."""
    outputs: list[list[int]]
    """Samples by distinct tests."""
    first: list[int]
    """Of each sample: the lowest index of a sample that is the same candidate."""
    test_of: list[int]
    """Of each test sample: which distinct test it is."""
    probes: list[list[int]]
    """Samples by probing inputs: answers."""

    @property
    def n(self) -> int:
        return len(self.passed)

    @property
    def m(self) -> int:
        return len(self.test_of)

    def alike(self, i: int) -> list[int]:
        """Samples that passed what sample i passed."""
        return [k for k in range(self.n) if self.distinct[k] == self.distinct[i]]


def written_out(ballot: Ballot) -> Samples:
    candidate_of = [i for i, size in enumerate(ballot.multiplicity.tolist()) for _ in range(size)]
    test_of = [j for j, copies in enumerate(ballot.test_multiplicity.tolist()) for _ in range(copies)]
    distinct = [ballot.passed[i].tolist() for i in candidate_of]
    return Samples(
        passed=[[row[j] for j in test_of] for row in distinct],
        distinct=distinct,
        outputs=[ballot.outputs[i].tolist() for i in candidate_of],
        first=[int(ballot.first[i]) for i in candidate_of],
        test_of=test_of,
        probes=[ballot.probes[i].tolist() for i in candidate_of],
    )


def slow_majority(samples: Samples) -> list[float]:
    return [sum(samples.distinct[i]) + len(samples.alike(i)) / (1 + samples.n) for i in range(samples.n)]


def slow_majority_first(samples: Samples) -> list[float]:
    last = max(samples.first)
    return [sum(row) - first / (1 + last) for row, first in zip(samples.distinct, samples.first, strict=True)]


def slow_codet(samples: Samples) -> list[float]:
    return [math.sqrt(len(samples.alike(i))) * sum(samples.passed[i]) for i in range(samples.n)]


def slow_codet_published(samples: Samples) -> list[float]:
    return [len(samples.alike(i)) * sum(samples.passed[i]) for i in range(samples.n)]


def agreements(a: list[int], b: list[int]) -> list[bool]:
    return [x == y and NO_OUTPUT not in (x, y) for x, y in zip(a, b, strict=True)]


def slow_mbr_exec(samples: Samples) -> list[float]:
    return [-sum(not all(agreements(a, b)) for b in samples.outputs) for a in samples.outputs]


def share(flags: list[bool]) -> float:
    return sum(flags) / len(flags) if flags else 0.0


def slow_mbr_exec_soft(samples: Samples) -> list[float]:
    return [
        -sum((share([not same for same in agreements(a, b)]) for b in samples.outputs), 0.0) for a in samples.outputs
    ]


def slow_agreement(samples: Samples) -> list[float]:
    """Over the answers to tests and to probing inputs, one after the other; 1 where nothing was asked."""
    rows = [of_tests + of_inputs for of_tests, of_inputs in zip(samples.outputs, samples.probes, strict=True)]
    return [sum(share(agreements(a, b)) for b in rows) / samples.n if a else 1.0 for a in rows]


def slow_srank(samples: Samples) -> list[float]:
    """Summed over samples instead of clusters: each sample brings 1/N of its cluster's V."""
    return [
        sum(
            (1.0 if a == b else share(agreements(a, b))) * share(row) / samples.n
            for b, row in zip(samples.outputs, samples.passed, strict=True)
        )
        for a in samples.outputs
    ]


def log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def tally(samples: Samples, rows: Iterable[int], columns: list[int]) -> tuple[int, int]:
    """(passes, cells)."""
    cells = [samples.passed[i][j] for i in rows for j in columns]
    return sum(cells), len(cells)


def slow_b4_of(samples: Samples, i: int) -> float:
    n, m = samples.n, samples.m
    alike = samples.alike(i)
    others = [k for k in range(n) if k not in alike]
    believed = [j for j in range(m) if samples.passed[i][j]]
    e1, n1 = tally(samples, others, believed)
    e0, n0 = tally(samples, others, [j for j in range(m) if not samples.passed[i][j]])
    return (
        log_beta(len(alike) + ALPHA, n - len(alike) + 1)
        + log_beta(len(believed) + ALPHA, m - len(believed) + 1)
        + log_beta(e1 + 1, n1 - e1 + 1)
        + log_beta(e0 + 1, n0 - e0 + BETA_0)
    )


def slow_b4(samples: Samples) -> list[float]:
    return [slow_b4_of(samples, i) for i in range(samples.n)]


def pairs(column: list[bool]) -> list[tuple[int, int]]:
    """(one that passes, one that fails)."""
    return [(i, k) for i, passes in enumerate(column) for k, too in enumerate(column) if passes and not too]


def slow_aces_weight(samples: Samples, j: int) -> float:
    """Counted in whole numbers, so that a test without merit gets exactly nothing."""
    column = [row[j] for row in samples.passed]
    others = [sum(row) - row[j] for row in samples.passed]
    points = [2 * (others[i] > others[k]) + (others[i] == others[k]) for i, k in pairs(column)]
    excess = sum(points) - len(points)
    return excess / (2 * len(points)) * share(column) * (1 - share(column)) if excess > 0 else 0.0


def slow_aces(samples: Samples) -> list[float]:
    weights = [slow_aces_weight(samples, j) for j in range(samples.m)]
    return [sum(weight for weight, passes in zip(weights, row, strict=True) if passes) for row in samples.passed]


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def totals(weights: list[float], patterns: list[list[bool]]) -> list[float]:
    return [sum(weight for weight, passes in zip(weights, row, strict=True) if passes) for row in patterns]


def order_chances(weights: list[float], patterns: list[list[bool]], j: int) -> list[tuple[int, int, float]]:
    """(i, k, how surely i, which passes j, goes before k, which fails it)."""
    reached = totals(weights, patterns)
    column = [row[j] for row in patterns]
    return [(i, k, logistic((reached[i] - weights[j] - reached[k]) * len(weights))) for i, k in pairs(column)]


def soft_excess(weights: list[float], patterns: list[list[bool]], j: int) -> float:
    """A_j - 1/2."""
    found = order_chances(weights, patterns, j)
    return sum(chance for _, _, chance in found) / len(found) - 0.5


def soft_objective(weights: list[float], patterns: list[list[bool]]) -> float:
    return sum(weight * soft_excess(weights, patterns, j) for j, weight in enumerate(weights))


def soft_gradient(weights: list[float], patterns: list[list[bool]]) -> list[float]:
    gradient = [soft_excess(weights, patterns, j) for j in range(len(weights))]
    for j, weight in enumerate(weights):
        found = order_chances(weights, patterns, j)
        for i, k, chance in found:
            steepness = weight * chance * (1 - chance) * len(weights) / len(found)
            for other in range(len(weights)):
                gradient[other] += steepness * (patterns[i][other] - patterns[k][other] - (other == j))
    return gradient


def normalised(weights: list[float]) -> list[float]:
    whole = sum(weights)
    return [weight / whole for weight in weights]


def slow_aces_o(samples: Samples) -> list[float]:
    columns = sorted(set(samples.test_of))
    closed = dict.fromkeys(columns, 0.0)
    for column, j in enumerate(samples.test_of):
        closed[j] += slow_aces_weight(samples, column)
    kept = [j for j in columns if closed[j] > 0]
    if not kept:
        return [0.0] * samples.n
    patterns = [[row[j] for j in kept] for row in samples.distinct]
    weights = normalised([closed[j] for j in kept])
    for _ in range(20):
        gradient = soft_gradient(weights, patterns)
        steepest = max(gradient)
        weights = normalised([w * math.exp(2.0 * (g - steepest)) for w, g in zip(weights, gradient, strict=True)])
    return totals(weights, patterns)


def shaded(trust: list[float], column: list[bool], passes: float, fails: float) -> float:
    """The share of a test's column, each sample counted by its trust, under a Beta prior."""
    counted = sum(weight for weight, passed in zip(trust, column, strict=True) if passed)
    return (counted + passes) / (sum(trust) + passes + fails)


def slow_em_step(samples: Samples, gamma: list[float]) -> list[float]:
    """L of each sample; pi = 1/2 brings nothing to it."""
    tau = min(1.0, 10 / samples.m)
    columns = [[row[j] for row in samples.passed] for j in range(samples.m)]
    good = [shaded(gamma, column, 5.0, 5.0) for column in columns]
    bad = [shaded([1 - g for g in gamma], column, 0.7, 9.3) for column in columns]
    return [
        tau
        * sum(
            math.log(a / c) if passes else math.log((1 - a) / (1 - c))
            for a, c, passes in zip(good, bad, row, strict=True)
        )
        for row in samples.passed
    ]


def slow_em(samples: Samples) -> list[float]:
    most = max(sum(row) for row in samples.passed)
    if not most:
        return [0.0] * samples.n
    gamma = [sum(row) / most for row in samples.passed]
    odds = []
    for _ in range(50):
        odds = slow_em_step(samples, gamma)
        gamma = [logistic(x) for x in odds]
    return odds


def slow_evidence(samples: Samples) -> list[float]:
    """P by behaviours, each of which may have several samples: a sample's part of it is P over their number."""
    rows = [(tuple(samples.passed[i]), tuple(samples.outputs[i])) for i in range(samples.n)]
    weights = {}
    for row in rows:
        votes, alike = sum(row[0]), rows.count(row)
        strength = (votes / samples.m) ** 2.5 if samples.m else 0.0
        weights[row] = math.sqrt(alike * (votes + 0.2)) * math.exp(4.5 * strength)
    whole = sum(weights.values())
    shared = {(a, b): 1.0 if a == b else share(agreements(list(a[1]), list(b[1]))) for a in weights for b in weights}
    tests = [sum(shared[row, other] * weight / whole for other, weight in weights.items()) for row in rows]
    part = [(weights[row] / whole / rows.count(row) + 1 / len(rows)) / 2 for row in rows]
    probes = [
        sum(share(agreements(mine, its)) * part[k] for k, its in enumerate(samples.probes)) if mine else 1.0
        for mine in samples.probes
    ]
    return [of_tests * of_probes for of_tests, of_probes in zip(tests, probes, strict=True)]


SLOW: dict[str, Callable[[Samples], list[float]]] = {
    "majority": slow_majority,
    "majority_first": slow_majority_first,
    "codet": slow_codet,
    "codet_published": slow_codet_published,
    "mbr_exec": slow_mbr_exec,
    "mbr_exec_soft": slow_mbr_exec_soft,
    "agreement": slow_agreement,
    "srank": slow_srank,
    "b4": slow_b4,
    "aces": slow_aces,
    "aces_o": slow_aces_o,
    "em": slow_em,
    "evidence": slow_evidence,
}


def slow_scores(name: str, ballot: Ballot) -> list[float]:
    """One per candidate: that of its first sample."""
    of_samples = SLOW[name](written_out(ballot))
    starts = itertools.accumulate(ballot.multiplicity.tolist()[:-1], initial=0)
    return [of_samples[start] for start in starts]


# Ballots at random.


def random_output(chance: random.Random, expected: int, skill: float) -> int:
    wrong = [NO_OUTPUT, *(answer for answer in range(4) if answer != expected)]
    return expected if chance.random() < skill else chance.choice(wrong)


def random_first(chance: random.Random, sizes: list[int]) -> list[int]:
    """The samples in any order."""
    drawn = [i for i, size in enumerate(sizes) for _ in range(size)]
    chance.shuffle(drawn)
    return [drawn.index(i) for i in range(len(sizes))]


def random_ballot(seed: int) -> Ballot:
    """Shapes and densities go round with the seed; 0 and 1 are nothing passed and all passed."""
    chance = random.Random(seed)
    n, m, density = 1 + seed % 8, seed % 9, (0.5, 0.0, 0.3, 0.7, 1.0)[seed % 5]
    expected = [chance.randrange(4) for _ in range(m)]
    skills = [density ** chance.uniform(0.2, 3.0) for _ in range(n)]
    rows = [[random_output(chance, answer, skill) for answer in expected] for skill in skills]
    sizes = [chance.randint(1, 4) for _ in range(n)]
    copies = [chance.randint(1, 4) for _ in range(m)]
    probes = [[random_output(chance, 1, skill) for _ in range(seed % 4)] for skill in skills]
    ballot = ballot_of(rows, sizes, copies, random_first(chance, sizes), probes)
    passed = np.asarray(ballot.outputs == np.array(expected, dtype=np.int64))
    return dataclasses.replace(ballot, passed=passed)


BALLOTS = [random_ballot(seed) for seed in range(60)]


@pytest.mark.parametrize("seed", range(len(BALLOTS)))
@pytest.mark.parametrize("name", SLOW)
def test_a_rule_gives_what_a_slow_reading_of_its_formula_gives(name: str, seed: int) -> None:
    ballot = BALLOTS[seed]
    assert scores_of(name, ballot) == close(slow_scores(name, ballot))


@pytest.mark.parametrize("name", SLOW)
def test_the_random_ballots_make_every_rule_prefer_something(name: str) -> None:
    telling = [ballot for ballot in BALLOTS if np.ptp(scores_of(name, ballot)) > 1e-3]
    assert len(telling) >= len(BALLOTS) // 3


def test_the_slow_gradient_of_aces_o_is_the_slope_of_its_objective() -> None:
    chance = random.Random(7)
    patterns = [[True, True, False], [True, False, True], [False, True, True], [True, False, False], [False] * 3]
    weights = normalised([chance.uniform(0.1, 1.0) for _ in range(3)])
    step = 1e-5
    for j, slope in enumerate(soft_gradient(weights, patterns)):
        above, below = ([w + sign * step * (j == k) for k, w in enumerate(weights)] for sign in (1, -1))
        rise = soft_objective(above, patterns) - soft_objective(below, patterns)
        assert rise / (2 * step) == close(slope, 1e-7)


# Worked by hand: three candidates A, B and C against three tests.

WORKED = ballot_of(
    [
        [RIGHT, RIGHT, RIGHT],
        [RIGHT, RIGHT, WRONG],
        [NO_OUTPUT, WRONG, RIGHT],
    ],
    sizes=[1, 4, 1],
    copies=[2, 1, 1],
    first=[2, 0, 5],
)
"""A alone passes all; B is the crowd and fails the third test; C passes only that. N = 6 samples, M = 4."""


def test_majority_worked_by_hand() -> None:
    """Distinct tests passed: 3, 2, 1. Groups of samples: 1, 4, 1, over 1 + 6."""
    assert scores_of("majority", WORKED) == close([3 + 1 / 7, 2 + 4 / 7, 1 + 1 / 7])


def test_majority_first_worked_by_hand() -> None:
    """Distinct tests passed: 3, 2, 1. First samples: 2, 0, 5, over 1 + 5."""
    assert scores_of("majority_first", WORKED) == close([3 - 1 / 3, 2, 1 - 5 / 6])


def test_codet_worked_by_hand() -> None:
    """|X| = 1, 4, 1 samples; |Y| = 2 + 1 + 1, 2 + 1, 1 test samples: sqrt(1) 4, sqrt(4) 3, sqrt(1) 1."""
    assert scores_of("codet", WORKED) == close([4, 6, 1])


def test_codet_published_worked_by_hand() -> None:
    """1 * 4, 4 * 3, 1 * 1."""
    assert scores_of("codet_published", WORKED) == close([4, 12, 1])


def test_mbr_exec_worked_by_hand() -> None:
    """A differs from the four of B and from C: 5. B from A and C: 2. C from all six, as it has no first output."""
    assert scores_of("mbr_exec", WORKED) == close([-5, -2, -6])


def test_mbr_exec_soft_worked_by_hand() -> None:
    """Shares of the three distinct tests: A-B 1/3 (third), A-C 2/3 (all but the third), B-C 1, C-C 1/3 (first).

    A: 4/3 + 2/3. B: 1/3 + 1. C: 2/3 + 4 + 1/3.
    """
    assert scores_of("mbr_exec_soft", WORKED) == close([-2, -4 / 3, -5])


def test_agreement_worked_by_hand() -> None:
    """Shares as for `mbr_exec_soft`, each sample's with itself included: A 1 + 4 * 2/3 + 1/3, B 2/3 + 4, C 1/3 + 2/3.

    With one more input, which A and C answer alike: A 1 + 4 * 1/2 + 1/2, B 1/2 + 4, C 1/2 + 3/4.
    """
    assert scores_of("agreement", WORKED) == close([4 / 6, 14 / 18, 1 / 6])
    probed = dataclasses.replace(WORKED, probes=np.array([[7], [8], [7]]))
    assert scores_of("agreement", probed) == close([3.5 / 6, 4.5 / 6, 1.25 / 6])


def test_srank_worked_by_hand() -> None:
    """V: A 1/6 * 4/4 = 1/6, B 4/6 * 3/4 = 1/2, C 1/6 * 1/4 = 1/24. F: A-B 2/3, A-C 1/3, B-C 0.

    A: 1/6 + 2/3 * 1/2 + 1/3 * 1/24 = 37/72. B: 1/2 + 2/3 * 1/6 = 11/18. C: 1/24 + 1/3 * 1/6 = 7/72.
    """
    assert scores_of("srank", WORKED) == close([37 / 72, 11 / 18, 7 / 72])


def test_evidence_worked_by_hand() -> None:
    """Weights: A sqrt(1 * 4.2) e^4.5, B sqrt(4 * 3.2) e^(4.5 * sqrt(243)/32), C sqrt(1 * 1.2) e^(4.5/32).

    Shared answers, of the three distinct tests: A-B 2/3, A-C 1/3, B-C 0.
    """
    crowd = math.sqrt(12.8) * math.exp(4.5 * math.sqrt(243) / 32)
    a, b, c = math.sqrt(4.2) * math.exp(4.5), crowd, math.sqrt(1.2) * math.exp(4.5 / 32)
    expected = [(a + 2 * b / 3 + c / 3) / (a + b + c), (b + 2 * a / 3) / (a + b + c), (c + a / 3) / (a + b + c)]
    assert scores_of("evidence", WORKED) == close(expected)


def test_evidence_on_probing_inputs_worked_by_hand() -> None:
    """Three candidates that no test tells apart, of one sample, one and two: P is shared by samples.

    Of three probing inputs the first two answer two alike; the third raises on the last, and agrees on the others with
    the second alone.
    """
    ballot = ballot_of([[RIGHT]] * 3, sizes=[1, 1, 2], probes=[[7, 7, 7], [7, 8, 7], [5, 8, NO_OUTPUT]])
    parts = [(1 + 2 / 3) / 4, (2 / 3 + 1 + 2 / 3) / 4, (1 / 3 + 4 / 3) / 4]
    assert scores_of("evidence", ballot) == close(parts)


def log_rising(start: float, steps: int) -> float:
    """ln of start (start + 1) ... over that many factors; B(a, n) = (n - 1)! / that of a and n, for a whole n."""
    return sum(math.log(start + step) for step in range(steps))


def test_b4_worked_by_hand() -> None:
    """alpha = 1000, beta0 = 100 000; passes/cells of the other samples on Y, and off Y:

    A: |X| = 1, |Y| = 4; on Y 4 * 3 + 1 = 13/20, off Y 0/0. B(14, 8) = 13! 7! / 21!.
    B: |X| = 4, |Y| = 3; on Y 3 + 0 = 3/6, off Y 1 + 1 = 2/2. B(4, 4) = 3! 3! / 7! = 1/140; B(3, beta0).
    C: |X| = 1, |Y| = 1; on Y 1/5, off Y 3 + 4 * 3 = 15/15. B(2, 5) = 4! / 6! = 1/30; B(16, beta0).
    """
    ln, factorial = math.log, math.factorial
    alone = ln(120) - log_rising(1001, 6)  # B(1 + alpha, 6 - 1 + 1)
    a = alone - ln(1004) + ln(factorial(13) * factorial(7) / factorial(21)) - ln(1e5)
    b = ln(2) - log_rising(1004, 3) - log_rising(1003, 2) - ln(140) + ln(2) - log_rising(1e5, 3)
    c = alone + ln(6) - log_rising(1001, 4) - ln(30) + ln(factorial(15)) - log_rising(1e5, 16)
    assert scores_of("b4", WORKED) == close([a, b, c])


def test_aces_worked_by_hand() -> None:
    """First test, each of its two copies: others passed A 3, B 2 before C 1, so A_j = 1; p = 5/6; w = 1/2 * 5/36.
    Second: A 3, B 2 before C 1, the same 5/72. Third: of its 2 * 4 pairs A ties with the four of B (3 and 3), C (0)
    loses to them, so A_j = 2/8 and w = 0. A and B pass three test samples of 5/72 each, C passes none of them.
    """
    assert scores_of("aces", WORKED) == close([5 / 24, 5 / 24, 0])


def test_aces_o_worked_by_hand() -> None:
    """The third test is dropped; A and B pass all that is left and C nothing, so any weights of sum 1 give this."""
    assert scores_of("aces_o", WORKED) == close([1, 1, 0])


def test_aces_o_of_tests_that_are_alike_worked_by_hand() -> None:
    """Four candidates, as no three make two tests alike that keep their weight. First test, and likewise the second:
    two samples tie and win, one loses and ties: (2 * 1/2 + 2 * 1 + 0 + 1/2) / 6 = 7/12 > 1/2. The third is passed by
    all and dropped. Alike, the two stay at 1/2 each, whatever the steps.
    """
    rows = [[RIGHT, RIGHT, RIGHT], [RIGHT, WRONG, RIGHT], [WRONG, RIGHT, RIGHT], [WRONG, WRONG, RIGHT]]
    assert scores_of("aces_o", ballot_of(rows, sizes=[2, 1, 1, 1])) == close([1, 1 / 2, 1 / 2, 0])


def test_em_worked_by_hand() -> None:
    """990 samples of A pass all, one of B passes nothing, one of C the first test; each test came ten times, so
    tau = 1/3. The gammas end at 1, 0 and 0 to 1e-11, hence a_j = 995/1000, c_1 = 1.7/12, c_2 = c_3 = 0.7/12, and the
    score is 10/3 of the sum over the three tests.
    """
    rows = [[RIGHT, RIGHT, RIGHT], [WRONG, WRONG, WRONG], [RIGHT, WRONG, WRONG]]
    passes_1, passes_2 = math.log(0.995 / (1.7 / 12)), math.log(0.995 / (0.7 / 12))
    fails_1, fails_2 = math.log(0.005 / (10.3 / 12)), math.log(0.005 / (11.3 / 12))
    sums = np.array([passes_1 + 2 * passes_2, fails_1 + 2 * fails_2, passes_1 + 2 * fails_2])
    # 990 times the 1e-11 that is missing from a gamma
    assert scores_of("em", ballot_of(rows, [990, 1, 1], [10, 10, 10])) == close(sums * 10 / 3, 1e-7)


@pytest.mark.parametrize(
    ("favourites", "names"),
    [
        ("A", ["majority", "majority_first", "b4", "em"]),
        ("B", ["agreement", "codet", "codet_published", "mbr_exec", "mbr_exec_soft", "srank"]),
        ("AB", ["aces", "aces_o"]),
    ],
)
def test_the_rules_disagree_on_the_worked_example(favourites: str, names: list[str]) -> None:
    for name in names:
        scores = scores_of(name, WORKED)
        assert [scores.max() - score < 1e-9 for score in scores] == [letter in favourites for letter in "ABC"], name


# What holds of every rule.

every_rule = pytest.mark.parametrize("name", sorted(known_rules()))
every_fair_rule = pytest.mark.parametrize("name", sorted(set(known_rules()) - ORDERED))


def with_candidates(ballot: Ballot, rows: Sequence[int], sizes: Sequence[int] | None = None) -> Ballot:
    return dataclasses.replace(
        ballot,
        passed=ballot.passed[list(rows)],
        multiplicity=ballot.multiplicity[list(rows)] if sizes is None else np.array(sizes, dtype=np.int64),
        outputs=ballot.outputs[list(rows)],
        first=ballot.first[list(rows)],
        probes=ballot.probes[list(rows)],
    )


def with_tests(ballot: Ballot, columns: Sequence[int]) -> Ballot:
    return dataclasses.replace(
        ballot,
        passed=ballot.passed[:, list(columns)],
        test_multiplicity=ballot.test_multiplicity[list(columns)],
        outputs=ballot.outputs[:, list(columns)],
    )


def shuffled(length: int, seed: int) -> list[int]:
    return random.Random(seed).sample(range(length), length)


@every_rule
def test_scores_are_one_finite_float_per_candidate(name: str) -> None:
    for ballot in BALLOTS:
        scores = scores_of(name, ballot)
        assert scores.dtype == np.float64 and scores.shape == ballot.multiplicity.shape
        assert np.isfinite(scores).all(), ballot


@every_rule
def test_the_order_of_candidates_does_not_matter(name: str) -> None:
    for seed, ballot in enumerate(BALLOTS):
        rows = shuffled(len(ballot.multiplicity), seed)
        assert scores_of(name, with_candidates(ballot, rows)) == close(scores_of(name, ballot)[rows]), ballot


@every_rule
def test_the_order_of_tests_does_not_matter(name: str) -> None:
    for seed, ballot in enumerate(BALLOTS):
        columns = shuffled(len(ballot.test_multiplicity), seed)
        assert scores_of(name, with_tests(ballot, columns)) == close(scores_of(name, ballot)), ballot


@every_fair_rule
def test_a_ring_of_equals_ties_whatever_the_order_of_tests(name: str) -> None:
    """Turned by one candidate and one test it is the same ballot: nothing but rounding could tell them apart."""
    ring = ballot_of(
        [[RIGHT if (j - i) % 7 in (0, 1) else WRONG for j in range(7)] for i in range(7)], [6] * 7, [5] * 7
    )
    for seed in range(10):
        scores = scores_of(name, with_tests(ring, shuffled(7, seed)))
        assert scores == close(np.full(7, scores[0])), seed


@every_rule
def test_outputs_are_names_and_no_numbers(name: str) -> None:
    for ballot in BALLOTS:
        renamed = np.where(ballot.outputs == NO_OUTPUT, NO_OUTPUT, 50 - 7 * ballot.outputs)
        assert scores_of(name, dataclasses.replace(ballot, outputs=renamed)) == close(scores_of(name, ballot)), ballot


def splits(ballot: Ballot) -> Iterable[tuple[int, Ballot]]:
    """Each candidate of more than one sample, and the ballot on which one of its samples is the last candidate, with
    the same verdicts and the same outputs."""
    sizes = ballot.multiplicity.tolist()
    for row in np.flatnonzero(ballot.multiplicity > 1).tolist():
        shared = [size - (i == row) for i, size in enumerate(sizes)]
        yield row, with_candidates(ballot, [*range(len(sizes)), row], [*shared, 1])


@every_fair_rule
def test_a_program_written_in_two_ways_scores_as_if_written_in_one(name: str) -> None:
    for ballot in BALLOTS:
        whole = scores_of(name, ballot).tolist()
        for row, split in splits(ballot):
            assert scores_of(name, split) == close([*whole, whole[row]]), (row, ballot)


@every_fair_rule
def test_candidates_with_equal_rows_score_exactly_the_same(name: str) -> None:
    for ballot in BALLOTS:
        n = len(ballot.multiplicity)
        scores = scores_of(name, with_candidates(ballot, [*range(n), *range(n)]))
        assert scores[:n].tolist() == scores[n:].tolist(), ballot


@every_fair_rule
def test_without_tests_all_candidates_are_equal(name: str) -> None:
    for ballot in BALLOTS:
        nothing = dataclasses.replace(with_tests(ballot, []), probes=ballot.probes[:, :0])
        scores = scores_of(name, nothing)
        assert scores.tolist() == [scores[0]] * len(scores), ballot


# What each of them cares about.


@pytest.mark.parametrize("name", ["majority", "majority_first"])
def test_majority_counts_a_test_once_whatever_its_copies(name: str) -> None:
    for ballot in BALLOTS:
        once = dataclasses.replace(ballot, test_multiplicity=np.ones_like(ballot.test_multiplicity))
        assert scores_of(name, once) == close(scores_of(name, ballot)), ballot


def test_majority_lets_no_crowd_outweigh_one_more_test() -> None:
    few, crowd = scores_of("majority", ballot_of([[RIGHT, RIGHT], [RIGHT, WRONG]], sizes=[1, 1000]))
    assert few > crowd


def test_majority_breaks_ties_by_the_crowd_majority_first_by_order() -> None:
    """Worked: 2 + 1/5, 2 + 2/5, 0 + 1/5 against 2 - 0, 2 - 1/4, 0 - 3/4."""
    ballot = ballot_of([[RIGHT, RIGHT, WRONG], [WRONG, RIGHT, RIGHT], [WRONG, WRONG, WRONG]], sizes=[1, 2, 1])
    assert scores_of("majority", ballot) == close([2.2, 2.4, 0.2])
    assert scores_of("majority_first", ballot) == close([2, 1.75, -0.75])


def test_codet_prefers_the_larger_group_at_equal_tests() -> None:
    small, large = scores_of("codet", ballot_of([[RIGHT, WRONG], [WRONG, RIGHT]], sizes=[2, 3]))
    assert large > small


def test_codet_counts_duplicates_of_programs_and_tests() -> None:
    """One sample and one test, four samples, nine tests."""
    ballot = ballot_of([[RIGHT, WRONG], [WRONG, RIGHT]], sizes=[1, 4], copies=[9, 1])
    assert scores_of("codet", ballot) == close([1 * 9, 2 * 1])


def test_codet_published_gives_a_crowd_more_than_codet_does() -> None:
    """Four samples that pass one test against one sample that passes three."""
    ballot = ballot_of([[RIGHT, WRONG, WRONG, WRONG], [WRONG, RIGHT, RIGHT, RIGHT]], sizes=[4, 1])
    assert scores_of("codet_published", ballot) == close([4, 3])
    assert scores_of("codet", ballot) == close([2, 3])


@pytest.mark.parametrize("name", ["mbr_exec", "mbr_exec_soft", "agreement"])
def test_rules_of_answers_ignore_what_tests_expect(name: str) -> None:
    for ballot in BALLOTS:
        upended = dataclasses.replace(ballot, passed=~ballot.passed)
        assert scores_of(name, upended).tolist() == scores_of(name, ballot).tolist(), ballot


@pytest.mark.parametrize("name", sorted(set(SLOW) - {"evidence", "agreement"}))
def test_other_rules_ignore_probing_inputs(name: str) -> None:
    for ballot in BALLOTS:
        unprobed = dataclasses.replace(ballot, probes=ballot.probes[:, :0])
        assert scores_of(name, unprobed).tolist() == scores_of(name, ballot).tolist(), ballot


@pytest.mark.parametrize("name", sorted(set(SLOW) - {"mbr_exec", "mbr_exec_soft", "agreement", "srank", "evidence"}))
def test_rules_of_verdicts_ignore_outputs(name: str) -> None:
    for ballot in BALLOTS:
        silent = dataclasses.replace(ballot, outputs=np.full_like(ballot.outputs, NO_OUTPUT))
        assert scores_of(name, silent).tolist() == scores_of(name, ballot).tolist(), ballot


def test_without_tests_evidence_is_agreement() -> None:
    for ballot in BALLOTS:
        untested = with_tests(ballot, [])
        assert scores_of("evidence", untested) == close(scores_of("agreement", untested)), ballot


def test_without_probing_inputs_agreement_is_the_soft_loss() -> None:
    """Of N samples: 1 + s / N."""
    for ballot in BALLOTS:
        if ballot.outputs.size:
            unprobed = dataclasses.replace(ballot, probes=ballot.probes[:, :0])
            loss = scores_of("mbr_exec_soft", unprobed) / ballot.multiplicity.sum()
            assert scores_of("agreement", unprobed) == close(1 + loss), ballot


def test_mbr_exec_takes_samples_without_output_to_be_unlike_all() -> None:
    """And unlike each other."""
    crowd = [NO_OUTPUT, RIGHT]
    assert scores_of("mbr_exec", ballot_of([crowd, [RIGHT, RIGHT]], sizes=[9, 1])) == close([-10, -9])


def test_mbr_exec_soft_credits_what_is_shared_in_part() -> None:
    """No two are alike; the second is between the others. Worked: 1/3 + 1, 1/3 + 2/3, 1 + 2/3."""
    ballot = ballot_of([[RIGHT, RIGHT, RIGHT], [RIGHT, RIGHT, WRONG], [WRONG, WRONG, WRONG]])
    assert scores_of("mbr_exec", ballot) == close([-2, -2, -2])
    assert scores_of("mbr_exec_soft", ballot) == close([-4 / 3, -1, -5 / 3])


def test_srank_credits_agreement_even_in_a_wrong_answer() -> None:
    """Each passes one test, V = 1/9; the first two give the second test the same wrong answer."""
    ballot = ballot_of([[RIGHT, WRONG, 5], [2, WRONG, RIGHT], [3, RIGHT, 4]])
    assert scores_of("srank", ballot) == close([4 / 27, 4 / 27, 3 / 27])


def test_b4_holds_it_against_a_candidate_that_others_pass_what_it_fails() -> None:
    """The first two pass two tests each; the others, one sample each, pass those of the first."""
    ballot = ballot_of(
        [
            [RIGHT, RIGHT, WRONG, WRONG],
            [WRONG, WRONG, RIGHT, RIGHT],
            [RIGHT, WRONG, WRONG, WRONG],
            [WRONG, RIGHT, WRONG, WRONG],
        ]
    )
    seconded, lone, *_ = scores_of("b4", ballot)
    assert seconded > lone


def with_a_test(ballot: Ballot, output: int) -> Ballot:
    """One more test, to which all gave that output."""
    column = np.full((len(ballot.multiplicity), 1), output, dtype=np.int64)
    return dataclasses.replace(
        ballot,
        passed=np.hstack([ballot.passed, column == RIGHT]),
        test_multiplicity=np.append(ballot.test_multiplicity, 3),
        outputs=np.hstack([ballot.outputs, column]),
    )


@pytest.mark.parametrize("output", [RIGHT, WRONG])
@pytest.mark.parametrize("name", ["aces", "aces_o"])
def test_aces_gives_no_weight_to_a_test_that_tells_nobody_apart(name: str, output: int) -> None:
    for ballot in BALLOTS:
        assert scores_of(name, with_a_test(ballot, output)) == close(scores_of(name, ballot)), ballot


def test_aces_lets_copies_of_a_test_speak_for_one_another() -> None:
    """Alone it has no test to agree with; of two copies each is right about the other: 2 * 1/2 * 1/4."""
    rows = [[RIGHT], [WRONG]]
    assert scores_of("aces", ballot_of(rows, copies=[1])) == close([0, 0])
    assert scores_of("aces", ballot_of(rows, copies=[2])) == close([1 / 4, 0])


@pytest.mark.parametrize("name", ["aces", "aces_o", "em"])
def test_a_test_that_agrees_with_the_others_is_trusted_more(name: str) -> None:
    """Six samples pass the first test and six the last; five of the former pass the others too, none of the latter."""
    ballot = ballot_of(
        [
            [RIGHT, RIGHT, RIGHT, WRONG],
            [WRONG, WRONG, WRONG, RIGHT],
            [RIGHT, WRONG, WRONG, WRONG],
        ],
        sizes=[5, 6, 1],
    )
    _, passes_the_last, passes_the_first = scores_of(name, ballot)
    assert passes_the_first > passes_the_last


def test_em_gives_nothing_where_nobody_passes_anything() -> None:
    assert scores_of("em", ballot_of([[WRONG, NO_OUTPUT], [WRONG, WRONG]])).tolist() == [0.0, 0.0]


def test_em_takes_no_more_from_many_tests_than_from_ten() -> None:
    ten = dataclasses.replace(WORKED, test_multiplicity=np.array([5, 3, 2]))
    hundred = dataclasses.replace(WORKED, test_multiplicity=np.array([50, 30, 20]))
    five = dataclasses.replace(WORKED, test_multiplicity=np.array([3, 1, 1]))
    assert scores_of("em", hundred) == close(scores_of("em", ten))
    assert scores_of("em", five).max() < scores_of("em", ten).max()


# Evidence


def crowd_against_one(passed_by_crowd: int, passed_by_one: int, tests: int) -> int:
    """Whom evidence picks: 0 for eight programs alike, 1 for one that passes other tests and answers otherwise."""
    crowd = [RIGHT if j < passed_by_crowd else 2 for j in range(tests)]
    one = [RIGHT if j >= tests - passed_by_one else 3 for j in range(tests)]
    return int(np.argmax(scores_of("evidence", ballot_of([crowd, one], sizes=[8, 1]))))


def test_evidence_trusts_tests_of_which_a_program_passes_nearly_all() -> None:
    assert crowd_against_one(8, 10, 10) == 1
    assert crowd_against_one(19, 20, 20) == 0, "one test in twenty is less than seven more programs"


def test_evidence_trusts_the_crowd_where_nobody_passes_many_tests() -> None:
    """The same difference of two tests in ten, further down."""
    assert crowd_against_one(1, 3, 10) == 0


def test_evidence_lets_agreement_decide_between_equal_votes() -> None:
    """B passes as many tests as A, but gives C's answers where both are said to be wrong."""
    ballot = ballot_of([[RIGHT, 2, 2], [RIGHT, 3, 3], [WRONG, 3, 3]])
    a, b, c = scores_of("evidence", ballot)
    assert b > a > c


def test_evidence_without_outputs_goes_by_votes_and_crowds_alone() -> None:
    passed = ballot_of([[RIGHT, RIGHT], [RIGHT, WRONG]], sizes=[1, 2])
    silent = dataclasses.replace(passed, outputs=np.full_like(passed.outputs, NO_OUTPUT))
    a, b = math.sqrt(2.2) * math.exp(4.5), math.sqrt(2 * 1.2) * math.exp(4.5 / 2**2.5)
    assert scores_of("evidence", silent) == close([a / (a + b), b / (a + b)])
