"""Whether a problem that a text states is the one it asks for, or an example above another question."""

from __future__ import annotations

from coderm_eval.generation.stated_problem.asserts import last_asserts
from coderm_eval.generation.stated_problem.function_stubs import last_stub
from coderm_eval.generation.stated_problem.statement import has_opening

__all__ = ["asks_for_another"]

_ANY = "candidate"
"""What the tests of HumanEval call whatever function they are given."""


def asks_for_another(behind: str, entry_point: str) -> bool:
    """Return whether the text behind a problem's statement asks another question.

    Args:
        behind: from the statement's end on.
        entry_point: of the problem.
    """
    lines = behind.replace("\r\n", "\n").split("\n")
    stub, asserts = last_stub(lines), last_asserts(lines)
    if stub and stub.has_docstring and stub.name != entry_point:
        return True
    return has_opening(behind) or bool(asserts and asserts.names.keys().isdisjoint({entry_point, _ANY}))
