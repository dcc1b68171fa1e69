"""Against real benchmarks, in the words of each harness: what is found is what the benchmark has."""

from __future__ import annotations

import functools
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from helpers.harness_requests import FUNCTION_SHAPES, MBPP_SHAPES, METHOD_SHAPES, Asked

from coderm_eval.core.records import Problem
from coderm_eval.generation.questions import docstring_question, function_question, method_question
from coderm_eval.generation.stated_problem import problem_of_request

Row = dict[str, Any]


@functools.cache
def rows(data: Path, name: str) -> list[Row]:
    """Without EvalPlus's inputs; to decode those takes most of a test, so that all tests look at the same rows."""
    with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [{key: value for key, value in json.loads(line).items() if "_input" not in key} for line in file]


def found(asked: Asked) -> Problem:
    problem = problem_of_request(asked.request, [], completes=asked.completes)
    assert problem is not None, asked
    return problem


@pytest.mark.parametrize("shape", FUNCTION_SHAPES)
def test_humaneval_plus_is_found_with_its_questions(recorded_data: Path, shape: str) -> None:
    for row in rows(recorded_data, "evalplus/HumanEvalPlus-v0.1.10"):
        problem = found(FUNCTION_SHAPES[shape](row["prompt"]))
        assert (problem.form, problem.entry_point) == ("function", row["entry_point"])
        assert problem.question == function_question(row["prompt"], row["entry_point"])
        assert problem.prompt.strip().endswith(row["prompt"].strip())


def statement_and_asserts(row: Row) -> tuple[str, list[str]]:
    lines = row["prompt"].strip().removeprefix('"""\n').removesuffix('\n"""').split("\n")
    first = next(number for number, line in enumerate(lines) if line.startswith("assert"))
    return "\n".join(lines[:first]), ["\n".join(lines[first:])]


@pytest.mark.parametrize("shape", MBPP_SHAPES)
def test_mbpp_plus_is_found(recorded_data: Path, shape: str) -> None:
    for row in rows(recorded_data, "evalplus/MbppPlus-v0.2.0"):
        problem = found(MBPP_SHAPES[shape](*statement_and_asserts(row)))
        assert (problem.form, problem.entry_point) == ("function", row["entry_point"])
        if shape in ("ours", "EvalPlus", "EvalPlus, base"):
            assert problem.question == docstring_question(row["prompt"])


@pytest.mark.parametrize("shape", METHOD_SHAPES)
def test_livecodebench_is_found_with_its_questions(recorded_data: Path, shape: str) -> None:
    for row in rows(recorded_data, "livecodebench/leetcode_slice"):
        problem = found(METHOD_SHAPES[shape](row["question_content"], row["starter_code"]))
        assert (problem.form, problem.entry_point) == ("method", json.loads(row["metadata"])["func_name"])
        assert problem.question == method_question(row["question_content"], row["starter_code"])
