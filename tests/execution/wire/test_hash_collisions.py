"""Answers made to be slow: what takes a set or a dict the square of their length is refused before it is made."""

from __future__ import annotations

import itertools
import sys
from collections import deque, namedtuple
from fractions import Fraction
from typing import Any

import pytest

from coderm_eval.execution.wire.encoding import UnreadableError, decode, encode
from coderm_eval.execution.wire.hash_collisions import refuse_collisions

PRIME = sys.hash_info.modulus
N = 5_000


Place = namedtuple("Place", ["east", "north"])


def _fractions() -> list[Any]:
    """Fractions with one hash: n / d with n = d modulo the prime."""
    return [Fraction(d + PRIME, d) for d in range(2, N)]


COLLIDING: dict[str, list[Any]] = {
    "integers": [n * PRIME for n in range(N)],
    "negative integers": [-7 - n * PRIME for n in range(N)],
    "fractions": _fractions(),
    "complex numbers": [complex(-float(n) * sys.hash_info.imag, float(n)) for n in range(N)],
    "tuples of integers": [(n * PRIME, 1) for n in range(N)],
    "tuples of tuples": [((n * PRIME,), (1,)) for n in range(N)],
    "named tuples": [Place(n * PRIME, 1) for n in range(N)],
    "frozensets": [frozenset({n * PRIME}) for n in range(N)],
    "among ordinary values": [*range(N), "a", None, *(n * PRIME for n in range(N))],
}
"""Values of which most have one hash, as an honest `encode` would take for ever to make of a set."""

COLLIDING = {name: values for name, values in COLLIDING.items() if len(set(map(hash, values[-N // 2 :]))) < 5}


def test_there_are_values_that_collide() -> None:
    assert len(COLLIDING) >= 6


@pytest.mark.parametrize("values", COLLIDING.values(), ids=COLLIDING)
def test_values_that_collide_are_refused_wherever_they_are(values: list[Any]) -> None:
    items = encode(values)
    pairs = encode([[value, 0] for value in values])
    texts = [items, f'{{"set":{items}}}', f'{{"frozenset":{items}}}', f'{{"dict":{pairs}}}', f'[1,{{"tuple":{items}}}]']
    texts += [f'{{"OrderedDict":{pairs}}}', f'{{"dict_keys":{items}}}', f'{{"deque":[{items},null]}}', f"[[[{items}]]]"]
    for text in texts:
        with pytest.raises(UnreadableError):
            decode(text)


ORDINARY: list[Any] = [
    *(list(range(N)), [(n, n) for n in range(N)], [(0, 0)] * N, {(n, str(n)): n for n in range(N)}, set(range(-N, N))),
    *([1 << 70] * N, [n << 64 for n in range(N)], [Fraction(n, 7) for n in range(N)], [[n] for n in range(N)]),
    *([(n, [n]) for n in range(N)], deque((n, -n) for n in range(N)), [float(1 << n) for n in range(900)] * 5),
    *({frozenset(pair) for pair in itertools.combinations(range(100), 2)}, [-1, -2] * N),
    [complex(n, n) for n in range(N)],
]  # fmt: skip


@pytest.mark.parametrize("value", ORDINARY, ids=range(len(ORDINARY)))
def test_large_answers_come_back(value: Any) -> None:
    assert decode(encode(value)) == value
    if isinstance(value, (list, set, dict)):
        refuse_collisions(value)


EXCESSIVE: dict[str, str] = {
    "an integer of megabytes": '{"int":"0x1' + "0" * 2_000_000 + '"}',
    "a negative one": '{"int":"-0x1' + "0" * 2_000_000 + '"}',
    "a fraction of a hundred thousand digits": f'{{"Fraction":["0x{"7" * 100_000}","0x{"3" * 100_000}"]}}',
    "a Decimal beyond all memory": '{"Decimal":"1e999999999"}',
    "a Decimal close to nothing": '{"Decimal":"1e-999999999"}',
    "one in a list": '[1,{"tuple":[{"Decimal":"-9e99999999"}]}]',
    "text in place of a set": '{"set":"' + "ab" * 1000 + '"}',
    "brackets without end": "[" * 1_000_000,
    "tuples without end": '{"tuple":[' * 100_000,
}


@pytest.mark.parametrize("text", EXCESSIVE.values(), ids=EXCESSIVE)
def test_numbers_that_take_seconds_to_compute_with_are_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        decode(text)
