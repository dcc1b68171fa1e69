"""Fixtures of the tests of benchmarks."""

from __future__ import annotations

import shutil

import pytest
from helpers.mini_humaneval import MiniHumanEval

from coderm_eval.benchmarks.evalplus.gold_tests import LIMITS


@pytest.fixture
def mini_humaneval(mini_humaneval: MiniHumanEval) -> MiniHumanEval:
    """Without expected outputs, since how they are computed is tested here."""
    shutil.rmtree(mini_humaneval.cache)
    return mini_humaneval


@pytest.fixture
def short_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that never gets loaded costs a quarter of a second of CPU in place of 61."""
    monkeypatch.setattr("coderm_eval.benchmarks.evalplus.benchmark.LIMITS", LIMITS._replace(load_timeout_s=0.25))
