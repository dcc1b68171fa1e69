"""Exporters by name, and those of other packages."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from helpers.cli import said

from coderm_eval.core.errors import SettingsError
from coderm_eval.report.leaderboards import base
from coderm_eval.report.leaderboards.base import Exporter, load_exporter

PLUGIN = """
from coderm_eval.report.leaderboards.base import Export

BENCHMARKS = ("demo",)

def export(run, benchmark, out, *, name, temperature):
    return Export((out / name,), None)
"""


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two installed packages with an exporter each, one of which is broken."""
    (tmp_path / "board_plugin.py").write_text(PLUGIN)
    (tmp_path / "broken_plugin.py").write_text("import a_package_that_is_missing")
    monkeypatch.syspath_prepend(tmp_path)
    points = [EntryPoint(name, f"{name}_plugin", base.ENTRY_POINTS) for name in ("board", "broken")]
    monkeypatch.setattr(base, "entry_points", lambda group: points if group == "coderm_eval.exporters" else [])


def test_the_packages_own_exporter_is_found() -> None:
    exporter: Exporter = load_exporter("livecodebench")
    assert tuple(exporter.BENCHMARKS) == ("livecodebench",)


@pytest.mark.usefixtures("plugins")
def test_another_packages_exporter_is_found_beside_a_broken_one() -> None:
    assert tuple(load_exporter("board").BENCHMARKS) == ("demo",)
    assert tuple(load_exporter("livecodebench").BENCHMARKS) == ("livecodebench",)


@pytest.mark.usefixtures("plugins")
def test_an_exporter_that_cannot_be_loaded_is_named() -> None:
    message = said(SettingsError, load_exporter, "broken")
    assert message.startswith("the exporter broken = broken_plugin cannot be loaded (No module named 'a_package_that_")


def test_an_unknown_exporter_gets_the_nearest_name() -> None:
    assert said(SettingsError, load_exporter, "livecode") == (
        "no exporter is called 'livecode'; did you mean 'livecodebench'?"
    )
