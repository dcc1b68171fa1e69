"""An answer without the reasoning before it, in the tags of many models."""

from __future__ import annotations

import re
from collections.abc import Callable

from coderm_eval.generation.extraction.fences import fences
from coderm_eval.generation.extraction.marks import is_quoted

__all__ = ["ends_in_reasoning", "without_reasoning"]

_TAG = re.compile(
    r"<(?P<a>/?)(?P<b>(?:seed:|antml:)?(?:think|thinking|thought|thoughts|reasoning|reflection|scratchpad|longcat_think))>"
    r"|\[(?P<c>/?)(?P<d>THINK)\]|\u25c1(?P<e>/?)(?P<f>think)\u25b7"
    r"|<\|(?P<g>begin|end|start)_(?:of_)?(?P<h>thought|thinking)\|>",
    re.IGNORECASE,
)

_FINAL = re.compile(r"<\|channel\|>final(?: ?<\|constrain\|>\w+)? ?<\|message\|>")
_ANALYSIS = re.compile(r"<\|channel\|>analysis")

_OPENING_REASONING = re.compile(  # of templates and user interfaces, which stands only where an answer begins
    r"\s*(?:<\|channel>thought\b.*?(?:<channel\|>|\Z)"
    r"|<details type=[\"']reasoning[\"'][^>]*>.*?(?:</details>|\Z)"
    r"|Thinking\.\.\.\n.*?\n\.\.\.done thinking\.)",
    re.DOTALL,
)


def without_reasoning(answer: str, fits: Callable[[str], bool]) -> list[str]:
    """The parts of an answer that are not reasoning, in order; none where the reasoning does not end.

    A closing tag without an opening one closes what the chat template opened, and what follows it is the answer; a
    closing tag at the very end, or after another one, only separates. Tags in quotation marks, or in a fence whose
    code `fits`, are text.
    """
    answer = _final_channel(answer)
    tags = _tags(answer)
    if tags:
        code = [fence.body for fence in fences(answer) if _TAG.search(fence.body) and fits(fence.body)]
        spans = [(start, start + len(body)) for body in code if (start := answer.find(body)) >= 0]
        tags = [tag for tag in tags if not any(start <= tag.start() < end for start, end in spans)]
    parts, rest = _outside(answer, tags)
    return parts if rest is None else [*parts, rest]


def ends_in_reasoning(answer: str) -> bool:
    """Return whether an answer ends before its reasoning does, as one that a limit of tokens cut off."""
    final = _final_channel(answer)
    _, rest = _outside(final, _tags(final))
    return rest is None or (not final and bool(answer))


def _tags(answer: str) -> list[re.Match[str]]:
    return _unquoted(_TAG, answer)


def _unquoted(mark: re.Pattern[str], answer: str) -> list[re.Match[str]]:
    return [found for found in mark.finditer(answer) if not is_quoted(answer, found)]


def _final_channel(answer: str) -> str:
    """The answer behind its reasoning on another channel, whether the special tokens are shown or not."""
    if finals := _unquoted(_FINAL, answer):
        return answer[finals[-1].end() :]
    if _unquoted(_ANALYSIS, answer):
        return ""
    if opening := _OPENING_REASONING.match(answer):
        return answer[opening.end() :]
    if answer.lstrip().startswith("analysis") and "assistantfinal" in answer:
        return answer.partition("assistantfinal")[2]
    return answer


def _outside(answer: str, tags: list[re.Match[str]]) -> tuple[list[str], str | None]:
    """The parts of the answer outside of pairs of tags, and what follows the last pair; None if a tag stays open."""
    parts: list[str] = []
    opened: str | None = None
    start = 0
    for number, tag in enumerate(tags):
        groups = tag.groupdict()
        closes = bool(groups["a"] or groups["c"] or groups["e"] or (groups["g"] or "").lower() == "end")
        kind = next(filter(None, (groups[key] for key in "bdfh"))).lower()
        if not closes:
            if opened is None:
                parts.append(answer[start : tag.start()])
                opened = kind
            continue
        if opened is None and (number or not answer[tag.end() :].strip()):
            parts.append(answer[start : tag.start()])
        if opened in (None, kind):
            opened, start = None, tag.end()
    return parts, None if opened else answer[start:]
