"""Keys, tokens and passwords in what a user typed, masked before it is written down."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = ["masked", "masked_command", "typed_command"]

_MASK = "***"

_SECRET = r"(?:api[_-]?key|(?<!bos_)(?<!eos_)(?<!pad_)token|password|passwd|secret|authorization|credentials?)"
_VALUE = r"(?:\"[^\"]*\"|'[^']*'|(?:bearer\s+|basic\s+)?[^\s\"',&}]+)"
_NAMED = re.compile(rf"(?i)({_SECRET}[\"']?\s*[=:]\s*){_VALUE}")
"""A name and its value, as in --model_args, in JSON, and in an address. "max_tokens" and "tokenizer" are no such."""
_FLAG = re.compile(rf"(?i)--?[\w-]*{_SECRET}")
_IN_ADDRESS = re.compile(r"(://)[^/\s]*@")
_BY_SHAPE = re.compile(r"\b(?:sk-|hf_|ghp_|github_pat_|AIza|xox[a-z]-)[\w-]{16,}|(?<=Bearer )\S+")
_SHORTEST = 8
"""Characters of a variable's value below which it is taken for no secret."""


def masked(text: str) -> str:
    """The text without what looks like a secret, and without the values of this process's secret variables."""
    for secret in _of_environment():
        text = text.replace(secret, _MASK)
    text = _IN_ADDRESS.sub(rf"\1{_MASK}@", text)
    text = _NAMED.sub(rf"\1{_MASK}", text)
    return _BY_SHAPE.sub(_MASK, text)


def typed_command() -> list[str]:
    """The command of this process, masked; of its program only the name."""
    program = Path(sys.argv[0])
    name = program.parent.name if program.name == "__main__.py" else program.name
    return [name, *masked_command(sys.argv[1:])]


def masked_command(arguments: Iterable[str]) -> list[str]:
    """The arguments of a command, masked; also the one after a flag such as --api-key."""
    shown: list[str] = []
    follows = False
    for argument in arguments:
        shown.append(_MASK if follows else masked(argument))
        follows = bool(_FLAG.fullmatch(argument))
    return shown


def _of_environment() -> Iterator[str]:
    for name, value in os.environ.items():
        if re.search(r"(?i)key|token|secret|password", name) and len(value) >= _SHORTEST:
            yield value
