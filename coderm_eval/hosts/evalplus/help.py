"""The help of `evalplus.coderm`."""

from __future__ import annotations

import re
from collections.abc import Callable

from fire.helptext import HelpText
from fire.trace import FireTrace

__all__ = ["help_text"]


def help_text(command: Callable[..., None], name: str) -> str:
    """Fire's help of a command, without flags of one letter: it shows some for two flags, and none is taken."""
    shown = HelpText(command, FireTrace(command, name=name))
    return re.sub(r"(?m)^( *)-\w, (?=--)", r"\1", shown)
