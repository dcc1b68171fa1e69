"""Which of a benchmark's problems another tool's document is of: by the id that it has there, or by its statement."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from coderm_eval.core.errors import InputError
from coderm_eval.core.records import Problem

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
        self._lines = {task_id: _lines_of(problem) for task_id, problem in problems.items()}

    def task_of(self, text: str) -> str | None:
        """The id of the problem all of whose lines are in the text; None where there is none.

        Of several the one that ends last, since examples stand before the question; of those, the longest one.
        """
        found = [
            (text.rfind(lines[-1]), sum(map(len, lines)), task_id)
            for task_id, lines in self._lines.items()
            if lines and all(line in text for line in lines)
        ]
        return max(found)[2] if found else None


def _lines_of(problem: Problem) -> list[str]:
    """The lines of a statement, without their indents; the code that follows a statement in words is no part of it."""
    words = re.match(r'\s*"""\n(.*?)\n"""', problem.prompt, re.DOTALL)
    text = words[1] if words else problem.prompt or problem.question
    return [line.strip() for line in text.splitlines() if line.strip()]
