"""Recorded candidates in the output files of LiveCodeBench's official runner."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

from coderm_eval.core.errors import InputError
from coderm_eval.core.messages import quoted, single_line

__all__ = ["read_outputs"]

_ENTRY = '{"question_id": "...", "code_list": ["...", "..."]}'


def read_outputs(path: Path) -> dict[str, list[str]]:
    """{question id: its programs}, in file order, of a custom output or an eval_all file, gzipped or not.

    Raises:
        InputError: no such file, not such a list, an entry without an id or without programs, or a question twice.
    """
    programs: dict[str, list[str]] = {}
    for number, entry in enumerate(_entries(path), 1):
        question, listed = _parse(f"{path}: entry {number}", entry)
        if question in programs:
            other = list(programs).index(question) + 1
            raise InputError(
                f"{path}: entry {number} has question {question!r}, as entry {other} has; leave one of them out"
            )
        programs[question] = listed
    return programs


def _entries(path: Path) -> list[Any]:
    content = _content(path)
    beginning = quoted(content[:100].decode("utf-8", "replace"))
    try:
        entries = json.loads(content)
    except (ValueError, RecursionError) as error:  # a UnicodeDecodeError is a ValueError
        raise InputError(f"{path}: not JSON ({single_line(error)}): {beginning}; expected [{_ENTRY}, ...]") from None
    if not isinstance(entries, list) or not entries:
        raise InputError(f"{path}: no list with an entry for each question: {beginning}; expected [{_ENTRY}, ...]")
    return entries


def _content(path: Path) -> bytes:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        if not path.is_file():
            raise InputError(f"{path}: no such file; name a JSON file of [{_ENTRY}, ...]")
        with opener(path, "rb") as file:
            return file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read ({single_line(error)}); write the file again") from error


def _parse(place: str, entry: Any) -> tuple[str, list[str]]:
    """An entry's question id and programs."""
    if isinstance(entry, list):
        raise InputError(f"{place} has no question id, only a list: {_json(entry)}; write each entry as {_ENTRY}")
    if not isinstance(entry, dict) or not {"question_id", "code_list"} <= entry.keys():
        raise InputError(f"{place} lacks question_id or code_list: {_json(entry)}; expected {_ENTRY}")
    question, programs = entry["question_id"], entry["code_list"]
    if type(question) not in (str, int):  # a bool is an int, too
        raise InputError(f"{place}: question_id is {_json(question)}; expected a text or a whole number")
    if not isinstance(programs, list) or not programs or not all(isinstance(program, str) for program in programs):
        raise InputError(
            f"{place}: code_list of question {question!r} is {_json(programs)}; expected a list of one text or more, "
            "each of them a program"
        )
    return str(question), programs


def _json(value: Any) -> str:
    return quoted(json.dumps(value, ensure_ascii=False))
