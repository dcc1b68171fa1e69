"""The page in a run's directory: when it is written, and what becomes of the run where it cannot be."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.cli import coderm, quick
from helpers.processes import soon

from coderm_eval.benchmarks.demo import SAMPLES, TESTS
from coderm_eval.pipeline.report_page import said_if_slow
from coderm_eval.report.page import page as page_module


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with samples, tests, and a run of them with a page."""
    folder = tmp_path_factory.mktemp("files")
    quick(SAMPLES, folder / "s.jsonl")
    quick(TESTS, folder / "t.jsonl")
    done = rerank(folder, "--report")
    assert "run directory: run; to look at it, open run/report.html\n" in done
    return folder


@pytest.fixture
def folder(files: Path, tmp_path: Path) -> Path:
    return shutil.copytree(files, tmp_path / "files")


def rerank(folder: Path, *flags: str) -> str:
    """Run on the files; returns what the terminal shows."""
    inputs = ["--benchmark", "demo", "--samples", "s.jsonl", "--tests", "t.jsonl", "--allow-partial", "--grade"]
    done = coderm("rerank", *inputs, "--out", "run", *flags, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_a_run_has_the_page_that_report_makes_of_it(folder: Path) -> None:
    page = (folder / "run" / "report.html").read_text()
    assert coderm("report", "run", "--html", "page.html", cwd=folder).returncode == 0
    assert (folder / "page.html").read_text() == page


def test_a_repeated_run_has_the_same_page_to_the_byte(folder: Path) -> None:
    page = (folder / "run" / "report.html").read_bytes()
    rerank(folder, "--report")
    assert (folder / "run" / "report.html").read_bytes() == page


def test_a_run_without_a_page_keeps_none_of_an_earlier_run(folder: Path) -> None:
    said = rerank(folder, "--no-report")
    assert said.endswith("run directory: run\n")
    assert not (folder / "run" / "report.html").exists()


def a_folder_in_its_place(folder: Path, patch: pytest.MonkeyPatch) -> None:
    (folder / "run" / "report.html").unlink()
    (folder / "run" / "report.html").mkdir()


def out_of_memory(folder: Path, patch: pytest.MonkeyPatch) -> None:
    (folder / "run" / "report.html").unlink()  # a finished run keeps its page

    def fail(*_: object, **__: object) -> str:
        raise MemoryError

    patch.setattr(page_module, "render_page", fail)


FAULTS = [(a_folder_in_its_place, "Is a directory"), (out_of_memory, "MemoryError")]


@pytest.mark.parametrize(("fault", "reason"), FAULTS)
def test_a_page_that_cannot_be_made_costs_a_warning_and_not_the_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, fault: Callable[[Path, pytest.MonkeyPatch], None], reason: str
) -> None:
    before = (folder / "run" / "chosen.jsonl").read_bytes()
    fault(folder, monkeypatch)
    said = rerank(folder, "--report")
    assert (folder / "run" / "chosen.jsonl").read_bytes() == before
    [warning] = [line for line in said.splitlines() if "report.html: not written" in line]  # it may be slow, too
    assert "run/report.html: not written (" in warning and reason in warning
    assert "the run is complete without it" in warning


def test_what_takes_long_says_so_meanwhile(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), said_if_slow("making it", 0):
        soon(lambda: caplog.messages == ["making it"])
    with said_if_slow("making that", 3600):
        pass
    assert caplog.messages == ["making it"]
