"""The risk-coverage curve against plain loops, with and without picks of equal confidence."""

from __future__ import annotations

import numpy as np
import pytest

from coderm_eval.report.risk_coverage import best_aurc, risk_coverage


def risk_from(confidence: list[float], right: list[bool], least: float) -> float:
    """The share of wrong picks among those of at least this confidence."""
    answered = [is_right for sure, is_right in zip(confidence, right, strict=True) if sure >= least]
    return sum(not is_right for is_right in answered) / len(answered)


def aurc_slowly(confidence: list[float], right: list[bool]) -> float:
    return sum(risk_from(confidence, right, least) for least in confidence) / len(confidence)


def picks(levels: int, seed: int, count: int = 37) -> tuple[list[float], list[bool]]:
    """Picks with so many levels of confidence, and which of them are right."""
    rng = np.random.default_rng(seed)
    confidence = rng.integers(levels, size=count) / levels
    return list(confidence), list(rng.uniform(size=count) < confidence)


def arrays(confidence: list[float], right: list[bool]) -> tuple[np.ndarray, np.ndarray]:
    return np.array(confidence), np.array(right, np.float64)


@pytest.mark.parametrize("levels", [1, 2, 5, 1000])
@pytest.mark.parametrize("seed", range(5))
def test_the_area_is_that_of_plain_loops(levels: int, seed: int) -> None:
    confidence, right = picks(levels, seed)
    assert risk_coverage(*arrays(confidence, right)).aurc == pytest.approx(aurc_slowly(confidence, right))


@pytest.mark.parametrize("levels", [1, 2, 5, 1000])
@pytest.mark.parametrize("count", [1, 3, 10, 37])
def test_each_row_has_the_fewest_surest_picks_that_are_enough(levels: int, count: int) -> None:
    confidence, right = picks(levels, 0, count)
    for percent, row in zip(range(100, 0, -10), risk_coverage(*arrays(confidence, right)).rows(), strict=True):
        least = max(c for c in confidence if 100 * sum(other >= c for other in confidence) >= percent * count)
        number = sum(sure >= least for sure in confidence)
        assert (row["picks"], row["least_confidence"]) == (number, round(least, 6))
        assert row["coverage"] == pytest.approx(number / count, abs=1e-6)
        assert row["risk"] == pytest.approx(risk_from(confidence, right, least), abs=1e-6)


def test_the_order_of_equally_sure_picks_changes_nothing() -> None:
    confidence, right = [0.9, 0.5, 0.5, 0.5, 0.1], [True, False, True, False, False]
    backwards = risk_coverage(*arrays(confidence[::-1], right[::-1]))
    assert list(risk_coverage(*arrays(confidence, right)).rows()) == list(backwards.rows())


@pytest.mark.parametrize("seed", range(5))
def test_no_confidence_is_better_than_one_that_knows_what_is_right(seed: int) -> None:
    confidence, right = picks(1000, seed)
    knowing = [is_right + 0.001 * place for place, is_right in enumerate(right)]
    best = best_aurc(np.array(right, np.float64))
    assert best == pytest.approx(aurc_slowly(knowing, right))
    assert best <= aurc_slowly(confidence, right)
