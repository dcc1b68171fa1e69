"""The architecture, held: what selects cannot reach what grades, and importing the package is cheap."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from helpers.paths import ROOT

import coderm_eval

PACKAGE = ROOT / "coderm_eval"

BLIND = [
    "selection",
    "budget",
    "records.py",
    "groups.py",
    "syntax.py",
    "rerank.py",
    "resampling.py",
    "execution",
    "generation",
    *(
        f"probe/{name}.py"
        for name in ("features", "hidden_states", "holdout", "network", "pooling", "saved", "tensors")
    ),
]
"""Whatever touches a pick before it is made."""

GOLD = (
    "coderm_eval.benchmarks",
    "coderm_eval.pipeline.run",
    "coderm_eval.benchmarks.grade",
    "coderm_eval.hosts",
    "coderm_eval.report",
    "evalplus",
    "lm_eval",
)

HARNESSES = ["lm_eval", "evalplus", "datasets", "torch", "transformers", "vllm", "openai"]


def imports_of(part: str) -> set[str]:
    path = PACKAGE / part
    files = [path] if path.suffix else sorted(path.rglob("*.py"))
    found = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("part", BLIND)
def test_what_selects_names_nothing_that_grades(part: str) -> None:
    assert not {name for name in imports_of(part) if name.startswith(GOLD)}


def test_the_loop_runs_without_anything_that_grades_being_loaded() -> None:
    """Not even through a third module: looked up in a fresh interpreter."""
    code = (
        "import sys, coderm_eval.pipeline.loop, coderm_eval.selection, coderm_eval.selection.budget\n"
        f"print([m for m in sys.modules if m.startswith({GOLD!r})])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_importing_the_package_imports_no_harness_and_no_model_library() -> None:
    code = f"import sys, coderm_eval\nprint([m for m in {HARNESSES!r} if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


@pytest.mark.parametrize("part", ["selection", "budget"])
def test_selection_and_budget_are_pure(part: str) -> None:
    assert not imports_of(part) & {"os", "time", "random", "pathlib", "subprocess", "datetime", "io", "json"}


def test_only_hosts_import_lm_eval() -> None:
    others = [p.relative_to(PACKAGE).as_posix() for p in PACKAGE.rglob("*.py") if "hosts" not in p.parts]
    assert [part for part in others if any(name.split(".")[0] == "lm_eval" for name in imports_of(part))] == []


def test_all_is_what_can_be_imported_sorted() -> None:
    assert coderm_eval.__all__ == sorted(coderm_eval.__all__)
    assert all(hasattr(coderm_eval, name) for name in coderm_eval.__all__)


def test_every_module_says_what_it_is() -> None:
    undocumented = [p.name for p in PACKAGE.rglob("*.py") if not ast.get_docstring(ast.parse(p.read_text()))]
    assert undocumented == []
