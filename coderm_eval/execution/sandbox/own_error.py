"""What a test says of the error that ended it, where the error is the test's own and not the program's."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator

from coderm_eval.execution.sandbox import asked_program
from coderm_eval.execution.sandbox.known_answers import UnknownAnswerError
from coderm_eval.execution.wire.untagging import Opaque

__all__ = ["is_skip_of_pytest", "own_error"]

_MOST_CHARACTERS = 200
_NOT_OWN = (AssertionError, UnknownAnswerError, MemoryError)

_CALLING = frozenset({"call", "call_method"})
"""Where a call goes out to the program."""
_MISFIT = re.compile(
    r"(?:\w+\.)*?(\w+)(?:\.__init__)?\(\) "
    r"(?:takes .*positional argument|missing \d+ required|got an unexpected keyword|got multiple values)"
)


def own_error(error: BaseException) -> str:
    """Return the error's type and message, such as "NameError: name 'x' is not defined".

    Empty where it says something of the program: a failed assertion, or what the program itself raised, unless it was
    called with arguments that it does not take, or that could not be sent.
    """
    kind = type(error)
    if _is_of_pytest(kind):
        return "skipped" if is_skip_of_pytest(kind) else ""
    if issubclass(kind, _NOT_OWN):
        return ""
    if _is_raised_by_program(error) and not (_is_of_call(error) or _is_of_argument(error)):
        return ""
    try:
        message = str(error)
    except BaseException:  # of a class that the test has defined
        message = ""
    return f"{kind.__name__}: {message[:_MOST_CHARACTERS]}"


def is_skip_of_pytest(kind: type) -> bool:
    """Return whether it is what `pytest.skip` raises, which unittest takes for an error."""
    return kind.__name__ == "Skipped" and _is_of_pytest(kind)


def _is_of_pytest(kind: type) -> bool:
    """Return whether it is how pytest says that a test failed or was skipped; such a class calls itself built-in."""
    return any(base.__module__ == "_pytest.outcomes" for base in kind.__mro__)


def _is_raised_by_program(error: BaseException) -> bool:
    *_, last = [None, *_frames(error)]
    return last is not None and last.f_code.co_filename == asked_program.__file__


def _is_of_call(error: BaseException) -> bool:
    """Return whether the function that the test called says that it does not take these arguments."""
    names = [frame.f_locals.get("name") for frame in _frames(error) if frame.f_code.co_name in _CALLING]
    found = _MISFIT.match(str(error)) if isinstance(error, TypeError) else None
    return found is not None and found[1] in names


def _is_of_argument(error: BaseException) -> bool:
    """Return whether the program could do nothing with an argument that could not be sent: a function, an object."""
    return isinstance(error, (TypeError, AttributeError)) and f"'{Opaque.__name__}'" in str(error)


def _frames(error: BaseException) -> Iterator[types.FrameType]:
    trace = error.__traceback__
    while trace:
        yield trace.tb_frame
        trace = trace.tb_next
