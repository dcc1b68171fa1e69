"""Words that the program server and those who send it calls have in common: see `program_server`, `program_process`."""

from __future__ import annotations

__all__ = ["DIGESTED", "END", "GO_ON", "MORE", "PREPARE", "can_be_prepared"]

PREPARE, MORE, GO_ON, END = b"calls ", b"more ", b"on ", b"end"
"""How lines begin that are no job."""

DIGESTED = ",true]"
"""How the text of a call ends that asks for a digest."""


def can_be_prepared(call: str) -> bool:
    """Return whether the answer to a call, made from its text or not, is the same.

    It is not where the call names objects of the program, or where what has become of the arguments is told.
    """
    return call.startswith('["') and not call.endswith("}]")
