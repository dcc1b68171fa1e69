"""numpy's floats equal what they are, and not what numpy would round to them."""

from __future__ import annotations

from typing import Any

import numpy
import pytest
from helpers.execution import run_kept

from coderm_eval.core.records import Verdict
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import ProgramTest
from coderm_eval.execution.wire.encoding import Codec, encode
from coderm_eval.execution.wire.exact_numpy import exact_numpy

decode = Codec(more={"numpy": exact_numpy}).decode

ROUNDED: list[tuple[Any, Any]] = [
    *((numpy.float16("inf"), 70_000), (numpy.float16("-inf"), -(10**30)), (numpy.float16(2048), 2049)),
    *((numpy.float32(1 << 24), (1 << 24) + 1), (numpy.float32("inf"), 10**39), (numpy.float64(1 << 53), (1 << 53) + 1)),
    *((numpy.float64(1e300), 10**300), (numpy.float16(0.1), 0.1), (numpy.float32(0.1), 0.1)),
]
EXACT: list[tuple[Any, Any]] = [
    *(
        (numpy.float16(0.5), 0.5),
        (numpy.float32(7), 7),
        (numpy.float64(0.1), 0.1),
        (numpy.float64("inf"), float("inf")),
    ),
    *((numpy.int8(-1), -1), (numpy.bool_(True), True), (numpy.str_("mud"), "mud"), (numpy.float64(1e300), 1e300)),
]


@pytest.mark.parametrize(("value", "other"), ROUNDED, ids=repr)
def test_a_float_does_not_equal_what_would_be_rounded_to_it(value: Any, other: Any) -> None:
    came = decode(encode(value))
    assert came != other and other != came and [came] != [other] and other not in [came]


@pytest.mark.parametrize(("value", "other"), EXACT, ids=repr)
def test_a_value_equals_what_it_is(value: Any, other: Any) -> None:
    came = decode(encode(value))
    assert came == other and other == came and hash(came) == hash(other) and isinstance(came, numpy.generic)


def test_an_array_of_floats_is_one_of_doubles() -> None:
    came = decode(encode(numpy.array([0.5, numpy.inf], dtype="f2")))
    assert came.dtype == numpy.float64 and not (came == 70_000).any() and came.tolist() == [0.5, numpy.inf]


def test_infinity_passes_no_test_and_grades_are_as_the_benchmark_has_them() -> None:
    """EvalPlus's own check lets it pass."""
    program = "import numpy\n\n\ndef tides():\n    return numpy.float16('inf')\n"
    case = "import unittest\n\n\nclass T(unittest.TestCase):\n"
    test = f"{case}    def test_it(self):\n        self.assertEqual(tides(), 10**6)\n"
    found = [
        next(run_kept([ProgramTest(0, program, test, "p", "tides")], limits, workers=1)).verdict
        for limits in (Limits(timeout_s=5), Limits(timeout_s=5, per_call=True, load_timeout_s=20))
    ]
    assert found == [Verdict.FAILED, Verdict.PASSED]
