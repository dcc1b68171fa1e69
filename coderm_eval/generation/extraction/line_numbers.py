"""Code whose lines are numbered, as a listing or a notebook shows it."""

from __future__ import annotations

import re
import textwrap

__all__ = ["without_line_numbers"]

_NUMBER = r"^[ \t]*(?:\[?\d{1,4}\]?(?:[ \t]*[.:|)])?|In \[\d+\]:|\.\.\.:)"
_AT_A_LINE = re.compile(_NUMBER, re.MULTILINE)
_LINES = re.compile(rf"(?:{_NUMBER}(?:[ \t].*)?(?:\n|\Z)){{2,}}", re.MULTILINE)


def without_line_numbers(text: str) -> str:
    """The text without numbers such as `1  `, `2: `, `3. `, ` 4 | ` and `In [5]: ` where several lines have one."""
    return _LINES.sub(lambda lines: textwrap.dedent(_AT_A_LINE.sub("", lines[0])), text)
