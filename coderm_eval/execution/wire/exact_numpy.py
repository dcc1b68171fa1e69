"""numpy's floats as numbers that equal what they are, and nothing that they would be rounded to.

numpy rounds an integer to its own precision before it compares: numpy.float16("inf") == 70_000. So a program that
returns it would pass wherever a large integer is expected.
"""

from __future__ import annotations

import functools
from typing import Any

from coderm_eval.execution.wire.untagging import UNTAGGERS

__all__ = ["exact_numpy"]

_OPERATORS = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__")
_BYTES_OF_DOUBLE = 8


def exact_numpy(content: Any) -> Any:
    """Return the array or number that is sent as `content`; its floats are doubles, and compare as Python's do."""
    value = UNTAGGERS["numpy"](content)
    if value.dtype.kind != "f" or value.dtype.itemsize > _BYTES_OF_DOUBLE:
        return value
    return value.astype("f8") if value.shape or content[3] is not True else _exact_float()(value)


@functools.cache
def _exact_float() -> Any:
    import numpy

    return type("float64", (numpy.float64,), {name: getattr(float, name) for name in _OPERATORS})
