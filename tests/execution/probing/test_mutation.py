"""Mutations of plain data are plain data of the same type, and the same chance gives the same ones."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.execution.probing.mutation import Pool, is_plain, mutated
from coderm_eval.execution.wire.encoding import decode, encode

ATOMS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
HASHABLE = st.recursive(ATOMS, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=5)
VALUES = st.recursive(
    HASHABLE | st.sets(HASHABLE, max_size=4) | st.frozensets(HASHABLE, max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(HASHABLE, inner, max_size=3),
    max_leaves=10,
)


def steps(value: Any, seed: int, number: int = 5) -> list[Any]:
    """The value's mutation, that one's mutation, and so on."""
    chance, found = random.Random(seed), [value]
    pool = Pool([value])
    for _ in range(number):
        found.append(mutated(found[-1], chance, pool))
    return found[1:]


@given(VALUES, st.integers(0, 100))
def test_a_mutation_is_plain_data_of_the_same_type(value: Any, seed: int) -> None:
    before = copy.deepcopy(value)
    for found in steps(value, seed):
        assert type(found) is type(value) and is_plain(found)
        assert decode(encode(found)) == found
    assert value == before


@given(VALUES, st.integers(0, 100))
def test_the_same_chance_gives_the_same_mutations(value: Any, seed: int) -> None:
    assert steps(copy.deepcopy(value), seed) == steps(value, seed)


TELLING = [True, 7, 2.5, "abc", [1, 2], (1, "a"), {1, 2}, {"a": 1}, [[1], [2]], {"k": [1, {"x": (2.5, None)}]}]


@pytest.mark.parametrize("value", TELLING, ids=map(repr, TELLING))
def test_most_mutations_differ_from_the_value(value: Any) -> None:
    assert sum(steps(value, seed, 1) != [value] for seed in range(100)) > 50


def test_a_text_of_lines_keeps_its_lines() -> None:
    """A program that reads them finds as many, with another number in one."""
    text = "3\n10 20 30\nend\n"
    for seed in range(50):
        [found] = steps(text, seed, 1)
        assert [len(line.split()) for line in found.splitlines()] == [1, 3, 1] and found.endswith("end\n")


@pytest.mark.parametrize("value", [object(), [b"x"], {1: complex(1, 2)}, (range(3),)])
def test_other_data_is_not_plain(value: Any) -> None:
    assert not is_plain(value)
