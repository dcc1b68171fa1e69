"""Recorded candidates in the output files of LiveCodeBench's official runner."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from coderm_eval.core.errors import InputError
from coderm_eval.core.inputs import open_input
from coderm_eval.core.messages import LINES_OF_LIST, expected_shape, quoted, single_line

__all__ = ["outputs_programs", "parse_list", "read_outputs"]

_ENTRY = '{"question_id": "...", "code_list": ["...", "..."]}'
_LINE = expected_shape("solution")


def read_outputs(path: Path) -> dict[str, list[str]]:
    """Read the programs of each question of a custom output or an eval_all file, gzipped or not.

    Raises:
        InputError: the file is missing or cannot be read, and what `parse_list` and `outputs_programs` raise.
    """
    with open_input(path) as file:
        return outputs_programs(path, parse_list(path, file.read()))


def outputs_programs(path: Path, entries: list[Any]) -> dict[str, list[str]]:
    """The programs of each question id, in the order of `entries`; `path` is for messages.

    Raises:
        InputError: an entry has no id or no programs, or one question is there twice.
    """
    programs: dict[str, list[str]] = {}
    for number, entry in enumerate(entries, 1):
        question, listed = _parse_entry(f"{path}: entry {number}", entry)
        if question in programs:
            other = list(programs).index(question) + 1
            raise InputError(
                f"{path}: entry {number} has question {question!r}, as entry {other} has; leave one of them out"
            )
        programs[question] = listed
    return programs


def parse_list(path: Path, content: bytes) -> list[Any]:
    """The list that a file holds.

    Raises:
        InputError: it is not JSON, or no list, or an empty one.
    """
    beginning = quoted(content[:100].decode("utf-8", "replace"))
    try:
        entries = json.loads(content)
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8: {beginning}; save the file in UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON ({single_line(error)}): {beginning}; expected [{_ENTRY}, ...]") from None
    if not isinstance(entries, list) or not entries:
        raise InputError(f"{path}: no list with an entry for each question: {beginning}; expected [{_ENTRY}, ...]")
    return entries


def _parse_entry(place: str, entry: Any) -> tuple[str, list[str]]:
    """The question id and the programs of an entry."""
    if isinstance(entry, list):
        raise InputError(
            f"{place} has no question id, only a list: {_quoted_json(entry)}; write each entry as {_ENTRY}"
        )
    if not isinstance(entry, dict) or not {"question_id", "code_list"} <= entry.keys():
        of_lines = isinstance(entry, dict) and "task_id" in entry
        advice = LINES_OF_LIST if of_lines else f"expected {_ENTRY}, or in place of the list {_LINE} lines"
        raise InputError(f"{place} has no question_id or no code_list: {_quoted_json(entry)}; {advice}")
    question, programs = entry["question_id"], entry["code_list"]
    if type(question) not in (str, int):  # a bool is an int, too
        raise InputError(f"{place}: question_id is {_quoted_json(question)}; expected a text or a whole number")
    if not isinstance(programs, list) or not programs or not all(isinstance(program, str) for program in programs):
        raise InputError(
            f"{place}: code_list of question {question!r} is {_quoted_json(programs)}; "
            "expected a list of one text or more, each of them a program"
        )
    return str(question), programs


def _quoted_json(value: Any) -> str:
    return quoted(json.dumps(value, ensure_ascii=False))
