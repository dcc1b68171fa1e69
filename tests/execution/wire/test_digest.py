"""What stands for a large answer: the same for equal ones, another for others, none where it cannot be told."""

from __future__ import annotations

import itertools

import pytest

from coderm_eval.execution.wire.digest import sha256_of_answer

LONG = list(range(2_500))

EQUAL: list[tuple[object, object]] = [
    (LONG, [*LONG]),
    (LONG, [float(item) for item in LONG]),
    (tuple(LONG), tuple(LONG)),
    ("spray" * 9, "spray" * 9),
    (1 << 40_000, 2**40_000),
    ([("a", 1)] * 2_500, [("a", 1)] * 2_500),
    ({"a": LONG}, {"a": LONG}),
    ("\ud800", "\ud800"),
]

DIFFERENT: list[object] = [
    *(LONG, LONG[:-1], [*LONG[:-1], 0], [0, *LONG[1:-1], 2_500], tuple(LONG), str(LONG), [LONG], [0.5, *LONG[1:]]),
    *(1 << 40_000, (1 << 40_000) + 1, hex(1 << 40_000), [], (), {}, "", 0, "0", [0], [float("inf")], [float("nan")]),
]


class Lazy(int):
    """One that would compute when it is asked for its text."""

    def __repr__(self) -> str:
        return "1"


UNTOLD: list[object] = [
    *(None, 0.5, {1, 2}, True, range(9), type("Numbers", (list,), {})([1])),
    *([Lazy(1)], (Lazy(1),), {"a": Lazy(1)}, [[Lazy(1)]], Lazy(1), [object()]),
]


@pytest.mark.parametrize(("one", "other"), EQUAL, ids=range(len(EQUAL)))
def test_equal_answers_have_one_digest(one: object, other: object) -> None:
    assert one == other and sha256_of_answer(one) == sha256_of_answer(other) is not None


def test_other_answers_have_others() -> None:
    digests = list(map(sha256_of_answer, DIFFERENT))
    assert None not in digests and all(one != other for one, other in itertools.combinations(digests, 2))


@pytest.mark.parametrize("answer", UNTOLD, ids=range(len(UNTOLD)))
def test_an_answer_that_may_equal_one_of_another_type_has_none(answer: object) -> None:
    assert sha256_of_answer(answer) is None
