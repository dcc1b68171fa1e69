"""Recorded answers in the prediction files of OpenCompass: one JSON object of numbered answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from coderm_eval.core.errors import InputError
from coderm_eval.core.messages import quoted
from coderm_eval.core.records import Problem
from coderm_eval.generation.recorded.recorded_programs import programs_in_answers
from coderm_eval.generation.recorded.task_ids import WITHOUT_IDS, Statements

__all__ = ["is_predictions", "prediction_programs"]


def is_predictions(row: Mapping[str, Any]) -> bool:
    """Return whether a JSON object is such a file."""
    return bool(row) and all(isinstance(entry, Mapping) and "prediction" in entry for entry in row.values())


def prediction_programs(
    place: str, row: Mapping[str, Any], problems: Mapping[str, Problem]
) -> Iterator[tuple[str, list[str]]]:
    """Yield the task id and the programs of each entry; one with repeats stands there once for each.

    Raises:
        InputError: an entry has no text, or is of no problem of the benchmark.
    """
    statements = Statements(problems)
    for number, entry in row.items():
        answers = entry["prediction"] if isinstance(entry["prediction"], list) else [entry["prediction"]]
        if not all(isinstance(answer, str) for answer in answers):
            raise InputError(f"{place}: prediction {quoted(number)} is no text; give those of a generating task")
        asked = _asked(entry.get("origin_prompt"))
        gold = entry.get("gold")
        known = gold if isinstance(gold, str) and gold in problems else statements.task_of(asked)
        if known is None:
            raise InputError(
                f"{place}: prediction {quoted(number)} is of no problem of the benchmark: "
                f"{quoted(' '.join(asked.split()))}; {WITHOUT_IDS}"
            )
        yield known, programs_in_answers(known, answers, asked, problems)


def _asked(prompt: Any) -> str:
    """The text that the model was given: one text, or the turns of a conversation."""
    if isinstance(prompt, str):
        return prompt
    turns = prompt if isinstance(prompt, list) else []
    return "\n".join(str(turn.get("prompt")) for turn in turns if isinstance(turn, Mapping))
