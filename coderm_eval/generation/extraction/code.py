"""Find the code in a model's answer, for candidate programs and for unit tests alike.

The reasoning is dropped first. Then the first of these is taken: the whole text if it is Python with what is wanted;
the last fence labelled Python that has it; the last fence of any label that has it; text between triple backticks,
wherever they stand, that has it; the last fence labelled Python; the last fence. A function of the syntax tree says
what is wanted: the entry point for a program, a TestCase for a test.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from coderm_eval.core.programs.source import parse
from coderm_eval.generation.settings import Extraction

__all__ = ["extract_code", "unclosed_code"]

_PYTHON_LABELS = frozenset({"python", "py", "python3", "python2"})
_FENCE = re.compile(r"([ \t]*)(`{3,}(?!.*`)|~{3,})[ \t]*([^\s`]*)")
_LOOSE_FENCES = (  # "Sure: ```python", "- ```python", "return x```": not fences in CommonMark, but models write them
    re.compile(r"```(?:python|py)\d?\b[^`\n]*\n(.*?)```", re.DOTALL | re.IGNORECASE),
    re.compile(r"```[^`\n]*\n(.*?)```", re.DOTALL),
)
_PAPER_FENCES = (
    re.compile(r"```python\n(.*?)\n```", re.DOTALL),
    re.compile(r"```\n(.*?)\n```", re.DOTALL),
)


class _Fence(NamedTuple):
    labelled: bool
    body: str
    closed: bool


def extract_code(answer: str, wanted: Callable[[ast.Module], bool], extraction: Extraction = "default") -> str:
    """The Python source in `answer` for which `wanted` holds, or else the likeliest piece; empty if there is none.

    With the extraction "paper" an answer has to have exactly one fenced block, as in the authors' scripts.
    """
    if extraction == "paper":
        return _only_fence(answer)

    def fits(code: str) -> bool:
        return (tree := parse(code)) is not None and wanted(tree)

    text = _without_reasoning(answer)
    if fits(text):  # first, since a docstring may contain fences
        return text
    fences = list(_fences(text))
    fitting = [f for f in fences if fits(f.body)]
    for choice in (
        [f.body for f in fitting if f.labelled],
        [f.body for f in fitting],
        [body for body in _loose_fences(text) if fits(body)],
        [f.body for f in fences if f.labelled],
        [f.body for f in fences],
    ):
        if choice:
            return choice[-1]
    return ""


def unclosed_code(answer: str) -> str | None:
    """The code in a fence that an answer opens and does not close; None if there is no such fence."""
    fences = list(_fences(_without_reasoning(answer)))
    return fences[-1].body if fences and not fences[-1].closed else None


def _without_reasoning(answer: str) -> str:
    return answer.rpartition("</think>")[2]


def _fences(text: str) -> Iterator[_Fence]:
    """Yield fenced blocks as CommonMark reads them.

    A fence is closed by at least as many marks, and the last one may stay open. A fence
    inside a list is indented, and so is its body.
    """
    opening: re.Match[str] | None = None
    body: list[str] = []
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if opening is None:
            opening, body = mark, []
        elif mark and _closes(mark, opening):
            yield _fence(opening, body, closed=True)
            opening = None
        else:
            body.append(line)
    if opening is not None:
        yield _fence(opening, body, closed=False)


def _fence(opening: re.Match[str], body: Sequence[str], *, closed: bool) -> _Fence:
    """The block without the indentation of its opening, unless its first line is indented by less."""
    indent = len(opening[1])
    first = next((line for line in body if line.strip()), "")
    if indent and not first[:indent].strip():
        body = [line[:indent].lstrip(" \t") + line[indent:] for line in body]
    return _Fence(opening[3].lower() in _PYTHON_LABELS, "\n".join(body), closed)


def _closes(mark: re.Match[str], opening: re.Match[str]) -> bool:
    """Return whether `mark` has no label, is long enough, and is indented by less than a docstring in the block."""
    deeper = len(mark[1].expandtabs(4)) - len(opening[1].expandtabs(4))
    return not mark[3] and mark[2].startswith(opening[2]) and deeper < 4


def _loose_fences(text: str) -> Iterator[str]:
    """Yield text between triple backticks, without common indentation; that with Python's label comes last."""
    for pattern in reversed(_LOOSE_FENCES):
        yield from (textwrap.dedent(body) for body in pattern.findall(text))


def _only_fence(answer: str) -> str:
    """The paper's extraction: the only ```python block, or else the only unlabelled block; empty otherwise."""
    for pattern in _PAPER_FENCES:
        blocks: list[str] = pattern.findall(answer)
        if blocks:
            return blocks[0] if len(blocks) == 1 else ""
    return ""
