"""Probing inputs: calls that no test makes, for what programs answer to them; nobody says what is right.

probe       the stage: finds the inputs of each problem, and has all candidates run on them
inputs      from the calls that tests make to new calls
statement   the calls that a problem's statement shows, where tests make none
mutation    from a value to one like it; ordered_text writes it the same in each process
"""

from coderm_eval.execution.probing.probe import make_probe

__all__ = ["make_probe"]
