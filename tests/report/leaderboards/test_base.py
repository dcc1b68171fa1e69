"""Exporters by name, and those of other packages."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from helpers.cli import said

from coderm_eval.core.errors import SettingsError
from coderm_eval.report.leaderboards import base
from coderm_eval.report.leaderboards.base import Exporter, exporting, load_exporter

PLUGIN = """
from coderm_eval.report.leaderboards.base import Export

BENCHMARKS = ("demo",)

def export(run, benchmark, out, *, name, temperature):
    return Export({out / name: "picks"}, None)
"""

BROKEN = {
    "broken": ("import a_package_that_is_missing", "cannot be loaded (No module named 'a_package_that_is_missing')"),
    "ending": ("raise SystemExit(4)", "cannot be loaded (4)"),
    "empty": ("", "lacks BENCHMARKS, a tuple of names, or an export()"),
    "half": ("BENCHMARKS = ('demo',)", "lacks BENCHMARKS, a tuple of names, or an export()"),
    "worded": (PLUGIN.replace('("demo",)', '"demo"'), "lacks BENCHMARKS"),
    "uncallable": ("BENCHMARKS, export = ('demo',), 3", "lacks BENCHMARKS"),
}


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Installed packages with an exporter each, one of which works."""
    for name, code in {"board": PLUGIN, **{name: code for name, (code, _) in BROKEN.items()}}.items():
        (tmp_path / f"{name}_plugin.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    points = [EntryPoint(name, f"{name}_plugin", base.ENTRY_POINTS) for name in ("board", *BROKEN)]
    monkeypatch.setattr(base, "entry_points", lambda group: points if group == "coderm_eval.exporters" else [])


def test_the_packages_own_exporter_is_found() -> None:
    exporter: Exporter = load_exporter("livecodebench")
    assert tuple(exporter.BENCHMARKS) == ("livecodebench",)


@pytest.mark.usefixtures("plugins")
def test_another_packages_exporter_is_found_beside_a_broken_one() -> None:
    assert tuple(load_exporter("board").BENCHMARKS) == ("demo",)
    assert tuple(load_exporter("livecodebench").BENCHMARKS) == ("livecodebench",)


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize("name", BROKEN)
def test_an_exporter_that_cannot_be_used_is_named(name: str) -> None:
    message = said(SettingsError, load_exporter, name)
    assert message.startswith(f"the exporter {name} = {name}_plugin {BROKEN[name][1]}")
    assert "mend or uninstall the package" in message


def test_an_unknown_exporter_gets_the_nearest_name() -> None:
    assert said(SettingsError, load_exporter, "livecode") == (
        "no exporter is called 'livecode'; did you mean 'livecodebench'?"
    )


@pytest.mark.parametrize("error", [KeyError("grades"), SystemExit(3), RecursionError("deep")])
def test_an_exporter_that_fails_is_named(error: BaseException) -> None:
    def export() -> None:
        with exporting("board"):
            raise error

    assert said(SettingsError, export).startswith(f"the exporter 'board' failed ({type(error).__name__}: ")
