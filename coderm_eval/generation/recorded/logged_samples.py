"""Recorded answers in the files that lm-eval's `--log_samples` writes, of this project's tasks and of its own.

lm-eval 0.4 and 0.5 write the same: a line for each document and filter, or scorer, with all answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from coderm_eval.core.errors import InputError
from coderm_eval.core.records import Problem
from coderm_eval.generation.recorded.recorded_programs import programs_in_answers
from coderm_eval.generation.recorded.task_ids import known_task_id
from coderm_eval.generation.stated_problem import asked_text, begun_answer

__all__ = ["LoggedSamples", "is_logged"]


def is_logged(row: Mapping[str, Any]) -> bool:
    """Return whether a line is one of lm-eval's: a document with all answers to it."""
    return {"doc", "resps"} <= row.keys()


class LoggedSamples:
    """Programs out of the answers of a file, in which a document stands once for each filter.

    Args:
        problems: of the benchmark, by task id.
    """

    def __init__(self, problems: Mapping[str, Problem]) -> None:
        self._problems = problems
        self._filters: dict[str, object] = {}

    def programs(self, place: str, row: Mapping[str, Any]) -> tuple[str, list[str]]:
        """The task id and the programs of a line; none where another filter's line had them.

        Raises:
            InputError: no task id, or an answer that is no text.
        """
        task_id = self._task_id(place, row["doc"])
        answers = list(_texts(row["resps"]))
        if any(answer is None for answer in answers):
            raise InputError(f"{place}: resps of {task_id} hold what is no text; give a file of a generating task")
        if self._filters.setdefault(task_id, row.get("filter")) != row.get("filter"):
            return task_id, []
        texts = [answer or "" for answer in answers]
        return task_id, programs_in_answers(task_id, texts, _context(row), self._problems)

    def _task_id(self, place: str, doc: Any) -> str:
        """The benchmark's id of a document; lm-eval's MBPP has numbers, and LiveCodeBench question ids."""
        found = doc if isinstance(doc, Mapping) else {}
        given = next((found[key] for key in ("task_id", "question_id") if key in found), None)
        if type(given) not in (str, int):  # a bool is an int, too
            raise InputError(
                f"{place}: a line of lm-eval's --log_samples; give a file whose doc has a task_id, or write "
                '{"task_id": "...", "solution": "..."} lines'
            )
        return known_task_id(given, self._problems)


def _texts(responses: Any) -> Iterator[str | None]:
    """The answers, however deep they are nested; None for one that is no text."""
    pending = [responses]
    while pending:
        response = pending.pop()
        if isinstance(response, list):
            pending.extend(reversed(response))
        else:
            yield response if isinstance(response, str) else None


def _context(row: Mapping[str, Any]) -> str:
    """The text that answers may go on from: a prompt, the beginning of an answer, or a conversation's last question."""
    arguments = row.get("arguments")
    while isinstance(arguments, list | dict) and arguments:
        arguments = arguments[0] if isinstance(arguments, list) else next(iter(arguments.values()))
    context = arguments if isinstance(arguments, str) else ""
    messages = _messages(context)
    return begun_answer(messages) or asked_text(messages) if messages else context


def _messages(context: str) -> tuple[tuple[str, str], ...]:
    """The roles and texts of a conversation with a server, which lm-eval logs as JSON; none in a prompt."""
    try:
        listed = json.loads(context)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(listed, list) or not all(isinstance(message, Mapping) for message in listed):
        return ()
    return tuple((str(message.get("role")), str(message.get("content"))) for message in listed)
