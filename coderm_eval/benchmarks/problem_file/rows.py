"""The lines of a file of problems.

{"task_id": "sums/1", "entry_point": "total", "question": "Write a function `total` that ..."}
{"task_id": "sums/2", "entry_point": "total", "prompt": "def total(numbers):\\n    \\"\\"\\"...\\"\\"\\"\\n",
 "gold_tests": ["assert total([1, 2]) == 3"]}
{"task_id": "sums/3", "form": "stdin", "question": "Read two numbers ..."}
"""

from __future__ import annotations

import difflib
import functools
import io
import keyword
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator, model_validator

from coderm_eval.core.errors import InputError
from coderm_eval.core.inputs import parse_object
from coderm_eval.core.lazy import LazyMapping, LazySequence
from coderm_eval.core.line_index import LineIndex
from coderm_eval.core.messages import quoted, quoted_line
from coderm_eval.core.records import Problem
from coderm_eval.core.setting_errors import describe
from coderm_eval.generation.extraction.unit_tests import recorded_tests
from coderm_eval.generation.program_request import OwnForm, own_question, program_request

__all__ = ["ProblemRows"]

_KEPT = 64
"""Problems that are kept once they were read: each of a task's completions needs its prompt."""

_EXPECTED = '{"task_id": "...", "entry_point": "...", "question": "..."}'

_TESTS = frozenset({"test", "tests", "unittests"})
"""What other files of problems call their tests, without signs."""


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    task_id: str
    """problem a name of its own"""
    entry_point: str = "solve"
    prompt: str = ""
    question: str = ""
    form: OwnForm = "function"
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


class ProblemRows:
    """The problems of a file. Every line is checked now, and read again when its problem is asked for.

    Args:
        path: for messages.
        file: at its start.

    Raises:
        InputError: names the line, and what is wrong with it; also, when a problem is asked for, a file that was
            changed meanwhile.
    """

    def __init__(self, path: Path, file: io.BufferedReader) -> None:
        self._path = path
        self._index = LineIndex(path, file)
        self.without_gold_tests: list[str] = []
        """Task ids."""
        for number, line in self._index.read():
            self._check(number, line)
        if not self._index:
            raise InputError(f"{path}: no lines; expected {_EXPECTED} on each")
        problem = functools.lru_cache(_KEPT)(self._problem)
        self.problems: Sequence[Problem] = LazySequence(list(self._index), problem)
        self.by_id: Mapping[str, Problem] = LazyMapping(self._index, problem)

    def _check(self, number: int, line: bytes) -> None:
        place = f"{self._path}:{number}"
        parsed = _parsed(self._path, number, line)
        if parsed.task_id in self._index:
            raise InputError(f"{place}: a second problem with the task_id {parsed.task_id!r}; rename it")
        if not _gold_tests(place, parsed):
            self.without_gold_tests.append(parsed.task_id)
        self._index.add(parsed.task_id, 1)

    def _line(self, task_id: str) -> _Line:
        (line,) = self._index.lines(task_id)
        return _parsed(self._path, 0, line)

    def _problem(self, task_id: str) -> Problem:
        return _problem(self._line(task_id))

    def gold_tests(self, task_id: str) -> Sequence[str]:
        """Unittest modules, of which a right program passes all; none where the file has none."""
        return _gold_tests(str(self._path), self._line(task_id))

    def sha256(self) -> str:
        """64 hex digits for the whole file, unpacked."""
        return self._index.sha256()


def _parsed(path: Path, number: int, line: bytes) -> _Line:
    row = parse_object(path, number, line, _EXPECTED)
    _refuse_mistyped(f"{path}:{number}", row)
    try:
        return _Line.model_validate(row)
    except ValidationError as error:
        fault = describe(_Line, error.errors()[0])
        raise InputError(f"{path}:{number}: {fault}: {quoted_line(line)}; expected {_EXPECTED}") from None


def _refuse_mistyped(place: str, keys: Iterable[str]) -> None:
    """Refuse a key that is nearly one of ours which the line lacks; others may be there, for whoever reads them.

    Raises:
        InputError: says which was meant.
    """
    lacking = {_without_signs(key): key for key in _Line.model_fields if key not in keys}
    for key in keys:
        if key in _Line.model_fields:
            continue
        plain = _without_signs(key)
        near = difflib.get_close_matches("goldtests" if plain in _TESTS else plain, lacking, n=1, cutoff=0.85)
        if near:
            raise InputError(
                f"{place}: unknown key {quoted(key)}; did you mean {lacking[near[0]]!r}? Rename it, or, if you keep "
                "something else there, call that otherwise"
            )


def _without_signs(key: str) -> str:
    return "".join(filter(str.isalnum, key.lower()))


def _problem(line: _Line) -> Problem:
    stated = (line.question, line.prompt, line.form, line.entry_point)
    return Problem(
        task_id=line.task_id,
        entry_point=line.entry_point,
        prompt=line.prompt,
        question=own_question(*stated),
        request=program_request(*stated),
        form=line.form,
    )


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
