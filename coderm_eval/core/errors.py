"""The mistakes and failures that a user is told of, and the exit code of each kind.

    CodermError            one sentence, no traceback           exit 2
    ├── SettingsError      an unknown key or a bad value
    ├── InputError         a file that cannot be used (names file and line)
    ├── OutputError        a file that cannot be written, or would take another's place
    ├── DatasetError       a benchmark that is not on this machine
    ├── ServerError        a server that does not answer
    │   ├── RequestRefusedError   a server that answers, and finds the request wrong
    │   └── NotServedError        a server that answers, and has not what is asked for
    ├── ModelError         a model in this process that cannot be loaded or run
    └── IncompleteRunError something could not be run; it is in no score   exit 3

A program that fails, hangs or crashes is never an error: it is a `Verdict`.
"""

from __future__ import annotations

__all__ = [
    "CodermError",
    "DatasetError",
    "IncompleteRunError",
    "InputError",
    "ModelError",
    "NotServedError",
    "OutputError",
    "RequestRefusedError",
    "ServerError",
    "SettingsError",
]


class CodermError(Exception):
    """A user's mistake or a missing piece: the message is one sentence that ends with what to do."""

    exit_code = 2

    def _render_traceback_(self) -> list[str]:
        """The lines that IPython shows in place of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class SettingsError(CodermError):
    """A setting has an unknown key or a value that cannot be used."""


class InputError(CodermError):
    """A file given by the user cannot be used as it is."""


class OutputError(CodermError):
    """A file or folder cannot be written, or something would be lost by it."""


class DatasetError(CodermError):
    """A benchmark's data is not on this machine and could not be fetched."""


class ServerError(CodermError):
    """A server could not be reached, or refused a request, after all retries.

    Args:
        message: as of every CodermError.
        fault: what the server did, for one who did not type the command: without the task, and without what to type.
    """

    def __init__(self, message: str, fault: str | None = None) -> None:
        super().__init__(message)
        self.fault = message if fault is None else fault


class RequestRefusedError(ServerError):
    """A server found a request wrong, such as a field that it does not know."""


class NotServedError(ServerError):
    """A server has no such model, or nothing at the address that it was asked at."""


class ModelError(CodermError):
    """A model in this process could not be loaded, or ran out of memory."""


class IncompleteRunError(CodermError):
    """Some executions or grades could not be run; they are in no score."""

    exit_code = 3
