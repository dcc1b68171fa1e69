"""Test cases as LiveCodeBench's files hold them: a JSON list, or base64 of zlib of a pickle of its text.

The pickle is read, never run: its one string is taken out, and a pickle that does anything else is refused. An
Unpickler without globals would not do, since a few bytes can still make it reserve memory without end.
"""

from __future__ import annotations

import base64
import json
import pickletools
import zlib
from typing import Any, NamedTuple

from coderm_eval.core.messages import single_line

__all__ = ["Case", "decode_cases", "public_cases"]

_MOST_BYTES = 1 << 30
"""Of one problem's tests, decompressed. Those of all 1055 problems take about 12 GB, so no real one comes near."""

_TEST_TYPES = ("stdin", "functional")

_TEXT = ("UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8")
_AROUND_A_TEXT = ("PROTO", "FRAME", "PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE", "STOP")


class Case(NamedTuple):
    """One gold test."""

    input: str
    """Functional: one JSON value a line for each positional argument; stdin: what the program reads."""
    output: str
    """Functional: one JSON value; stdin: what the program has to print."""
    testtype: str
    """stdin or functional."""


def public_cases(text: str) -> list[Case]:
    """The cases of the column public_test_cases, which may be none.

    Raises:
        ValueError: says in a few words why `text` is no list of cases.
    """
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(listed, list):
        raise ValueError("not a list of cases")
    return [_case(number, item) for number, item in enumerate(listed, 1)]


def decode_cases(text: str) -> list[Case]:
    """The cases of the column private_test_cases, in either encoding; at least one.

    Raises:
        ValueError: says in a few words why `text` holds no cases. Nothing that it holds is executed.
    """
    cases = public_cases(text if text.lstrip().startswith("[") else _string_of(_decompressed(text)))
    if not cases:
        raise ValueError("no cases")
    return cases


def _decompressed(text: str) -> bytes:
    try:
        packed = base64.b64decode(text, validate=True)
    except ValueError:
        raise ValueError("neither a JSON list nor base64") from None
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(packed, _MOST_BYTES + 1)
    except zlib.error:
        raise ValueError("not compressed by zlib, or damaged") from None
    if len(data) > _MOST_BYTES:
        raise ValueError(f"more than {_MOST_BYTES} bytes when decompressed")
    if not stream.eof:
        raise ValueError("cut short")
    return data


def _string_of(pickled: bytes) -> str:
    strings: list[str] = []
    try:
        for opcode, argument, _ in pickletools.genops(pickled):
            if opcode.name in _TEXT and isinstance(argument, str):
                strings.append(argument)
            elif opcode.name not in _AROUND_A_TEXT:
                raise ValueError(f"a pickle with {opcode.name}")
    except ValueError as error:
        raise ValueError(f"not the pickle of one text: {single_line(error)}") from None
    if len(strings) != 1:
        raise ValueError("not the pickle of one text")
    return strings[0]


def _case(number: int, item: Any) -> Case:
    fields: list[Any] = [item.get(field) for field in Case._fields] if isinstance(item, dict) else []
    if not fields or not all(isinstance(field, str) for field in fields):
        raise ValueError(f"case {number} is no object with texts under {', '.join(Case._fields)}")
    case = Case(*fields)
    if case.testtype not in _TEST_TYPES:
        raise ValueError(f"case {number} has the testtype {case.testtype[:40]!r}, not {' or '.join(_TEST_TYPES)}")
    return case
