"""Rules that choose a candidate from a verdict matrix: pure functions of arrays, one rule per file.

Nothing here can import what grades: a rule sees verdicts of generated tests, outputs and multiplicities, no more.
"""

import coderm_eval.selection.rules  # noqa: F401  # registers them
from coderm_eval.selection.ballot import Ballot, Scores
from coderm_eval.selection.picks import select
from coderm_eval.selection.registry import ALL_RULES, broken_plugins, known_rules, selector
from coderm_eval.selection.screening import MOST_FINALISTS, finalists

__all__ = [
    "ALL_RULES",
    "MOST_FINALISTS",
    "Ballot",
    "Scores",
    "broken_plugins",
    "finalists",
    "known_rules",
    "select",
    "selector",
]
