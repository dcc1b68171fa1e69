"""How a command ends for its user: with one sentence and an exit code, never with a traceback for a mistake."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from coderm_eval.core.errors import CodermError

__all__ = ["INTERRUPTED", "INTERRUPTED_CODE", "user_errors"]

INTERRUPTED = "interrupted; run the same command again to continue"

INTERRUPTED_CODE = 130
"""Exit code of a command that Ctrl-C ended, as shells have it: 128 and the number of SIGINT."""

_PIPE_CODE = 141
"""Exit code of a command whose reader went away, as in `report | head`: 128 and the number of SIGPIPE."""

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})


@contextmanager
def user_errors(command: str) -> Iterator[None]:
    """End the process with one sentence and an exit code, without a traceback, on a user's mistake and on Ctrl-C.

    A pipe that nobody reads any more ends it without a word, and a full disk with a sentence.

    Args:
        command: what the sentence begins with.
    """
    try:
        yield
        sys.stdout.flush()  # here, and not when nobody can say any more that it failed
    except CodermError as error:
        _end(error.exit_code, f"{command}: {error}")
    except KeyboardInterrupt:
        _end(INTERRUPTED_CODE, f"\n{command}: {INTERRUPTED}")
    except BrokenPipeError:
        _discard_output()
        raise SystemExit(_PIPE_CODE) from None
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        _discard_output()
        what = f"{error.filename}: " if error.filename else "the output cannot be written: "
        _end(CodermError.exit_code, f"{command}: {what}{error.strerror}; make room, and run the same command again")


def _end(code: int, sentence: str) -> None:
    with suppress(OSError):
        print(sentence, file=sys.stderr)
    raise SystemExit(code) from None


def _discard_output() -> None:
    """Send the rest nowhere, which the interpreter would else try to write when it ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
