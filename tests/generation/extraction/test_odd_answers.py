"""Answers as models of all kinds write them: the program of each is found, and it is right.

tests/data/odd_answers.jsonl: kind (chat, base: a completion of PROMPT, none: there is no answer), name, answer.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from evalplus.sanitize import sanitize
from helpers.paths import ROOT

from coderm_eval.core.records import Problem
from coderm_eval.generation.extraction.programs import extract_program

PROMPT = 'def tide(hours):\n    """ The highest, or None.\n    """\n'
PROBLEM = Problem("demo/0", "tide", PROMPT, "?")

ROWS = [json.loads(line) for line in (ROOT / "tests" / "data" / "odd_answers.jsonl").read_text().splitlines()]


def is_right(program: str) -> bool:
    """Return whether the program loads, and its function is right."""
    names: dict[str, Any] = {"__name__": "candidate"}
    try:
        exec(compile(program, "candidate", "exec", dont_inherit=True), names)
        return bool(names["tide"]([1, 3, 2]) == 3 and names["tide"]([]) is None)
    except (Exception, SystemExit):
        return False


def found(row: dict[str, str]) -> str:
    return extract_program(row["answer"], PROBLEM, "default", completes=row["kind"] == "base")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['kind']}: {row['name']}")
def test_an_odd_answer_gives_its_right_program(row: dict[str, str]) -> None:
    program = found(row)
    assert is_right(program) if row["kind"] != "none" else program == "", program


def test_what_evalplus_finds_is_found_and_more() -> None:
    ours, theirs = set(), set()
    for row in ROWS:
        text = PROMPT + row["answer"] if row["kind"] == "base" else row["answer"]
        ours |= {row["name"]} if is_right(found(row)) else set()
        theirs |= {row["name"]} if row["kind"] != "none" and is_right(sanitize(text, "tide")) else set()
    assert theirs < ours


def test_extraction_is_stable() -> None:
    """A program that was extracted is extracted again as it is."""
    for row in ROWS:
        program = found(row)
        assert extract_program(program, PROBLEM, "default", completes=False) == program


ONLY_STUBS = [
    "```python\ndef tide(hours):\n    pass\n```\nIt does nothing.",
    "Here:\n\ndef tide(hours):\n    raise NotImplementedError\n",
    "```python\ndef tide(hours):\n    # ...\n    hours = 1\n```",
]


@pytest.mark.parametrize("answer", ONLY_STUBS)
def test_a_stub_is_the_program_where_there_is_no_other(answer: str) -> None:
    assert "def tide" in extract_program(answer, PROBLEM, "default", completes=False)
