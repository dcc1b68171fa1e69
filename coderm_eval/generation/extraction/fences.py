"""Fenced blocks of Markdown, as CommonMark reads them and as models write them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import NamedTuple

__all__ = ["Fence", "fences", "loose_fences", "only_fence"]

_PYTHON_LABELS = frozenset({"python", "py", "python3", "python2"})
_MARK = re.compile(r"([ \t]*)(`{3,}(?!`)(?!.*`)|~{3,})[ \t]*([^\s`]*)")
_CODE = r"(?:async def |def |class )\w+[ ]?[(:]|import \w|from [.\w]+ import "
_BEHIND_MARK = re.compile(rf"[`~]{{3,}}[ \t]*(?:(?:python|py)\d?[ \t]+)?((?:{_CODE}).*)", re.IGNORECASE)
"""Code that begins on the line of the mark: "```python import math"."""
_LOOSE_FENCES = (  # "Sure: ```python", "- ```python", "return x```": not fences in CommonMark, but models write them
    re.compile(rf"```[ \t]*(?:(?:python|py)\d?[ \t]+)?((?:{_CODE}).*?)```", re.DOTALL | re.IGNORECASE),
    re.compile(r"```(?:python|py)\d?\b[^`\n]*\n(.*?)```", re.DOTALL | re.IGNORECASE),
    re.compile(r"```[^`\n]*\n(.*?)```", re.DOTALL),
)
_PAPER_FENCES = ("```python\n", "```\n")


class Fence(NamedTuple):
    labelled: bool
    body: str
    closed: bool


def fences(text: str) -> Iterator[Fence]:
    """Yield fenced blocks as CommonMark reads them.

    A fence is closed by at least as many marks, and the last one may stay open. A fence
    inside a list is indented, and so is its body. Other than in CommonMark, code may begin on the line of the mark.
    """
    opening: re.Match[str] | None = None
    body: list[str] = []
    for line in text.split("\n"):
        mark = _MARK.match(line)
        if opening is None:
            opening = mark
            body = [mark[1] + code[1]] if mark and (code := _BEHIND_MARK.match(line, mark.end(1))) else []
        elif mark and _closes(mark, opening):
            yield _fence(opening, body, closed=True)
            opening = None
        else:
            body.append(line)
    if opening is not None:
        yield _fence(opening, body, closed=False)


def _fence(opening: re.Match[str], body: Sequence[str], *, closed: bool) -> Fence:
    """The block without the indentation of its opening, unless its first line is indented by less."""
    indent = len(opening[1])
    first = next((line for line in body if line.strip()), "")
    if indent and not first[:indent].strip():
        body = [line[:indent].lstrip(" \t") + line[indent:] for line in body]
    return Fence(opening[3].lower() in _PYTHON_LABELS, "\n".join(body), closed)


def _closes(mark: re.Match[str], opening: re.Match[str]) -> bool:
    """Return whether `mark` has no label, is long enough, and is indented by less than a docstring in the block."""
    deeper = len(mark[1].expandtabs(4)) - len(opening[1].expandtabs(4))
    return not mark[3] and mark[2].startswith(opening[2]) and deeper < 4


def loose_fences(text: str) -> Iterator[str]:
    """Yield text between triple backticks, without common indentation; the likeliest to be the code comes last."""
    for pattern in reversed(_LOOSE_FENCES):
        yield from (textwrap.dedent(body) for body in pattern.findall(text))


def only_fence(answer: str) -> str:
    """The paper's extraction: the only ```python block, or else the only unlabelled block; empty otherwise."""
    for opening in _PAPER_FENCES:
        blocks = list(_between(answer, opening, "\n```"))
        if blocks:
            return blocks[0] if len(blocks) == 1 else ""
    return ""


def _between(text: str, opening: str, closing: str) -> Iterator[str]:
    """Yield the texts from an opening to the next closing; a regular expression would look for it from each opening."""
    end = 0
    while (start := text.find(opening, end)) >= 0:
        start += len(opening)
        found = text.find(closing, start)
        if found < 0:
            return
        yield text[start:found]
        end = found + len(closing)
