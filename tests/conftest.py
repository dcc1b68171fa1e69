"""Fixtures that several test files share."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest
from helpers.kept_workers import keeping_workers
from helpers.mini_humaneval import MiniHumanEval, compute_here, point_evalplus, write_mini
from helpers.paths import RECORDED_DATA

from coderm_eval.benchmarks.evalplus.dataset import Dataset
from coderm_eval.benchmarks.evalplus.reference_answers import reference_answers

collect_ignore = ["data"]
"""Programs, some of them named like a file of tests."""

# The same examples every time, and no verdict by the clock.
hypothesis.settings.register_profile("coderm", derandomize=True, deadline=None)
hypothesis.settings.load_profile("coderm")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays: to look for garbage in it takes a third of the time of collecting."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


LONGEST = (
    "execution/sandbox/test_isolation.py",
    "end_to_end/test_readme.py",
    "execution/backends/ray/test_cluster.py",
    "execution/test_attacks_by_tests.py",
    "hosts/lighteval/test_lighteval.py",
    "benchmarks/evalplus/test_gold_tests.py",
    "execution/test_executor.py",
    "execution/test_attacks.py",
    "harnesses/test_be_the_model.py",
    "hosts/test_lm_eval_05.py",
)
"""Files that take longest, by docs/measurements/tests.md: they begin first, so that no process ends with one of them
while the others wait."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        return next((n for n, name in enumerate(LONGEST) if item.path.as_posix().endswith(name)), len(LONGEST))

    items.sort(key=rank)


@pytest.fixture(scope="session", autouse=True)
def _one_core() -> Iterator[None]:
    """A run has as many workers as there are cores. Here several tests run at a time and share the cores: a run of a
    few short programs on one worker takes half the CPU time of one on two, since a worker takes 0.3 s to start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "cpu_count", lambda: 1)
        yield


@pytest.fixture(scope="session", autouse=True)
def _kept_workers() -> Iterator[None]:
    """Whole runs find the workers of earlier ones. Executors that a test makes do not."""
    with keeping_workers():
        yield


@pytest.fixture(scope="session", autouse=True)
def _without_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A run's report.html takes a second of the CPU, as long as the run itself: only tests of it write one."""
    settings = tmp_path_factory.mktemp("settings") / "settings.yaml"
    settings.write_text("report: false\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CODERM_CONFIG", str(settings))
        yield


@pytest.fixture(autouse=True)
def _limits_are_given_back() -> Iterator[None]:
    """A program or gold test that is loaded in the process of a test sets its limits, which other tests rely on."""
    depth, digits = sys.getrecursionlimit(), sys.get_int_max_str_digits()
    yield
    sys.setrecursionlimit(depth)
    sys.set_int_max_str_digits(digits)


@pytest.fixture(scope="session")
def recorded_data() -> Path:
    if not RECORDED_DATA.is_dir():
        pytest.skip("no recorded data (CODERM_RECORDED_DATA)")
    return RECORDED_DATA


@pytest.fixture(scope="session")
def mini_answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """EvalPlus's cache once it has the expected outputs of the mini dataset."""
    mini = write_mini(tmp_path_factory.mktemp("mini"))
    with pytest.MonkeyPatch.context() as patch:
        point_evalplus(patch, mini.environment)
        compute_here(patch)
        reference_answers(Dataset("humaneval"))
    return mini.cache


@pytest.fixture
def mini_humaneval(mini_answers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MiniHumanEval:
    """The mini dataset in place of HumanEval+, with its expected outputs at hand."""
    mini = write_mini(tmp_path)
    shutil.copytree(mini_answers, mini.cache)
    point_evalplus(monkeypatch, mini.environment)
    return mini
