"""What can go wrong for a user, and the exit code of each kind.

    CodermError            one sentence, no traceback           exit 2
    ├── SettingsError      an unknown key or a bad value
    ├── InputError         a file that cannot be used (names file and line)
    ├── DatasetError       a benchmark that is not on this machine
    ├── ServerError        a server that does not answer
    ├── ModelError         a model in this process that cannot be loaded or run
    └── NotRunError        something could not be run; it is in no score   exit 3

A program that fails, hangs or crashes is never an error: it is a `Verdict`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "CodermError",
    "DatasetError",
    "InputError",
    "ModelError",
    "NotRunError",
    "ServerError",
    "SettingsError",
    "nearest",
    "one_line",
    "shown",
]


class CodermError(Exception):
    """A user's mistake or a missing piece: the message is one sentence that ends with what to do."""

    exit_code = 2


class SettingsError(CodermError):
    """A setting has an unknown key or a value that cannot be used."""


class InputError(CodermError):
    """A file given by the user cannot be used as it is."""


class DatasetError(CodermError):
    """A benchmark's data is not on this machine and could not be fetched."""


class ServerError(CodermError):
    """A server could not be reached, or refused a request, after all retries."""


class ModelError(CodermError):
    """A model in this process could not be loaded, or ran out of memory."""


class NotRunError(CodermError):
    """Some executions or grades could not be run; they are in no score."""

    exit_code = 3


def one_line(said: object) -> str:
    """The words of an exception, or of anything else, for a sentence: at most 300 characters, on one line."""
    words = " ".join(str(said).split())[:300]
    return words or type(said).__name__


def shown(text: str) -> str:
    """The beginning of a user's text, in quotes, for a sentence."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


def nearest(word: str, known: Iterable[str]) -> str:
    """What to say after an unknown `word`: the closest known one, or all of them."""
    known = list(known)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
