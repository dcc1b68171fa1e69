"""-v and -q: how much a verb says of itself while it works."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import click

__all__ = ["note", "verbosity_options"]

Verb = TypeVar("Verb", bound=Callable[..., Any])

_PACKAGE = logging.getLogger("coderm_eval")


def verbosity_options(verb: Verb) -> Verb:
    """Add -v and -q; what they change is as before when the verb ends, also where a test or a notebook goes on."""

    @click.option("-v", "--verbose", is_flag=True, help="Also say what is read, run, asked for and found in the store.")
    @click.option("-q", "--quiet", is_flag=True, help="Print the result and errors only: no progress, no notices.")
    @functools.wraps(verb)
    def with_verbosity(*arguments: Any, verbose: bool, quiet: bool, **options: Any) -> Any:
        if verbose and quiet:
            raise click.UsageError("-v and -q exclude each other: give one of them")
        with _level(logging.DEBUG if verbose else logging.ERROR if quiet else _PACKAGE.level):
            return verb(*arguments, **options)

    return cast(Verb, with_verbosity)


@contextmanager
def _level(level: int) -> Iterator[None]:
    """Have the package's messages of this level and above printed; progress bars are shown with warnings."""
    before = _PACKAGE.level
    _PACKAGE.setLevel(level)
    try:
        yield
    finally:
        _PACKAGE.setLevel(before)


def note(text: str) -> None:
    """Print a line beside the result, on standard error, unless -q is given."""
    if _PACKAGE.isEnabledFor(logging.WARNING):
        click.echo(text, err=True)
