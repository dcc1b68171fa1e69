"""Which rules can pick where there are no tests."""

from __future__ import annotations

import numpy as np

from coderm_eval.core.errors import SettingsError
from coderm_eval.core.records import Candidate, Probes, Verdict, Verdicts
from coderm_eval.selection.picks import select

__all__ = ["require_rule_without_tests"]


def require_rule_without_tests(name: str, source: str) -> None:
    """Check that a rule prefers, of three candidates, the last two, which alone answer a probing input alike.

    Raises:
        SettingsError: it would pick the first one of any; `source` is what the message calls the place of the settings.
    """
    candidates = [Candidate("", (sample,)) for sample in range(3)]
    answers = Verdicts(np.full((3, 1), Verdict.PASSED, np.uint8), np.zeros((3, 1)), np.array([[2], [1], [1]]))
    probes = Probes((0, 1, 2), answers)
    pick = select([name], candidates, (), Verdicts.not_run(3, 0), stopped="", probes=probes)[name]
    if pick.chosen == 0:
        raise SettingsError(
            f"{source}: select is {name!r}, which picks by tests, and tests.backend is 'none'; "
            "select agreement or evidence"
        )
