"""The public names are what they say, whatever was imported before, and can all be used."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.paths import ROOT

import coderm_eval

PACKAGE = ROOT / "coderm_eval"

STAGES = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))

EXAMPLE = """
from coderm_eval import (
    Block, Candidate, CodermError, Grade, Problem, ProblemCandidates, RerankResult, Run, Selection,
    UniformBudget, UnitTest, Verdict, Verdicts, compare, evaluate, load_run, rerank, select,
)

def write_tests(wanted):
    return [(task, [(i, f"test {i}") for i in samples]) for task, samples in wanted.items()]

def execute(blocks):
    for block in filter(None, blocks):
        assert isinstance(block, Block)
        verdicts = Verdicts.not_run(len(block.programs), len(block.tests))
        for row, program in enumerate(block.programs):
            verdicts.matrix[row] = Verdict.PASSED if program == "right" else Verdict.FAILED
        yield block, verdicts

problem = Problem("demo/0", "f", prompt="def f():", question="Return 1.")
candidates = (Candidate("wrong", (0, 2)), Candidate("right", (1,)))
(result,) = rerank(
    [ProblemCandidates(problem, candidates)],
    write_tests=write_tests, execute=execute, rule="majority", rules=["majority"], budget=UniformBudget(2),
)
assert isinstance(result, RerankResult) and result.problem is problem
assert result.tests == (UnitTest("test 0", (0,)), UnitTest("test 1", (1,)))
assert isinstance(result.verdicts, Verdicts) and result.verdicts.rows() == ["FF", "PP"]
assert isinstance(result.selections["majority"], Selection) and result.selections["majority"].chosen == 1
assert Grade({"base": "pass"}).passed and not Grade({"base": "fail"}).passed
assert select([[True, False], [True, True]]).chosen == 1
for call in (load_run, lambda name: compare(name, name), lambda name: evaluate(name, samples={}, out=name)):
    try:
        assert isinstance(call("nothing there"), Run)
    except CodermError:
        continue
    raise AssertionError(call)
try:
    raise CodermError("one sentence")
except CodermError as error:
    assert error.exit_code == 2
"""

BEFORE = {
    "nothing": "",
    "the package": "import coderm_eval",
    "every stage": "\n".join(f"import coderm_eval.{name}" for name in STAGES),
    "every stage, last first": "\n".join(f"import coderm_eval.{name}" for name in reversed(STAGES)),
    "the loop": "import coderm_eval.pipeline.loop",
}


@pytest.mark.parametrize("before", BEFORE)
def test_every_public_name_can_be_used(before: str) -> None:
    """In a process of its own: what else was imported there used to make a module of a function."""
    used = {name.id for name in ast.walk(ast.parse(EXAMPLE)) if isinstance(name, ast.Name)}
    assert used >= set(coderm_eval.__all__)
    command = [sys.executable, "-c", f"{BEFORE[before]}\n{EXAMPLE}"]
    assert subprocess.run(command, capture_output=True, text=True, check=False).stderr == ""


def test_all_names_are_there_and_sorted() -> None:
    assert coderm_eval.__all__ == sorted(coderm_eval.__all__)
    assert all(callable(getattr(coderm_eval, name)) for name in coderm_eval.__all__)


def public_names(package: Path) -> set[str]:
    """What `from package import *` gives, modules of the package's own left out."""
    body = ast.parse((package / "__init__.py").read_text()).body
    names = {node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    own = set()
    for node in body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names |= set(ast.literal_eval(node.value))
        elif isinstance(node, ast.ImportFrom) and node.module == ".".join(package.relative_to(ROOT).parts):
            own |= {alias.name for alias in node.names}
    return names - own


def test_no_module_has_the_name_of_something_public() -> None:
    """Importing a module sets its name in its package, over a function of that name."""
    packages = [path.parent for path in PACKAGE.rglob("__init__.py")]
    modules = {package: {path.stem for path in package.iterdir()} for package in packages}
    assert {str(p): both for p in packages if (both := modules[p] & public_names(p))} == {}
