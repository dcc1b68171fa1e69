"""Find the code in a model's answer, for candidate programs and for unit tests alike.

The reasoning is dropped first. Then the first of these is taken: the whole text if it is Python with what is wanted;
the last fence labelled Python that has it; the last fence of any label that has it; text between triple backticks,
wherever they stand, that has it; lines without a fence that have it, up to where they are no Python; the last fence
labelled Python that defines anything, or else the last one; of answers without one, the same of all fences. A function
of the syntax tree says what is wanted: the entry point for a program, a test for a test.
"""

from __future__ import annotations

import ast
import functools
import html
import re
from collections.abc import Callable, Iterator

from coderm_eval.core.programs.source import parse
from coderm_eval.generation.extraction.fences import fences, loose_fences, only_fence
from coderm_eval.generation.extraction.json_strings import strings_of_json
from coderm_eval.generation.extraction.line_numbers import without_line_numbers
from coderm_eval.generation.extraction.marks import documents, without_marks
from coderm_eval.generation.extraction.python_lines import python_in
from coderm_eval.generation.extraction.reasoning import without_reasoning
from coderm_eval.generation.settings import Extraction

__all__ = ["extract_code", "unclosed_code"]

_INDENTED = re.compile(r"^([ \t]+)(?:def |class |import |from |@|async )", re.MULTILINE)

_BEFORE_CODE = re.compile(
    r"^(?:[A-Z][\w ]{0,40}: |python ?Copy(?: code)?)(?=(?:def|class|from|import) |@)", re.MULTILINE
)
"""What may stand before code on its line: `Solution: def f(x): return x`, or the label and button of a web page."""

_STRAIGHT = {0x201C: '"', 0x201D: '"', 0x2018: "'", 0x2019: "'"}
"""Quotation marks as a word processor makes them of straight ones."""

_Fits = Callable[[str], bool]


def extract_code(
    answer: str,
    wanted: Callable[[ast.Module], bool],
    extraction: Extraction = "default",
    *,
    whole: bool = False,
    unless: Callable[[str], bool] = lambda _: False,
) -> str:
    """The Python source in `answer` for which `wanted` holds, or else the likeliest piece; empty if there is none.

    With the extraction "paper" an answer has to have exactly one fenced block, as in the authors' scripts.

    Args:
        whole: whether a definition in which the Python breaks off is left out: half a test may pass for all.
        unless: which texts are none of those wanted, whatever their syntax tree.
    """
    if extraction == "paper":
        return only_fence(answer)

    @functools.cache  # most spellings of an answer, and most parts of it, are the same text
    def fits(code: str) -> bool:
        return (tree := parse(code)) is not None and wanted(tree) and not unless(code)

    if fits(answer):  # first, since its texts may contain fences and tags
        return answer
    texts = without_reasoning(answer, fits)
    return _first(_fitting(text, fits, whole) for text in reversed(texts)) or _first(map(_likeliest, reversed(texts)))


def unclosed_code(answer: str) -> str | None:
    """The code in a fence that an answer opens and does not close; None if there is no such fence."""
    texts = without_reasoning(answer, lambda _: False)
    blocks = list(fences(texts[-1])) if texts else []
    return blocks[-1].body if blocks and not blocks[-1].closed else None


def _first(found: Iterator[str]) -> str:
    return next(filter(None, found), "")


def _fitting(text: str, fits: _Fits, whole: bool) -> str:
    """The code that fits; empty if none does."""
    parts = list(documents(text))
    found = _first(_marked(part, fits) for part in parts) or _marked(text, fits)
    plain = [without_marks(part) for part in parts]
    others = (other for other in _other_spellings(text) if other not in plain)  # most texts have no other spelling
    return (
        found
        or _first(_marked(part, fits) for part in plain)
        or _first(_marked(other, fits) for other in _spellings_of_lines(text) if other != text)  # lines of it break off
        or _first(python_in(part, fits, whole=whole) for part in plain)
        or _first(_marked(other, fits) or python_in(without_marks(other), fits, whole=whole) for other in others)
    )


def _marked(text: str, fits: _Fits) -> str:
    """The whole text, or the last fitting fence."""
    if fits(text):
        return text
    fitting = [fence for fence in fences(text) if fits(fence.body)]
    for choice in (
        [fence.body for fence in fitting if fence.labelled],
        [fence.body for fence in fitting],
        [body for body in loose_fences(text) if fits(body)],
    ):
        if choice:
            return choice[-1]
    return ""


def _likeliest(text: str) -> str:
    """Code that does not fit, which is still shown as what the model wrote: rather a definition than a call of it."""
    blocks = list(fences(text))
    bodies = [fence.body for fence in blocks if fence.labelled] or [fence.body for fence in blocks]
    if [(fence.labelled, fence.closed) for fence in blocks] == [(False, False)]:  # a mark that only closes
        bodies = [text.partition("```")[0], *bodies]
    return next(filter(_defines, reversed(bodies or [text])), "") or (bodies or [""])[-1]


def _defines(code: str) -> bool:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(isinstance(node, kinds) for node in (parse(code) or ast.Module([], [])).body)


def _spellings_of_lines(text: str) -> Iterator[str]:
    """Yield the text with each line as it may have been meant: with entities, curly quotes, line numbers."""
    plain = text.translate({0xA0: " ", 0xFEFF: None, 0x200B: None, 0x2028: "\n"})
    yield html.unescape(plain).translate({0xA0: " ", **_STRAIGHT})
    yield without_line_numbers(text)
    if "\n" not in text.strip():
        yield text.replace("\\n", "\n")


def _other_spellings(text: str) -> Iterator[str]:
    """Yield the text as it may have been meant: indented, quoted, escaped, numbered, a diff, a session, JSON."""
    yield re.sub(r"^(?:>(?!>>) ?|\'{3}(?:python|py)?\s*$)", "", text, flags=re.MULTILINE)
    if indented := _INDENTED.search(text):
        yield re.sub(f"^{indented[1]}", "", text, flags=re.MULTILINE)
    yield _BEFORE_CODE.sub("", text)
    yield from _spellings_of_lines(text)
    if re.search(r"^\+", text, re.MULTILINE):
        yield re.sub(r"^[+ ]", "", re.sub(r"^(?:-|\+\+\+ |@@).*\n?", "", text, flags=re.MULTILINE), flags=re.MULTILINE)
    yield "\n".join(line[4:] for line in text.splitlines() if line.startswith((">>>", "...")))
    yield from strings_of_json(text)
