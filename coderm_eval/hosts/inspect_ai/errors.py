"""Mistakes of a user, as inspect_ai shows them: one sentence, and no traceback where it allows that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from inspect_ai._util.error import PrerequisiteError
from rich.markup import escape

from coderm_eval.core.errors import CodermError

__all__ = ["as_prerequisites"]


@contextmanager
def as_prerequisites() -> Iterator[None]:
    """Raise inspect's error for what has to be put right before an evaluation, in place of a CodermError."""
    try:
        yield
    except CodermError as error:
        raise PrerequisiteError(escape(f"coderm-eval: {error}")) from None
