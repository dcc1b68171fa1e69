"""The stages of a run, whose seconds add up to the whole."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count

import pytest

from coderm_eval.core.stopwatch import Seconds, Stopwatch, seconds_since_start


@pytest.fixture(autouse=True)
def clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at a clock is a second after the one before."""
    for name in ("monotonic", "process_time"):
        monkeypatch.setattr(time, name, count().__next__)


def walls(watch: Stopwatch) -> dict[str, float]:
    return {stage: seconds.wall for stage, seconds in watch.taken.items()}


def test_a_stage_within_another_interrupts_it() -> None:
    watch = Stopwatch("starting")
    with watch.during("choosing"), watch.during("grading"):
        pass
    assert walls(watch) == {"starting": 2, "choosing": 2, "grading": 1}


def test_a_stage_ends_with_an_error() -> None:
    watch = Stopwatch("starting")
    with pytest.raises(KeyError):
        watch.calls("grading", {"there": 1}.__getitem__)("missing")
    assert (watch.stage, walls(watch)) == ("starting", {"starting": 2, "grading": 1})


def test_only_the_wait_for_an_item_counts() -> None:
    """The consumer's time between the items is that of the stage which consumes; so is that of an inner wait."""
    watch = Stopwatch("choosing")

    def results(tests: Iterator[int]) -> Iterator[int]:
        for test in tests:
            yield test * 10

    waited = watch.items("executing", results(watch.items("writing_tests", iter([1, 2]))))
    assert list(waited) == [10, 20]
    taken = walls(watch)
    assert taken["writing_tests"] == 3  # two tests, and to find that there are no more
    assert taken["executing"] == 6  # before and after each of these waits
    assert taken["choosing"] == 4


def test_what_was_before_the_watch_is_of_the_first_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Stopwatch("starting", began_s=7)
    monkeypatch.setattr(time, "process_time", lambda: 3)
    assert watch.taken == {"starting": Seconds(wall=8, cpu=3)}  # CPU time of the process


def test_a_process_knows_how_long_it_is_there() -> None:
    assert 0 < seconds_since_start() < 10**6
