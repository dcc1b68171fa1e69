"""What a test did, as its process tells it; a test can write there what it likes."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from coderm_eval.execution.sandbox.judgement import GOES_ON, Judgement
from coderm_eval.execution.wire.ends import End

__all__ = ["TestReply", "parse_judgements", "parse_reply"]

_MOST_CHARACTERS = 240
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{4,}")


class TestReply(NamedTuple):
    """What a test did on the answers that it was given."""

    calls: tuple[str, ...] = ()
    """The calls that it made and that were answered."""
    unknown: tuple[str, ...] = ()
    """Calls without a known answer; there is no verdict then."""
    verdict: End | None = None
    """None if calls are unknown, or if the test has to be run in a process of its own."""
    last: bool = False
    """Whether the process has ended after it."""
    reason: str = ""
    """The error of its own with which it ended: a short printable text, for people."""


def parse_reply(line: bytes) -> TestReply | End:
    """Return the reply in a line; CRASHED if it is none."""
    try:
        reply = json.loads(line)
        calls, unknown = tuple(reply["calls"]), tuple(reply["unknown"])
        verdict, last = reply["verdict"], reply["last"]
        is_text = "".join(calls + unknown).isascii()  # as `encode` writes them; raises TypeError at what is no text
        if not is_text or not isinstance(last, bool) or (verdict is not None and unknown):
            return End.CRASHED
        return TestReply(calls, unknown, None if verdict is None else End(verdict), last, _shown(reply.get("reason")))
    except (ValueError, KeyError, TypeError, RecursionError):
        return End.CRASHED


def parse_judgements(line: bytes) -> tuple[list[Judgement], bool]:
    """Return what a test says of answers, and whether its process has ended after it; nothing for nonsense."""
    try:
        reply = json.loads(line)
        judged, last = reply["judged"], reply["last"]
        known = {GOES_ON, None, *End}
        return ([], True) if any(said not in known for said in judged) else (judged, bool(last))
    except (ValueError, KeyError, TypeError, RecursionError):
        return [], True


def _shown(reason: object) -> str:
    """The text as it may be printed and stored: no control characters, and no addresses, which differ each time."""
    text = reason[:_MOST_CHARACTERS] if isinstance(reason, str) else ""
    text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(_ADDRESS.sub("0x...", text).split())
