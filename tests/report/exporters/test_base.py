"""Exporters by name, and those of other packages."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from helpers.cli import said

from coderm_eval.core.choices import OWN_EXPORTERS
from coderm_eval.core.errors import SettingsError
from coderm_eval.report.exporters import base
from coderm_eval.report.exporters.base import Export, Exporter, load_exporter, make_export
from coderm_eval.report.exporters.exported_run import ExportedRun

PLUGIN = """
from coderm_eval.report.exporters import entry
from coderm_eval.report.exporters.base import Export

BENCHMARKS = ("demo",)

class Entry(entry.Entry):
    licence: str
    \"\"\"licence of the picks, such as MIT.\"\"\"

def export(run, entry, out):
    return Export({out / entry.name: entry.licence})
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
    for name, code in {"mine": PLUGIN, **{name: code for name, (code, _) in BROKEN.items()}}.items():
        (tmp_path / f"{name}_plugin.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    points = [EntryPoint(name, f"{name}_plugin", base.ENTRY_POINTS) for name in ("mine", *BROKEN)]
    monkeypatch.setattr(base, "entry_points", lambda group: points if group == "coderm_eval.exporters" else [])


def run_of(n: int) -> ExportedRun:
    """As much of a run as an exporter of the tests reads."""
    return cast(ExportedRun, SimpleNamespace(facts={"n_candidates": n}))


@pytest.mark.parametrize("name", OWN_EXPORTERS)
def test_the_packages_own_exporters_are_found(name: str) -> None:
    exporter: Exporter = load_exporter(name)
    assert exporter.BENCHMARKS


@pytest.mark.usefixtures("plugins")
def test_another_packages_exporter_is_found_beside_a_broken_one() -> None:
    assert tuple(load_exporter("mine").BENCHMARKS) == ("demo",)
    assert tuple(load_exporter("livecodebench").BENCHMARKS) == ("livecodebench",)


@pytest.mark.usefixtures("plugins")
def test_another_packages_exporter_asks_for_keys_of_its_own() -> None:
    exporter = load_exporter("mine")
    given = {"name": "P Bo3", "licence": "MIT"}
    assert make_export("mine", exporter, run_of(3), given, Path("out")) == Export({Path("out/P Bo3"): "MIT"})
    message = said(SettingsError, make_export, "mine", exporter, run_of(3), {"name": "P Bo3"}, Path("out"))
    assert message == (
        "--to mine: licence is missing: give --set licence=..., the licence of the picks, such as MIT; or write it "
        "into a file for --about"
    )


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
    def export(*_: Any) -> Export:
        raise error

    failing = cast(Exporter, SimpleNamespace(BENCHMARKS=("demo",), export=export))
    message = said(SettingsError, make_export, "mine", failing, run_of(1), {"name": "P"}, Path("out"))
    assert message.startswith(f"the exporter 'mine' failed ({type(error).__name__}: ")
