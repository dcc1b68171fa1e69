"""What a program names is imported for it only where that has no effect but the import."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from coderm_eval.execution.sandbox import preloading
from coderm_eval.execution.sandbox.preloading import LIBRARIES, PACKAGES_OF_TESTS, STANDARD, Preloader, import_quietly

_IMPORTS = """
import importlib, json, os, signal, sys, threading
before = set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else set()
def state():
    handlers = [signal.getsignal(number) for number in range(1, 32)]
    return os.getcwd(), handlers, sys.stdout, sys.argv, sys.getrecursionlimit(), os.umask(0o22)
was = state()
failed = []
for name in json.loads(sys.argv[1]):
    try:
        importlib.import_module(name)
    except ImportError as error:
        failed.append(name)
left = (set(os.listdir("/proc/self/fd")) if before else set()) - before
open_files = [n for n in left if os.path.exists(f"/proc/self/fd/{n}")]
print(json.dumps([failed, state() == was, threading.active_count(), open_files]))
"""


def _report(names: list[str]) -> list[object]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _IMPORTS, json.dumps(names)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and done.stderr == "", done.stderr
    report: list[object] = json.loads(done.stdout)  # and nothing else was printed
    return report


def test_modules_on_the_list_can_be_imported_without_any_effect() -> None:
    assert _report(sorted(STANDARD)) == [[], True, 1, []]


def test_libraries_on_the_list_have_no_effect_where_they_are_installed() -> None:
    missing, *rest = _report(sorted(LIBRARIES | PACKAGES_OF_TESTS))
    assert rest == [True, 1, []]
    assert "numpy" not in str(missing)


def test_no_name_on_a_list_is_a_program() -> None:
    assert {name for name in STANDARD | LIBRARIES if "__main__" in name} == set()
    assert {name.partition(".")[0] for name in STANDARD} <= sys.stdlib_module_names


@pytest.mark.parametrize("name", ["unittest.__main__", "venv.__main__", "this", "json.tool", "coderm_eval", "", "a.b"])
def test_a_name_that_is_not_on_a_list_is_imported_by_nobody(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preloading, "import_quietly", pytest.fail)
    assert Preloader().load([name]) == []


@pytest.mark.parametrize(
    "error", ["SystemExit(0)", "KeyboardInterrupt", "GeneratorExit", "RuntimeError", "MemoryError"]
)
def test_no_exception_of_an_import_escapes(error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    name = f"raises_{error.partition('(')[0].lower()}"
    (tmp_path / f"{name}.py").write_text(f"raise {error}\n")
    import_quietly(name)
    assert name not in sys.modules


def test_a_library_is_loaded_once_many_programs_have_named_it(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(preloading, "import_quietly", loaded.append)
    preloader = Preloader()
    left = [preloader.load(["numpy", "math"]) for _ in range(25)]
    assert loaded == ["math", "numpy"] and left == [["numpy"]] * 19 + [[]] * 6


def test_a_module_that_draws_when_imported_moves_no_programs_chance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "drawing_module.py").write_text("import random\nrandom.random()\n")
    (tmp_path / "failing_module.py").write_text("import random\nrandom.random()\nraise OSError\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("drawing_module", "failing_module"):
        import_quietly(name)
        assert random.random() == random.Random(0).random()
