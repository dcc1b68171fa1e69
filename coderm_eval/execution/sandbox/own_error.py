"""What a test says of the error that ended it, where the error is the test's own and not the program's."""

from __future__ import annotations

from coderm_eval.execution.sandbox import asked_program
from coderm_eval.execution.sandbox.known_answers import UnknownAnswerError

__all__ = ["own_error"]

_MOST_CHARACTERS = 200
_NOT_OWN = (AssertionError, UnknownAnswerError, MemoryError)


def own_error(error: BaseException) -> str:
    """Return the error's type and message, such as "NameError: name 'x' is not defined".

    Empty where it says something of the program: a failed assertion, or what the program itself raised.
    """
    kind = type(error)
    if issubclass(kind, _NOT_OWN) or kind.__module__ == "_pytest.outcomes" or _is_raised_by_program(error):
        return ""
    try:
        message = str(error)
    except BaseException:  # of a class that the test has defined
        message = ""
    return f"{kind.__name__}: {message[:_MOST_CHARACTERS]}"


def _is_raised_by_program(error: BaseException) -> bool:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code.co_filename == asked_program.__file__
