"""Equal rows of a matrix, taken together."""

from __future__ import annotations

import numpy as np
import pytest

from coderm_eval.selection.groups import group_rows

SHAPES = [(0, 0), (0, 3), (3, 0), (1, 1), (7, 8), (40, 9), (40, 100)]
KINDS = {
    "verdicts": lambda rng, shape: rng.random(shape) < 0.3,
    "answers": lambda rng, shape: rng.integers(-1, 3, shape),
    "large answers": lambda rng, shape: rng.choice([-(2**63), -1, 0, 1, 255, 256, 2**63 - 1], shape),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_grouped_and_in_order_as_numpy_has_them(kind: str, shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    few = KINDS[kind](rng, shape)[rng.integers(0, max(1, shape[0] // 3), shape[0])]
    multiplicity = rng.integers(1, 5, shape[0])
    found = group_rows(few, multiplicity)
    rows, representative, group_of = np.unique(few, axis=0, return_index=True, return_inverse=True)
    assert found.rows.tolist() == rows.tolist() and found.rows.dtype == few.dtype
    assert found.representative.tolist() == representative.tolist()
    assert found.group_of.tolist() == group_of.reshape(-1).tolist()
    assert found.sizes.tolist() == [multiplicity[found.group_of == n].sum() for n in range(len(rows))]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_it_does_not_matter_how_the_matrix_lies_in_memory(kind: str, shape: tuple[int, int]) -> None:
    rows = KINDS[kind](np.random.default_rng(1), shape)
    multiplicity = np.ones(shape[0], np.int64)
    one, other = (group_rows(laid, multiplicity) for laid in (rows, np.asfortranarray(rows)))
    assert one.rows.tolist() == other.rows.tolist() and one.group_of.tolist() == other.group_of.tolist()
