"""When a problem has enough candidates: its most frequent behaviour is surely the most frequent one.

The rule is Adaptive-Consistency (Aggarwal et al., EMNLP 2023, arXiv 2305.11860), with behaviours in place of answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from coderm_eval.core.records import NO_OUTPUT, Verdicts

__all__ = ["behaviours", "certainty_of_lead", "next_round"]

_FIRST = 8
"""Samples of the first round. With 4, two sets of a strong policy lose 0.7 points where with 8 they lose nothing. Each
round after it draws half as many again: 100 samples are eight rounds at most."""


def next_round(drawn: int, most: int) -> range:
    """The samples to draw next, where the first `drawn` of at most `most` are there."""
    return range(drawn, min(most, drawn + drawn // 2 if drawn else _FIRST))


def certainty_of_lead(groups: Iterable[int]) -> float:
    """1 - I_1/2(a + 1, b + 1) for the two largest groups, of a and b samples.

    That is how likely the first is the more frequent of the two, from a uniform prior on its share of both.
    """
    from scipy.special import betainc  # here: it takes longer to import than all else that a run needs

    first, second, *_ = [*sorted(groups, reverse=True), 0, 0]
    return float(betainc(second + 1, first + 1, 0.5))


def behaviours(answers: Verdicts) -> Iterator[tuple[int, ...] | None]:
    """Yield what each program does on a problem's probing inputs; None for one that returns on no input.

    Such programs are in no group. Most fail for a reason that they share, such as a missing import.
    """
    for outputs, returned, ran in zip(answers.outputs, answers.passed, answers.ran, strict=True):
        known = returned.any() and ran.all() and (outputs != NO_OUTPUT).any()
        yield tuple(outputs.tolist()) if known else None
