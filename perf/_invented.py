"""Invented problems of any number, with candidates and tests: files for `rerank`, the same at every call."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["InventedFiles", "Shape"]

Row = dict[str, Any]


class Shape(NamedTuple):
    """How much of everything there is."""

    problems: int
    candidates: int
    distinct_candidates: int
    tests: int
    distinct_tests: int
    gold: bool
    """Whether problems have gold tests."""


class InventedFiles(NamedTuple):
    """A problem file, its samples and its tests."""

    problems: Path
    samples: Path
    tests: Path

    @classmethod
    def written(cls, folder: Path, shape: Shape) -> InventedFiles:
        """Write them to a folder that exists."""
        files = cls(folder / "problems.jsonl", folder / "samples.jsonl", folder / "tests.jsonl")
        rows: tuple[Callable[[int, Shape], Iterator[Row]], ...] = (_problem_rows, _sample_rows, _test_rows)
        for path, of_problem in zip(files, rows, strict=True):
            with path.open("w", encoding="utf-8") as file:
                for number in range(shape.problems):
                    file.writelines(json.dumps(row) + "\n" for row in of_problem(number, shape))
        return files


def _problem_rows(number: int, shape: Shape) -> Iterator[Row]:
    offset = _offset(number)
    row = {
        "task_id": f"add/{number}",
        "entry_point": f"add_{number}",
        "question": f"Write a function `add_{number}` that returns the sum of two numbers and {offset}.",
    }
    gold = [f"assert add_{number}({a}, {b}) == {a + b + offset}" for a, b in ((0, 0), (2, 3), (30, 12))]
    yield row | {"gold_tests": gold} if shape.gold else row


def _sample_rows(number: int, shape: Shape) -> Iterator[Row]:
    programs = [_program(number, variant) for variant in range(shape.distinct_candidates)]
    for sample in range(shape.candidates):
        yield {"task_id": f"add/{number}", "solution": programs[sample % len(programs)]}


def _test_rows(number: int, shape: Shape) -> Iterator[Row]:
    tests = [_test(number, variant) for variant in range(shape.distinct_tests)]
    for sample in range(shape.tests):
        yield {"task_id": f"add/{number}", "test": tests[sample % len(tests)]}


def _offset(number: int) -> int:
    return number % 7


def _program(number: int, variant: int) -> str:
    """Right where the variant is even; otherwise wrong wherever the first number is a multiple of its own."""
    right = f"a + b + {_offset(number)}"
    if variant % 2:
        return f"def add_{number}(a, b):\n    return {right} + (a % {variant + 1} == 0)\n"
    return f"def add_{number}(a, b):\n    sum_{variant} = {right}\n    return sum_{variant}\n"


def _test(number: int, variant: int) -> str:
    """A class where the variant is even, otherwise plain asserts; one in eight tests expects what is wrong."""
    wrong = variant % 8 == 7
    calls = [(f"add_{number}({a}, {variant})", a + variant + _offset(number) + wrong) for a in (variant, variant + 3)]
    if variant % 2:
        return "".join(f"assert {call} == {value}\n" for call, value in calls)
    asserts = "".join(f"        self.assertEqual({call}, {value})\n" for call, value in calls)
    return f"import unittest\n\n\nclass TestAdd(unittest.TestCase):\n    def test_sums(self):\n{asserts}"
