"""Programs looked at as text."""

from __future__ import annotations

import warnings

from coderm_eval.core.programs.source import module_names, parse


def test_a_program_with_an_odd_escape_warns_nobody() -> None:
    """Its author is a model; the user of a run can do nothing about it."""
    program = "def f():\n    return '\\d'\n"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert parse(program)
        assert module_names(program) == {"f"}
