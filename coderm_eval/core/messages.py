"""Words for messages: quotes, suggestions, short lists."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

__all__ = [
    "LINES_OF_LIST",
    "abbreviated",
    "counted",
    "expected_shape",
    "quoted",
    "quoted_line",
    "single_line",
    "suggestion",
]

LINES_OF_LIST = "write a line for each entry, as `jq -c '.[]'` does"
"""What to do about a JSON list where its entries are expected on lines of their own."""


def single_line(said: object) -> str:
    """The words of an exception, or of anything else, for a sentence: at most 300 characters, on one line."""
    words = " ".join(str(said).split())[:300]
    return words or type(said).__name__


def quoted(text: str) -> str:
    """The beginning of a user's text, in quotes, for a sentence."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


def suggestion(word: str, known: Iterable[str]) -> str:
    """The hint after an unknown `word`: the closest known one, or all of them."""
    known = list(known)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"


def counted(number: int, noun: str) -> str:
    """The number and what is counted, such as "1 task" and "2 tasks"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def expected_shape(column: str) -> str:
    """An example of a line with this column, for a message."""
    return '{"task_id": "...", "' + column + '": "..."}'


def quoted_line(line: bytes) -> str:
    """The beginning of a line, for a message."""
    return quoted(line.decode("utf-8", "replace").strip())


def abbreviated(names: Sequence[str]) -> str:
    """The first of many names, for a message."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
