"""The architecture, held: the import contracts in pyproject.toml are kept, and each of them can be broken."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from helpers.paths import ROOT

PACKAGE = ROOT / "coderm_eval"

_LINT = "from importlinter.cli import lint_imports_command as lint; lint()"


def lint_imports(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Check the package that lies in `folder` against this repository's contracts."""
    command = [sys.executable, "-c", _LINT, str(ROOT / "pyproject.toml"), "--no-cache", "--no-logo", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


class Break(NamedTuple):
    """An import that a contract forbids, and the module that it is put into."""

    contract: str
    module: str
    imports: str


BREAKS = [
    Break("one-way-down", "core/messages.py", "coderm_eval.selection.ballot"),
    Break("one-way-down", "selection/ballot.py", "coderm_eval.execution.limits"),
    Break("one-way-down", "execution/limits.py", "coderm_eval.generation.prompts"),
    Break("one-way-down", "generation/prompts.py", "coderm_eval.benchmarks.prompts"),
    Break("one-way-down", "benchmarks/base.py", "coderm_eval.report.tables"),
    Break("one-way-down", "report/tables.py", "coderm_eval.pipeline.loop"),
    Break("one-way-down", "pipeline/loop.py", "coderm_eval.hosts.evalplus.files"),
    Break("one-way-down", "hosts/server/replay.py", "coderm_eval.cli.options"),
    Break("circles", "generation/models/base.py", "coderm_eval.generation.models.registry"),
    Break("circles", "selection/groups.py", "coderm_eval.selection.budget"),
    Break("blind", "core/messages.py", "lm_eval"),
    Break("blind", "selection/ballot.py", "coderm_eval.pipeline.windows"),
    Break("blind", "execution/limits.py", "coderm_eval.benchmarks.base"),
    Break("blind", "generation/prompts.py", "coderm_eval.report.scores"),
    Break("blind", "pipeline/loop.py", "coderm_eval.benchmarks.grade"),
    Break("blind", "pipeline/loop.py", "coderm_eval.pipeline.run"),
    Break("blind", "pipeline/background_writer.py", "coderm_eval.pipeline.settings"),
    Break("blind", "core/files.py", "inspect_ai"),
    Break("servers", "hosts/server/serve/best_of_n.py", "coderm_eval.benchmarks.grade"),
    Break("servers", "hosts/server/serve/app.py", "coderm_eval.pipeline.settings"),
    Break("servers", "hosts/server/replay.py", "coderm_eval.report.scores"),
    Break("servers", "hosts/server/protocol/app.py", "evalplus"),
    Break("pure", "selection/rules/majority.py", "random"),
    Break("pure", "selection/budget/greedy.py", "time"),
    Break("pure", "selection/picks.py", "pathlib"),
    Break("reports", "report/exporters/livecodebench.py", "coderm_eval.execution.executor"),
    Break("reports", "report/tables.py", "coderm_eval.generation.models.registry"),
    Break("settings", "benchmarks/demo/__init__.py", "coderm_eval.pipeline.settings"),
    Break("settings", "report/scores.py", "coderm_eval.pipeline.settings"),
    Break("harnesses", "pipeline/run.py", "lm_eval.api"),
    Break("harnesses", "cli/rerank.py", "lighteval"),
    Break("evalplus", "hosts/lm_eval/reranked_task.py", "evalplus.data"),
    Break("evalplus", "benchmarks/base.py", "evalplus"),
    Break("ray", "execution/executor.py", "ray"),
    Break("models", "generation/probe/network.py", "torch"),
    Break("models", "generation/models/vllm_model.py", "transformers"),
    Break("models", "hosts/lm_eval/reranked_task.py", "vllm"),
]


def append(module: Path, line: str) -> None:
    before = module.read_text() if module.exists() else ""
    module.write_text(f"{before}\n{line}\n")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the package, to be broken."""
    return shutil.copytree(PACKAGE, tmp_path / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))


def test_the_contracts_are_kept() -> None:
    run = lint_imports(ROOT)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("case", BREAKS, ids=lambda case: f"{case.contract}: {case.module} -> {case.imports}")
def test_a_forbidden_import_breaks_its_contract(case: Break, copied: Path) -> None:
    append(copied / case.module, f"import {case.imports}")
    run = lint_imports(copied.parent, "--contract", case.contract)
    assert run.returncode == 1 and "Contracts: 0 kept, 1 broken." in run.stdout, run.stdout


def test_every_contract_is_broken_by_one_of_these() -> None:
    contracts = [line for line in (ROOT / "pyproject.toml").read_text().splitlines() if line.startswith("id = ")]
    assert {f'id = "{case.contract}"' for case in BREAKS} == set(contracts)


def test_a_chain_of_imports_breaks_the_wall_too(copied: Path) -> None:
    append(copied / "pipeline" / "loop.py", "import coderm_eval.selection.other")
    append(copied / "selection" / "other.py", "import coderm_eval.execution.other")
    append(copied / "execution" / "other.py", "import coderm_eval.benchmarks.demo")
    run = lint_imports(copied.parent, "--contract", "blind")
    assert "coderm_eval.pipeline.loop is not allowed to import coderm_eval.benchmarks" in run.stdout


def test_an_exception_that_is_no_longer_needed_is_an_error(copied: Path) -> None:
    path = copied / "selection" / "budget" / "settings.py"
    path.write_text(path.read_text().replace("from pathlib import Path", "Path = str"))
    run = lint_imports(copied.parent, "--contract", "pure")
    assert run.returncode == 1 and "No matches for ignored import" in run.stdout


def test_the_loop_runs_without_anything_that_grades_being_loaded() -> None:
    """What is imported by name, which no contract sees, is not loaded either."""
    gold = ("coderm_eval.benchmarks", "coderm_eval.hosts", "coderm_eval.report", "evalplus", "lm_eval")
    code = (
        "import sys, coderm_eval.pipeline.loop, coderm_eval.selection, coderm_eval.selection.budget\n"
        f"print([m for m in sys.modules if m.startswith({gold!r})])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_every_module_says_what_it_is() -> None:
    undocumented = [p.name for p in PACKAGE.rglob("*.py") if not ast.get_docstring(ast.parse(p.read_text()))]
    assert undocumented == []
