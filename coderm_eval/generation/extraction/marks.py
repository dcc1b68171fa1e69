"""Special tokens and tags that models write around code, where their server or template leaves them in."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["documents", "first_document", "is_quoted", "without_marks"]

_END = re.compile(
    r"<\|(?:endoftext|im_end|eot_id|end_of_text|eot|eos|end|return|eom_id|endofmask|endofturn|end_of_turn|file_separator)"
    r"\|>|<\uff5c(?:end\u2581of\u2581sentence|EOT)\uff5c>"
    r"|</s>|<(?:eos|eot|end_of_turn|endoftext|file_sep)>|\[/?INST\] ?",
    re.IGNORECASE,
)
"""Tokens that end an answer; a base model goes on with another document behind them."""

_MARK = re.compile(
    r"(?:<\|[^|<>\s]{1,40}\|>|<\uff5c[^\uff5c\n]{1,40}\uff5c>|\[/?(?:PYTHON|CODE|ANSWER|SOLUTION|RESULT)\]"
    r"|</?(?:s|bos|pad|unk|start_of_turn|code|pre|python|py|answer|solution|output|response|final|result|execute|program"
    r"|tool_call|reponame|filename|gh_stars|jupyter_\w+|fim_\w+|\w+_code|code_\w+)(?: [^<>\n]{0,80})?>)(?: (?=\S))?",
    re.IGNORECASE,
)
"""Tokens and tags between which the code stands."""


_QUOTES = "'\"`"
_NEAR = 1_000
"""Characters of a line that are looked at on both sides of a mark: a line of a megabyte may have 100,000 marks."""


def documents(text: str) -> Iterator[str]:
    """Yield the parts of a text between tokens that end an answer."""
    start = 0
    for end in _END.finditer(text):
        if not is_quoted(text, end):
            yield text[start : end.start()]
            start = end.end()
    yield text[start:]


def first_document(text: str) -> str:
    """The text up to the first token that ends an answer."""
    end = next((end for end in _END.finditer(text) if not is_quoted(text, end)), None)
    return text[: end.start()] if end else text


def is_quoted(text: str, mark: re.Match[str]) -> bool:
    """Return whether a mark stands between quotation marks or backticks of its line: it is then only mentioned."""
    line = text[max(mark.start() - _NEAR, 0) : mark.start()].rpartition("\n")[2]
    if not any(quote in line for quote in _QUOTES):
        return False
    after = text[mark.end() : mark.end() + _NEAR].partition("\n")[0]
    before = re.sub(r"(?<=\w)'(?=\w)|`{3,}", "", line)
    return any(before.count(quote) % 2 and quote in after for quote in _QUOTES)


def without_marks(text: str) -> str:
    """The text with a line end in place of each mark, and of one blank behind it: `<s> def f():`."""
    return _MARK.sub(lambda mark: mark[0] if is_quoted(text, mark) else "\n", text)
