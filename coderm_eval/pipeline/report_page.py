"""A finished run's page, which may take seconds and never fails a run."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

from coderm_eval.core.files import write_text
from coderm_eval.core.messages import single_line
from coderm_eval.report.run_directory import RunDirectory

__all__ = ["SLOW_S", "said_if_slow", "write_page"]

log = logging.getLogger(__name__)

SLOW_S = 5.0
"""Only a page that takes longer is worth a line: one of 164 problems with 20 candidates each takes two to three."""


_MOST_PROBLEMS = 3_000
"""A page holds all of them, with 20 programs and 20 tests each about 10 KB a problem: browsers open no larger one."""


def write_page(directory: RunDirectory, problems: int) -> None:
    """Write report.html, programs and tests included, or warn why there is none.

    Args:
        directory: of a run whose other files are written.
        problems: how many the run is of.
    """
    if problems > _MOST_PROBLEMS:
        log.warning(
            "%s: left out, as a page of %s problems is too large for a browser; "
            "`coderm-eval report %s --html FILE --no-programs` writes one without texts",
            *(directory.page, f"{problems:,}", directory),
        )
        return
    try:
        from coderm_eval.report.page.page import render_page  # with jinja2 and matplotlib, which a start need not load

        with said_if_slow(
            f"making {directory.page}; --no-report, or `report: false` in the settings, leaves it out", SLOW_S
        ):
            write_text(directory.page, render_page(directory, with_programs=True))
    except Exception as error:  # what took hours is written, and the page can be made of it later
        log.warning("%s: not written (%s); the run is complete without it", directory.page, single_line(error))


@contextmanager
def said_if_slow(message: str, seconds: float) -> Iterator[None]:
    """Print the message once the block has taken that long."""
    timer = Timer(seconds, log.warning, ("%s", message))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
