"""Progress bars."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tqdm import tqdm

from coderm_eval.core.progress import progress


def test_a_bar_grows_with_what_is_known(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    class AtOnce(tqdm):  # type: ignore[type-arg]
        """Bars as they are, but that short work has one, too."""

        def __init__(self, *items: Any, **how: Any) -> None:
            super().__init__(*items, **{**how, "delay": 0})

    monkeypatch.setattr("coderm_eval.core.progress.tqdm", AtOnce)
    known: list[int] = []

    def items() -> Iterator[int]:
        for number in range(4):
            known.append(number)
            yield number

    assert list(progress(items(), lambda: len(known), "growing", "things")) == [0, 1, 2, 3]
    assert "4/4" in capsys.readouterr().err
    assert list(progress(iter(()), lambda: 0, "growing", "things")) == []  # no bar for nothing
    assert capsys.readouterr().err == ""
