"""The lines of a file of problems.

{"task_id": "sums/1", "entry_point": "total", "question": "Write a function `total` that ..."}
{"task_id": "sums/2", "entry_point": "total", "prompt": "def total(numbers):\\n    \\"\\"\\"...\\"\\"\\"\\n",
 "gold_tests": ["assert total([1, 2]) == 3"]}
{"task_id": "sums/3", "form": "stdin", "question": "Read two numbers ..."}
"""

from __future__ import annotations

import io
import keyword
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from coderm_eval.core.errors import InputError
from coderm_eval.core.inputs import number_lines, parse_object
from coderm_eval.core.messages import quoted_line
from coderm_eval.core.records import Problem
from coderm_eval.core.setting_errors import describe
from coderm_eval.generation.extraction.unit_tests import recorded_tests
from coderm_eval.generation.questions import function_question, stdin_question

__all__ = ["ProblemRow", "read_rows"]

_EXPECTED = '{"task_id": "...", "entry_point": "...", "question": "..."}'


class ProblemRow(NamedTuple):
    """A problem, and its gold tests: unittest modules, of which a right program passes all."""

    problem: Problem
    gold_tests: tuple[str, ...]


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    task_id: str = Field(description="problem a name of its own")
    entry_point: str = "solve"
    prompt: str = ""
    question: str = ""
    form: Literal["function", "method", "stdin"] = "function"
    gold_tests: list[str] = []

    @field_validator("gold_tests", mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, given: Any) -> Any:
        return [given] if isinstance(given, str) else given

    @field_validator("task_id")
    @classmethod
    def _is_named(cls, task_id: str) -> str:
        if not task_id.strip():
            raise ValueError("it is empty; give every problem a name of its own")
        if not task_id.isprintable():
            raise ValueError(f"{task_id!r} cannot be printed; use letters, digits and signs")
        return task_id

    @field_validator("entry_point")
    @classmethod
    def _is_a_name(cls, name: str) -> str:
        if not name.isidentifier() or keyword.iskeyword(name):
            raise ValueError(f"{name!r} is no name of a function")
        return name

    @model_validator(mode="after")
    def _says_what_is_wanted(self) -> _Line:
        if self.form != "stdin" and "entry_point" not in self.model_fields_set:
            raise ValueError("entry_point is missing: name the function that a program defines, or set form to 'stdin'")
        if self.form == "stdin" and self.entry_point != "solve":
            raise ValueError(
                f"entry_point is {self.entry_point!r}: tests call a stdin program as `solve`; leave it out"
            )
        if not self.prompt.strip() and not self.question.strip():
            raise ValueError("prompt and question are both missing: give the code to go on from, or the task in words")
        return self


def read_rows(path: Path, data: bytes) -> list[ProblemRow]:
    """Parse a file's content.

    Raises:
        InputError: names the line, and what is wrong with it.
    """
    rows: dict[str, ProblemRow] = {}
    for number, line in number_lines(io.BytesIO(data)):
        row = _row(f"{path}:{number}", parse_object(path, number, line, _EXPECTED), line)
        if row.problem.task_id in rows:
            raise InputError(f"{path}:{number}: a second problem with the task_id {row.problem.task_id!r}; rename it")
        rows[row.problem.task_id] = row
    if not rows:
        raise InputError(f"{path}: no lines; expected {_EXPECTED} on each")
    return list(rows.values())


def _row(place: str, given: dict[str, Any], line: bytes) -> ProblemRow:
    try:
        parsed = _Line.model_validate(given)
    except ValidationError as error:
        fault = describe(_Line, error.errors()[0])
        raise InputError(f"{place}: {fault}: {quoted_line(line)}; expected {_EXPECTED}") from None
    return ProblemRow(_problem(parsed), tuple(_gold_tests(place, parsed)))


def _problem(line: _Line) -> Problem:
    question = line.question or function_question(line.prompt, line.entry_point)
    return Problem(
        task_id=line.task_id,
        entry_point=line.entry_point,
        prompt=line.prompt,
        question=stdin_question(question) if line.form == "stdin" else question,
        request=_request(line, question),
        form=line.form,
    )


_WANTED = {
    "function": "a self-contained Python script that defines the function `{name}`",
    "method": "a self-contained Python script that defines a class `Solution` with the method `{name}`",
    "stdin": "a self-contained Python script that reads its standard input and prints the answer",
}


def _request(line: _Line, question: str) -> str:
    """The message that asks a chat model for a program."""
    wanted = _WANTED[line.form].format(name=line.entry_point)
    code = f"\n\nGo on from this code:\n```python\n{line.prompt.rstrip()}\n```" if line.prompt.strip() else ""
    words = "" if code and not line.question else f"\n\n{question}"
    return f"Please provide {wanted}, in a markdown code block, for the following problem.{words}{code}\n"


def _gold_tests(place: str, line: _Line) -> Sequence[str]:
    found: list[str] = []
    for test in line.gold_tests:
        extracted = recorded_tests(test, line.entry_point)
        if extracted.rejected or not extracted.sources:
            raise InputError(
                f"{place}: a gold test of {line.task_id!r} cannot be used ({extracted.rejected}): {test[:80]!r}; give "
                "a unittest.TestCase class or asserts"
            )
        found += extracted.sources
    return found
