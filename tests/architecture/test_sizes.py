"""Modules and functions stay small: the limits are those of CONTRIBUTING.md."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from helpers.paths import ROOT

PACKAGE = ROOT / "coderm_eval"

MOST_LINES_OF_A_FUNCTION = 60
MOST_LINES_OF_THE_PIPELINE = 150
MOST_ENTRIES = 10
MOST_LETTERS_OF_A_TEST = 70


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """The functions of a file, each with its number of lines."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert node.end_lineno
            yield f"{path.relative_to(ROOT)}:{node.name}", node.end_lineno - node.lineno + 1


def test_no_function_is_long() -> None:
    lengths = dict(pair for path in PACKAGE.rglob("*.py") for pair in functions(path))
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES_OF_A_FUNCTION} == {}


def test_modules_of_the_pipeline_are_short() -> None:
    lengths = {path.name: len(path.read_text().splitlines()) for path in (PACKAGE / "pipeline").glob("*.py")}
    assert {name: lines for name, lines in lengths.items() if lines >= MOST_LINES_OF_THE_PIPELINE} == {}


def test_the_package_has_few_entries() -> None:
    """A folder is a stage, or lists the stages, or calls them, or is shared by all."""
    entries = {p.name for p in PACKAGE.iterdir() if not p.name.startswith("__")} - {"py.typed"}
    assert entries == {
        *("generation", "execution", "selection", "benchmarks", "report"),
        *("pipeline", "hosts", "cli", "core"),
    }
    assert len(entries) <= MOST_ENTRIES


def test_names_of_tests_are_short() -> None:
    """The story of a test stands in its docstring."""
    trees = [ast.parse(path.read_text()) for path in (ROOT / "tests").rglob("test_*.py")]
    names = [node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert [name for name in names if name.startswith("test_") and len(name) > MOST_LETTERS_OF_A_TEST] == []
