"""Which of a benchmark's problems a text states, in the words of any harness.

Blanks do not count: EvalPlus strips those around a prompt, lm-eval does not, and templates break lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from coderm_eval.core.records import Problem
from coderm_eval.generation.questions import parts_of_question
from coderm_eval.generation.stated_problem import asks_for_another

__all__ = ["KnownPrompts"]


class _Place(NamedTuple):
    """Where a problem stands in a text; the greatest is the one asked for."""

    end: int
    """Few-shot examples stand above the problem."""
    length: int
    """A problem may be part of another's statement."""


class KnownPrompts:
    """The texts of problems, by which they are found in messages."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self._whole: dict[str, list[Problem]] = {}
        self._parts: list[tuple[Problem, list[list[str]]]] = []
        for problem in problems:
            self._parts.append((problem, list(_parts(problem))))
            texts = {_single_spaced(text) for text in (problem.request, problem.prompt, problem.question)}
            for text in texts - {""}:
                self._whole.setdefault(text, []).append(problem)

    def stated_in(self, text: str) -> list[Problem]:
        """The problem whose text this is, or else whose text stands last in it; several that cannot be told apart.

        None where another question stands behind it: it is an example then, and the question is of no known problem.
        """
        spaced = _single_spaced(text)
        if whole := self._whole.get(spaced):
            return whole
        places = [(_last_place(spaced, alternatives), problem) for problem, alternatives in self._parts]
        last = max((place for place, _ in places if place), default=None)
        if last is None:
            return []
        behind = _behind(text, spaced[: last.end])
        found = [problem for place, problem in places if place == last]
        return [problem for problem in found if not asks_for_another(behind, problem.entry_point)]


def _parts(problem: Problem) -> Iterator[list[str]]:
    """Yield the texts by which a problem is known, each in the parts between which a harness may have its own words."""
    for parts in ((problem.prompt,), (problem.question,), parts_of_question(problem.question)):
        if all(spaced := [_single_spaced(part) for part in parts]):
            yield spaced


def _last_place(text: str, alternatives: Sequence[Sequence[str]]) -> _Place | None:
    return max((place for parts in alternatives if (place := _place(text, parts))), default=None)


def _place(text: str, parts: Sequence[str]) -> _Place | None:
    """The last place where the first part stands with the others behind it, in order."""
    end = text.rfind(parts[0])
    if end < 0:
        return None
    end += len(parts[0])
    for part in parts[1:]:
        found = text.find(part, end)
        if found < 0:
            return None
        end = found + len(part)
    return _Place(end, sum(map(len, parts)))


def _behind(text: str, spaced: str) -> str:
    """What follows in a text, with its blanks, behind that which begins it but for blanks."""
    left = len(spaced) - spaced.count(" ")
    for place, character in enumerate(text):
        if not left:
            return text[place:]
        left -= not character.isspace()
    return ""


def _single_spaced(text: str) -> str:
    return " ".join(text.split())
