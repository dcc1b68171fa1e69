"""Recorded answers in the prediction files of OpenCompass: one JSON object of numbered answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from coderm_eval.core.errors import InputError
from coderm_eval.core.messages import quoted
from coderm_eval.core.records import Problem
from coderm_eval.generation.recorded.recorded_programs import programs_in_answers
from coderm_eval.generation.recorded.task_ids import Statements, require_problems
from coderm_eval.generation.stated_problem import asked_text

__all__ = ["is_predictions", "prediction_programs"]

_ROLES = {"HUMAN": "user", "BOT": "assistant"}


def is_predictions(row: Mapping[str, Any]) -> bool:
    """Return whether a JSON object is such a file."""
    return bool(row) and all(isinstance(entry, Mapping) and "prediction" in entry for entry in row.values())


def prediction_programs(
    place: str, row: Mapping[str, Any], problems: Mapping[str, Problem]
) -> Iterator[tuple[str, list[str]]]:
    """Yield the programs of each entry, and the benchmark's id or else its number.

    A task that was asked several times stands there once for each.

    Raises:
        InputError: an entry has no text, or the benchmark is not known.
    """
    require_problems(place, problems)
    statements = Statements(problems)
    for number, entry in row.items():
        answers = entry["prediction"] if isinstance(entry["prediction"], list) else [entry["prediction"]]
        if not all(isinstance(answer, str) for answer in answers):
            raise InputError(f"{place}: prediction {quoted(number)} is no text; give those of a generating task")
        asked = _asked(entry.get("origin_prompt"))
        gold = entry.get("gold")
        named = gold if isinstance(gold, str) and gold in problems else None
        task_id = named or statements.task_of(asked) or f"prediction {number}"
        yield task_id, programs_in_answers(task_id, answers, asked, problems)


def _asked(prompt: Any) -> str:
    """The text that the model was given: one text, or the last question of a conversation, above which are examples."""
    if isinstance(prompt, str):
        return prompt
    turns = [turn for turn in prompt if isinstance(turn, Mapping)] if isinstance(prompt, list) else []
    return asked_text(tuple((_ROLES.get(str(turn.get("role")), ""), str(turn.get("prompt"))) for turn in turns))
