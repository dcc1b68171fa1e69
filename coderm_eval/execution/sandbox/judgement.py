"""What a trusted test says of single answers, so that it is not run for each program.

Such a test has two functions. `_judged_calls()` returns the text of the calls that it makes of a program that is right;
the first of them looks the function under test up. `_judge_answer(number, answer)` returns a `Judgement` of the text of
an answer to the call of that number, given that the test went on after the answers before it. Nothing that it says
depends on what it was asked before.
"""

from __future__ import annotations

from typing import TypeAlias

__all__ = ["CALLS", "GOES_ON", "JUDGE", "Judgement", "has_judge"]

Judgement: TypeAlias = "str | None"
"""GOES_ON, or the letter of the test's verdict after this answer; None if the test has to be run to see."""
GOES_ON = ""

CALLS, JUDGE = "_judged_calls", "_judge_answer"


def has_judge(test: str) -> bool:
    """Return whether a test has such functions."""
    return f"\ndef {CALLS}(" in test and f"\ndef {JUDGE}(" in test
