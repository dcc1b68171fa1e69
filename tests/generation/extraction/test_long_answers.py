"""Answers of a megabyte: what is done for each statement, line or mark does not grow with the rest of the text."""

from __future__ import annotations

import ast
from collections.abc import Callable
from unittest.mock import Mock

import pytest

from coderm_eval.core.records import Problem
from coderm_eval.generation.extraction import source_text, unit_tests
from coderm_eval.generation.extraction.fences import fences, only_fence
from coderm_eval.generation.extraction.marks import without_marks
from coderm_eval.generation.extraction.programs import extract_program
from coderm_eval.generation.extraction.unit_tests import TOO_LONG, extract_tests, recorded_tests

PROBLEM = Problem("ladder/1", "f", prompt="", question="")


STATEMENTS = ["x = 1", "é = '''\n1'''", "@a\n@b(1)\ndef g(): pass", "assert (f(1) ==\r\n 1)", "class A:\r  x = 'é'"]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_has_the_text_that_the_parser_gives_it(statement: str) -> None:
    source = f"y = 'é'; {statement}; z = 2\n" if statement[0] in "xé" else f"y = 1\f\n{statement}\nz = 2"
    node = ast.parse(source).body[1]
    segment = ast.get_source_segment(source, node) or ""
    whole = f"@a\n@b(1)\n{segment}" if statement[0] == "@" else segment
    assert source_text.SourceText(source).of(node) == whole


def lines_split(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> int:
    """How often a whole source is split into its lines."""
    split = Mock(side_effect=source_text.source_lines)
    monkeypatch.setattr(source_text, "source_lines", split)
    act()
    monkeypatch.undo()
    return split.call_count


@pytest.mark.parametrize("statement", ["assert f(1) == 1; ", "assert f(1) == 1\n", "import os; assert f(1)\n"])
def test_the_source_is_not_split_once_more_for_each_statement(statement: str, monkeypatch: pytest.MonkeyPatch) -> None:
    few = lines_split(monkeypatch, lambda: recorded_tests(statement * 10, "f"))
    many = lines_split(monkeypatch, lambda: recorded_tests(statement * 100, "f"))
    assert few == many > 0


def test_lines_that_all_begin_something_are_not_all_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    parse = Mock(side_effect=ast.parse)
    monkeypatch.setattr(ast, "parse", parse)
    assert extract_tests("@a\n" * 400, "f").rejected
    assert 0 < parse.call_count < 1_000


def test_asserts_that_repeat_what_stands_above_without_end_are_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    """A megabyte would become gigabytes."""
    monkeypatch.setattr(unit_tests, "MOST_TEXT", 100_000)
    text = "x = 1\nassert f(1) == 1\n"
    assert len(recorded_tests(text * 100, "f").sources) == 100
    assert recorded_tests(text * 300, "f").rejected == TOO_LONG


def test_marks_of_a_long_line_are_told_from_what_stands_near_them() -> None:
    assert without_marks("<code>" * 10_000) == "\n" * 10_000
    assert without_marks("'<code>' " * 2_000) == "'<code>' " * 2_000


FENCES = {"backticks and one more": "`" * 200_000 + " `", "openings for the paper": "x```python\n" * 20_000}


@pytest.mark.parametrize("text", FENCES.values(), ids=FENCES)
def test_marks_of_fences_are_looked_through_once(text: str) -> None:
    """By a regular expression that tries again from each of them it is hours."""
    assert only_fence(text) == ""
    assert not any(fence.labelled and "`" not in fence.body for fence in fences(text))


CHAINS = {
    "functions that use each other": "".join(f"def g{n}(): return g{n - 1}()\n" for n in range(1, 4_000)),
    "prose of names": "".join(f"x{n} = y{n}\n" for n in range(4_000)),
}


@pytest.mark.parametrize("rest", CHAINS.values(), ids=CHAINS)
def test_what_stands_behind_a_function_is_looked_at_once(rest: str) -> None:
    program = "def f(a):\n    return a\n"
    assert extract_program(f"{program}g0 = f\n{rest}", PROBLEM, "default", completes=False) == program
