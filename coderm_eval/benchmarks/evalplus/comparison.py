"""EvalPlus's comparison of an answer with the expected one (evalplus.eval.unsafe_execute). Its text goes into tests.

It is made where answers arrive as plain data, so that no code of the program takes part in it. A change that can
change a status raises `gold_tests.REVISION`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from evalplus.eval import is_floats
from evalplus.eval._special_oracle import (
    MBPP_OUTPUT_NOT_NONE_TASKS,
    MBPP_OUTPUT_SET_EQ_TASKS,
    _digit_distance_nums,
    _poly,
    _surface_Area,
)

__all__ = ["BROKEN_TASK", "check", "same_text_is_right", "with_tolerances"]

BROKEN_TASK = "find_zero"
"""The function of HumanEval/32. EvalPlus 0.3.1 calls all its solutions wrong, its own included: it compares them in a
way of their own, and then forgets to count the input as passed."""

_FLOAT_ATOL = 1e-6
_RTOL = 1e-7


def with_tolerances(expected: Iterable[Any], atol: float) -> Iterator[tuple[Any, float]]:
    """Yield answers with their absolute tolerances: the dataset's; if that is 0, 1e-6 from the first float on."""
    for wanted in expected:
        if atol == 0 and is_floats(wanted):
            atol = _FLOAT_ATOL
        yield wanted, atol


def check(name: str, given: Sequence[Any], got: Any, wanted: Any, atol: float) -> None:
    """Compare what the function called `name` answered.

    Raises:
        Exception: it is wrong; an AssertionError, or what comparing it raises.
    """
    if name == BROKEN_TASK:
        assert abs(_poly(*given, got)) <= atol
        return
    right = _is_right(name, given, got, wanted, atol)
    if right or atol == 0:
        assert right
        return
    assert type(got) is type(wanted)
    if isinstance(wanted, (list, tuple)):
        assert len(got) == len(wanted)
    assert np.allclose(got, wanted, rtol=_RTOL, atol=atol)


def same_text_is_right(name: str) -> bool:
    """Return whether an answer of the function called `name` is right if it equals the expected one."""
    return name != BROKEN_TASK and name not in MBPP_OUTPUT_SET_EQ_TASKS


def _is_right(name: str, given: Sequence[Any], got: Any, wanted: Any, atol: float) -> Any:
    """Return whether an answer is right to the last digit, or another right one of a problem that has several."""
    if name == "are_equivalent":
        return True
    if name in MBPP_OUTPUT_SET_EQ_TASKS:
        return set(got) == set(wanted)
    if name in MBPP_OUTPUT_NOT_NONE_TASKS:
        return got == wanted if isinstance(got, bool) else wanted == (got is not None)
    return got == wanted or (
        (name == "sum_div" and got == 0)
        or (name == "surface_Area" and abs(got - _surface_Area(*given)) <= atol)
        or (name == "digit_distance_nums" and got == _digit_distance_nums(*given))
    )
