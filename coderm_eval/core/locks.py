"""One process at a time in a folder."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from coderm_eval.core.errors import OutputError

__all__ = ["alone_in"]

log = logging.getLogger(__name__)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Make the folder, and keep other processes that ask from writing there; the system forgets it with this process.

    A folder in which nothing was written is removed in the end.

    Raises:
        OutputError: another process is at work there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _lock(descriptor, folder)
        try:
            yield
        finally:
            with suppress(OSError):
                folder.rmdir()  # of a run that was refused; any other has written files
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OutputError(f"{folder}: another run is at work there; wait for its end, or give another --out") from error
    except OSError:  # some network file systems have no locks
        log.debug("%s cannot be locked", folder)
