"""The paper's resampling: as if each problem had had only some of its tests, drawn anew many times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from coderm_eval.core.records import RerankResult, UnitTest
from coderm_eval.selection import select

__all__ = ["DRAWS", "SEED", "resample", "with_tests"]

DRAWS = 100
SEED = 0


def resample(results: Sequence[RerankResult], *, tests: int, rules: Sequence[str]) -> Iterator[list[RerankResult]]:
    """DRAWS times all problems, each with `tests` of its test samples, drawn without replacement; all if it has fewer.

    As in the authors' released scorer: tests are drawn, candidates are not.
    """
    rng = np.random.default_rng(SEED)
    for _ in range(DRAWS):
        yield [with_tests(result, _draw(result, tests, rng), rules) for result in results]


def with_tests(result: RerankResult, samples: Sequence[int], rules: Sequence[str]) -> RerankResult:
    """The problem with these of its test samples only, and the picks of `rules` on them.

    Probing inputs are left out: they were made from the calls of all tests.
    """
    wanted = set(samples)
    kept = {
        column: replace(test, samples=drawn)
        for column, test in enumerate(result.tests)
        if (drawn := tuple(sample for sample in test.samples if sample in wanted))
    }
    tests: tuple[UnitTest, ...] = tuple(kept.values())
    verdicts = result.verdicts.of_tests(list(kept))
    return replace(
        result,
        tests=tests,
        verdicts=verdicts,
        probes=None,
        selections=select(rules, result.candidates, tests, verdicts, stopped="resampled"),
    )


def _draw(result: RerankResult, tests: int, rng: np.random.Generator) -> list[int]:
    available = sorted(result.test_samples)
    return [available[position] for position in rng.permutation(len(available))[:tests]]
