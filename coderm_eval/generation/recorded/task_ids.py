"""Which of a benchmark's problems another tool's document is of: by the id that it has there, or by its statement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coderm_eval.core.errors import InputError
from coderm_eval.core.records import Problem
from coderm_eval.generation.known_prompts import KnownPrompts

__all__ = ["Statements", "known_task_id", "require_problems"]


def known_task_id(given: Any, problems: Mapping[str, Problem]) -> str:
    """The benchmark's id for another tool's id. Numbers are MBPP's, unless a problem is called so.

    Args:
        given: the id, a text or a whole number.
        problems: of the benchmark, by task id; empty where it is not known yet.
    """
    number = f"Mbpp/{given}"
    if str(given) not in problems and (number in problems or (isinstance(given, int) and not problems)):
        return number
    return str(given)


def require_problems(place: str, problems: Mapping[str, Problem]) -> None:
    """Refuse documents without task ids where there are no statements to look for.

    Raises:
        InputError: there are none.
    """
    if not problems:
        raise InputError(f"{place}: this format has no task ids; only a command with --benchmark can read it")


class Statements:
    """Finds the problem that a text asks for.

    Args:
        problems: of the benchmark, by task id.
    """

    def __init__(self, problems: Mapping[str, Problem]) -> None:
        self._known = KnownPrompts(problems.values())

    def task_of(self, text: str) -> str | None:
        """The id of the problem that a text asks for; None where that is none, or one of several alike."""
        found = self._known.stated_in(text)
        return found[0].task_id if len(found) == 1 else None
