"""A problem's statement without the instructions that a harness puts around it."""

from __future__ import annotations

import re

__all__ = ["has_opening", "names_in", "speaks_of_input", "statement_of"]

_OPENING = re.compile(
    r"^#{1,3} Question:?\n|^Question:[ \n]"  # LiveCodeBench, lighteval
    r"|^.{0,100}\bexpert Python programmer, and here is your task:[ \n]"  # lm-eval, OpenCompass
    r"|^## Prompt:\n```python\n"  # inspect_evals
    r"|^.{0,100}\bself-contained Python script that solves the following problem in a markdown code block:\n",
    re.MULTILINE,  # the last is BigCodeBench's
)
"""What stands before a statement."""

_CLOSING = re.compile(
    r"^(?:#{1,3} )?(?:Format: |Instruction: )?(?:You will use the following starter code|Read the inputs from stdin)\b"
    r"|^(?:#{1,3} (?:Starter Code|Answer|ANSWER|Response)|@@ Response|\[BEGIN\])"
    r"|[ \n]Your code should (?:pass these tests|satisfy the following assertion):"
    r"|^```\n+## Test Case",
    re.MULTILINE,
)
"""What stands behind it."""

_SPOKEN_INPUT = re.compile(r"\bstdin\b|\bstandard[ -]input\b", re.IGNORECASE)
_SECTION = r"^[ \t]*(?:[#*-]{1,8}[ \t]?)?%s(?:[ \t](?:format|specification))?:?(?:[ \t]?[*-]{1,8})?[ \t]*$"
_INPUT_SECTION, _OUTPUT_SECTION = (
    re.compile(_SECTION % word, re.MULTILINE | re.IGNORECASE) for word in ("input", "output")
)
"""Headings as those of Codeforces: `Input`, `-----Input-----`, `### Output Format`."""

_NAME = re.compile(
    r"\bfunction (?:named |called |with the name )?[\"'`]{0,2}([A-Za-z_]\w*)|`([A-Za-z_]\w*)[(`]|\b([A-Za-z_]\w*)\("
)


def statement_of(text: str) -> str:
    """The statement in a message: what follows the last opening, up to the closing; all where neither is known."""
    openings = list(_OPENING.finditer(text))
    start = openings[-1].end() if openings else 0
    closing = _CLOSING.search(text, start)
    if closing is None:
        return text[start:].strip()
    found = text[start : closing.start()]
    return found.removesuffix("\n\n") if openings and found.endswith("\n\n") else found.rstrip()


def has_opening(text: str) -> bool:
    """Return whether a text holds what a known harness writes above a statement."""
    return bool(_OPENING.search(text))


def speaks_of_input(text: str) -> bool:
    """Return whether a text asks for a program that reads its standard input, in words or by headings."""
    return bool(_SPOKEN_INPUT.search(text)) or bool(_INPUT_SECTION.search(text) and _OUTPUT_SECTION.search(text))


def names_in(text: str) -> list[str]:
    """Names that a statement may have for its function, in order: "a function named `tide`", `tide(height)`."""
    return [next(filter(None, found.groups())) for found in _NAME.finditer(text)]
