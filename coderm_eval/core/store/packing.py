"""A block of verdicts as few bytes: two to four a cell.

    1 byte     how the CPU times are kept: "u" whole microseconds, "f" as they are
    3 bytes    the bytes that each CPU time, each distinct output of a test, and the number of one takes
    the rest   zlib over all verdicts, all CPU times, for each test the number of its distinct outputs, these outputs,
               and for each cell which of them it has; of numbers first all lowest bytes, and so on

Outputs are digests, which do not compress; but most programs give a test one of two or three.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
import numpy.typing as npt

from coderm_eval.core.records import Verdicts

__all__ = ["pack", "unpack"]

_HEADER = struct.Struct("<cBBB")
_SECOND = 1e6
"""Workers round CPU times to microseconds; such a quotient gives the same float64 again."""

_WIDTHS = (1, 2, 4, 8)

_Numbers = npt.NDArray[np.uint64]


def pack(verdicts: Verdicts) -> bytes:
    """The verdicts without their shape."""
    kind, times = _times(verdicts.cpu_seconds.ravel())
    counts, distinct, ranks = _ranked(verdicts.outputs)
    outputs = distinct.view(np.uint64) + np.uint64(1)  # NO_OUTPUT becomes 0
    widths = _width(times), _width(outputs), max(_width(counts), _width(ranks))
    numbers = zip((times, counts, outputs, ranks), (widths[0], widths[2], widths[1], widths[2]), strict=True)
    content = [verdicts.matrix.tobytes(), *(_planes(n, width) for n, width in numbers)]
    return _HEADER.pack(kind, *widths) + zlib.compress(b"".join(content), 6)


def unpack(data: bytes, shape: tuple[int, int]) -> Verdicts:
    """The verdicts that were packed, as arrays that can be changed.

    Raises:
        ValueError: the bytes are damaged, or of another shape.
    """
    try:
        kind, of_time, of_output, of_rank = _HEADER.unpack_from(data)
        content = _Reader(zlib.decompress(memoryview(data)[_HEADER.size :]))
    except (struct.error, zlib.error) as error:
        raise ValueError(str(error)) from error
    cells = shape[0] * shape[1]
    matrix, times = content.numbers(cells, 1).astype(np.uint8), content.numbers(cells, of_time)
    counts = content.numbers(shape[1], of_rank).astype(np.int64)
    outputs = (content.numbers(int(counts.sum()), of_output) - np.uint64(1)).view(np.int64)
    places = content.numbers(cells, of_rank).astype(np.int64).reshape(shape) + (np.cumsum(counts) - counts)
    if content.left or (cells and places.max() >= len(outputs)):
        raise ValueError("it has another size")
    seconds = times / _SECOND if kind == b"u" else times.view(np.float64)
    return Verdicts(matrix.reshape(shape), seconds.reshape(shape), outputs[places])


def _times(seconds: npt.NDArray[np.float64]) -> tuple[bytes, _Numbers]:
    with np.errstate(over="ignore", invalid="ignore"):  # what is no number of microseconds is kept as it is
        micros = np.rint(seconds * _SECOND).astype(np.uint64)
    same = np.array_equal(micros / _SECOND, seconds)
    return (b"u", micros) if same else (b"f", seconds.view(np.uint64))


def _ranked(outputs: npt.NDArray[np.int64]) -> tuple[_Numbers, npt.NDArray[np.int64], _Numbers]:
    """How many distinct values each column has; these, the most frequent of a column first; and which a cell has.

    All columns at once: one after the other, `numpy.unique` would take a tenth of the main process's time.
    """
    order = np.argsort(outputs, axis=0, kind="stable")
    ascending = np.take_along_axis(outputs, order, axis=0)
    is_new = np.ones(outputs.shape, bool)
    is_new[1:] = ascending[1:] != ascending[:-1]
    counts = is_new.sum(axis=0)
    first = np.cumsum(counts) - counts  # of each column's values
    values = np.cumsum(is_new, axis=0) - 1 + first
    column = np.repeat(np.arange(len(counts)), counts)
    by_frequency = np.lexsort((-np.bincount(values.ravel(), minlength=len(column)), column))
    rank = np.empty(len(column), np.uint64)
    rank[by_frequency] = np.arange(len(column)) - first[column]
    ranks = np.empty(outputs.shape, np.uint64)
    np.put_along_axis(ranks, order, rank[values], axis=0)
    return counts.astype(np.uint64), ascending.T[is_new.T][by_frequency], ranks.ravel()


def _width(numbers: _Numbers) -> int:
    most = int(numbers.max(initial=0))
    return next(width for width in _WIDTHS if most < 1 << 8 * width)


def _planes(numbers: _Numbers, width: int) -> bytes:
    return bytes(numbers.astype(f"<u{width}").view(np.uint8).reshape(-1, width).T.tobytes())


class _Reader:
    """Reads planes of numbers, one after the other."""

    def __init__(self, content: bytes) -> None:
        self._content = np.frombuffer(content, np.uint8)
        self._at = 0

    def numbers(self, count: int, width: int) -> _Numbers:
        planes = self._content[self._at : self._at + count * width]
        if len(planes) < count * width:
            raise ValueError("it is too short")
        self._at += count * width
        return np.ascontiguousarray(planes.reshape(width, count).T).view(f"<u{width}").ravel().astype(np.uint64)

    @property
    def left(self) -> int:
        return len(self._content) - self._at
