"""The verdicts of one problem as an array with labels, read back from a run's rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from coderm_eval.core.records import Verdict
from coderm_eval.report.rows import read_verdicts
from coderm_eval.report.texts_of_run import test_sources

__all__ = ["Matrix", "matrix_of_row"]

_COLOURS = {"P": "#0a6d43", "F": "#a33b2a", "T": "#6b5b00", "C": "#6a3d8a", "N": "#5a5a5a"}
"""White letters are legible on each; the letters tell them apart for those who do not see the colours."""


@dataclass(frozen=True, repr=False)
class Matrix:
    """The verdicts of a problem's N distinct candidates on its M distinct tests."""

    task_id: str
    codes: npt.NDArray[np.uint8]
    """Shape (N, M), values of `Verdict`: 0 passed, 1 failed, 2 timed out, 3 crashed, 4 not run."""
    candidates: tuple[tuple[int, ...], ...]
    """Labels of the N rows: the samples that are this program, ascending."""
    tests: tuple[tuple[int, ...], ...]
    """Labels of the M columns: the test samples that hold this test, ascending."""
    programs: tuple[str, ...]
    """The N programs."""
    sources: tuple[str, ...]
    """The M tests."""

    @property
    def passed(self) -> npt.NDArray[np.bool_]:
        """Shape (N, M): whether the candidate passed the test."""
        return np.asarray(self.codes == Verdict.PASSED)

    def __repr__(self) -> str:
        return "\n".join([self._caption, *("".join(_letters(row)) for row in self.codes)])

    def _repr_html_(self) -> str:
        rows = zip(self.codes, self.candidates, strict=True)
        lines = (f"{_coloured(codes)} {','.join(map(str, samples))}" for codes, samples in rows)
        note = "one row for each program, with its samples; one column for each test"
        return f"<p>{escape(self._caption)}; {note}</p><pre>{'<br>'.join(lines)}</pre>"

    @property
    def _caption(self) -> str:
        shape = f"{len(self.candidates)} candidates x {len(self.tests)} tests"
        return f"{self.task_id}: {shape}; P passed, F failed, T timed out, C crashed, N not run"


def _letters(codes: Iterable[int]) -> list[str]:
    return [Verdict(int(code)).code for code in codes]


def _coloured(codes: Iterable[int]) -> str:
    """The letters of a row as HTML; neighbours of one verdict share an element, so that a large matrix stays small."""
    runs = ((letter, len(list(same))) for letter, same in groupby(_letters(codes)))
    return "".join(f'<span style="background:{_COLOURS[x]};color:#fff">{x * count}</span>' for x, count in runs)


def matrix_of_row(row: Mapping[str, Any], programs: Sequence[str], tests: Sequence[str]) -> Matrix:
    """The matrix in a row of verdicts.jsonl.

    Args:
        programs: the task's lines of samples.jsonl.
        tests: the task's lines of tests.jsonl.

    Raises:
        KeyError, IndexError or ValueError: they do not belong together.
    """
    sources = test_sources(row["tests"], tests)
    return Matrix(
        task_id=row["task_id"],
        codes=read_verdicts(row),
        candidates=tuple(map(tuple, row["candidates"])),
        tests=tuple(map(tuple, row["tests"])),
        programs=tuple(programs[samples[0]] for samples in row["candidates"]),
        sources=tuple(sources[column] for column in range(len(row["tests"]))),
    )
