"""Progress bars."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from coderm_eval.core.progress import _Bar, gauge, progress


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class AtOnce(_Bar):
        """Bars as they are, but that short work has one, too."""

        def __init__(self, *items: Any, **how: Any) -> None:
            super().__init__(*items, **{**how, "delay": 0})

    monkeypatch.setattr("coderm_eval.core.progress._Bar", AtOnce)


def test_a_bar_begins_where_an_earlier_run_ended(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(progress(range(2), 8, "sampling", "answers", done=6)) == [0, 1]
    shown = capsys.readouterr().err
    assert "6/8" in shown and "8/8" in shown and "0/8" not in shown
    assert list(progress(iter(()), 8, "sampling", "answers", done=8)) == []
    assert capsys.readouterr().err == ""


def test_a_bar_is_full_where_the_rest_was_not_needed(capsys: pytest.CaptureFixture[str]) -> None:
    with gauge(8, "running tests", "tests") as show:
        show(3, "2 problems decided")
        show(7, "all decided")
    assert "100%" in capsys.readouterr().err.rpartition("\r")[2]
    with suppress(KeyboardInterrupt), gauge(8, "running tests", "tests") as show:
        show(6, "")
        raise KeyboardInterrupt
    assert " 75%" in capsys.readouterr().err.rpartition("\r")[2]


def test_a_bar_grows_with_what_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    known: list[int] = []

    def items() -> Iterator[int]:
        for number in range(4):
            known.append(number)
            yield number

    assert list(progress(items(), lambda: len(known), "growing", "things")) == [0, 1, 2, 3]
    assert "4/4" in capsys.readouterr().err
    assert list(progress(iter(()), lambda: 0, "growing", "things")) == []  # no bar for nothing
    assert capsys.readouterr().err == ""
