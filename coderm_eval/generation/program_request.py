"""The message that asks a chat model for a program, for problems of one's own; and the problem in such a message.

`serve` is asked in these words by `sample` and by lm-eval, and finds in them exactly what the problem says.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from coderm_eval.generation.questions import function_question, stdin_question

__all__ = ["OwnForm", "Wanted", "own_question", "program_request", "wanted_by_request"]

OwnForm = Literal["function", "method", "stdin"]
"""The forms of programs that problems of one's own ask for."""

_WANTED: dict[OwnForm, str] = {
    "function": "a self-contained Python script that defines the function `{name}`",
    "method": "a self-contained Python script that defines a class `Solution` with the method `{name}`",
    "stdin": "a self-contained Python script that reads its standard input and prints the answer",
}
_REQUEST = "Please provide {wanted}, in a markdown code block, for the following problem."
_CODE = "\n\nGo on from this code:\n```python\n"
_CODE_END = "\n```"

_OPENINGS = {
    form: re.compile(re.escape(_REQUEST.format(wanted=wanted)).replace(r"\{name\}", r"(\w+)"))
    for form, wanted in _WANTED.items()
}
"""The words of each form, with the function's name as the only group."""


class Wanted(NamedTuple):
    """What a message asks for."""

    form: OwnForm
    entry_point: str
    question: str


def own_question(question: str, prompt: str, form: OwnForm, entry_point: str) -> str:
    """The problem in words, for the test writer; made of the code to go on from where it has no words of its own."""
    has_words = bool(question.strip())
    if form == "stdin":
        return stdin_question(question if has_words else prompt.strip())
    return question if has_words else function_question(prompt, entry_point)


def program_request(question: str, prompt: str, form: OwnForm, entry_point: str) -> str:
    """The message; `question` or `prompt`, the code to go on from, may be empty."""
    wanted = _WANTED[form].format(name=entry_point)
    words = f"\n\n{question}" if question.strip() else ""
    code = f"{_CODE}{prompt.rstrip()}{_CODE_END}" if prompt.strip() else ""
    return f"{_REQUEST.format(wanted=wanted)}{words}{code}\n"


def wanted_by_request(message: str) -> Wanted | None:
    """What a message of `program_request` asks for, with the question of `own_question`; None for any other message."""
    text = message.strip()
    for form, opening in _OPENINGS.items():
        if found := opening.match(text):
            entry_point = found[1] if form != "stdin" else "solve"
            words, mark, code = text[found.end() :].rpartition(_CODE)
            question = words if mark else code
            return Wanted(
                *(form, entry_point),
                own_question(question.strip(), code.removesuffix(_CODE_END) if mark else "", form, entry_point),
            )
    return None
