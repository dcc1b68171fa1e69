"""A problem out of a request and its answers, for a server that is asked by any harness.

What counts, in this order: the words of `program_request`; a function without a body; asserts; words about standard
input, if the candidates read it; a name in the statement, if candidates define it; the function that most candidates
define.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from coderm_eval.core.records import Form, Problem, fingerprint
from coderm_eval.generation.models.base import Prompt
from coderm_eval.generation.program_request import wanted_by_request
from coderm_eval.generation.questions import docstring_question, function_question, method_question, stdin_question
from coderm_eval.generation.stated_problem.asserts import Asserts, last_asserts
from coderm_eval.generation.stated_problem.candidate_names import CandidateNames, candidate_names
from coderm_eval.generation.stated_problem.conversation import asked_text, begun_answer
from coderm_eval.generation.stated_problem.function_stubs import Stub, last_stub
from coderm_eval.generation.stated_problem.statement import names_in, speaks_of_input, statement_of
from coderm_eval.generation.stated_problem.surroundings import (
    Passage,
    code_around,
    dedented,
    docstring_above,
    docstring_around,
    without_quotes,
    words_above,
)

__all__ = ["problem_of_request"]

_SOLVE = "solve"
"""The function that tests of a stdin program call."""

_MOST_WORDS = 100
"""Words of instructions around a stub: the longest of known harnesses are half as many. More is a statement."""


class _Found(NamedTuple):
    """What a request asks for."""

    form: Form
    entry_point: str
    question: str
    code: Passage | None = None
    """The code that the request shows."""


def problem_of_request(request: Prompt, answers: Sequence[str], *, completes: bool) -> Problem | None:
    """The problem that a request states; None where neither it nor its answers say what is to be written.

    Args:
        request: a prompt, or a conversation, of which the last message of the user counts.
        answers: what the policy answered. They are read only where the request shows no function.
        completes: whether the answers go on from the end of the request: of the text, or of an answer that the
            conversation begins. Then the problem's prompt is the code that this ends with; empty if it ends otherwise.
    """
    text = asked_text(request).replace("\r\n", "\n")
    found = _Reader(text, answers, completes).found()
    if found is None:
        return None
    code = found.code
    if completes:
        begun = begun_answer(request)
        code = _shown_code(begun.split("\n")) if begun else code
        code = code if code and code.is_last else None
    parts = (request,) if isinstance(request, str) else [part for message in request for part in message]
    return Problem(
        task_id=fingerprint(*parts),
        entry_point=found.entry_point,
        prompt=code.text if code else "",
        question=found.question,
        request=text,
        form=found.form,
    )


class _Reader:
    """Reads one request; the answers only when they are needed."""

    def __init__(self, text: str, answers: Sequence[str], completes: bool) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.answers = answers
        self.completes = completes

    @cached_property
    def names(self) -> CandidateNames:
        return candidate_names(self.answers)

    def found(self) -> _Found | None:
        if wanted := wanted_by_request(self.text):
            return _Found(*wanted)
        if stub := last_stub(self.lines):
            return self._of_stub(stub)
        if asserts := last_asserts(self.lines):
            return self._of_asserts(asserts)
        if speaks_of_input(self.text) and (not self.names.programs or self.names.is_common(self.names.readers)):
            return self._of_input()
        return self._of_names()

    def _of_stub(self, stub: Stub) -> _Found:
        code = code_around(self.lines, stub.top, stub.end)
        source = "\n".join(self.lines[stub.signature : stub.end])
        if stub.is_method:
            above = self._above(stub, code)
            says = stub.has_docstring and not above
            question = function_question(dedented(source), stub.name) if says else method_question(above, source)
            return _Found("method", stub.name, question, code)
        if stub.has_docstring and not self._is_stated_around(stub, code):
            return _Found("function", stub.name, function_question(dedented(source), stub.name), code)
        return _Found("function", stub.name, statement_of(self.text), code)

    def _above(self, stub: Stub, code: Passage) -> str:
        """The statement above starter code: in a docstring, or in words."""
        docstring = docstring_above(self.lines, stub.top)
        return without_quotes(docstring) if docstring else statement_of(words_above(self.lines, code))

    def _is_stated_around(self, stub: Stub, code: Passage) -> bool:
        """Return whether a message says more around the stub than in it. Above a prompt there may be examples."""
        if self.completes:
            return False
        around = _words([*self.lines[: code.first], *self.lines[code.end :]])
        return around > max(_MOST_WORDS, _words(self.lines[stub.signature : stub.end]))

    def _of_asserts(self, asserts: Asserts) -> _Found:
        defined = self.names.defined if len(asserts.names) > 1 else Counter()
        name = max(asserts.names, key=lambda name: (defined.get(name, 0), asserts.names[name]))
        docstring = docstring_around(self.lines, asserts.first)
        if docstring:
            return _Found("function", name, docstring_question(docstring.text), docstring)
        statement = statement_of(self.text)
        question = statement if asserts.text in statement else f"{statement}\n{asserts.text}"
        return _Found("function", name, question)

    def _of_input(self) -> _Found:
        docstring = docstring_above(self.lines, len(self.lines)) if self.completes else None
        statement = without_quotes(docstring) if docstring else statement_of(self.text)
        return _Found("stdin", _SOLVE, stdin_question(statement), docstring)

    def _of_names(self) -> _Found | None:
        statement = statement_of(self.text)
        if not statement:
            return None
        defined = self.names.defined
        named = max(names_in(statement), key=lambda name: defined.get(name, 0), default="")
        if defined.get(named):
            return _Found("function", named, statement)
        if entry := self.names.entry():
            form, name = entry
            return _Found(form, name, statement)
        return self._of_input() if self.names.is_common(self.names.readers) else None


def _shown_code(lines: Sequence[str]) -> Passage | None:
    stub = last_stub(lines)
    return code_around(lines, stub.top, stub.end) if stub else None


def _words(lines: Sequence[str]) -> int:
    return sum(len(line.split()) for line in lines)
