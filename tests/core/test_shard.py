"""Shards of a list: together they are the list, and each is told by its number."""

from __future__ import annotations

import pytest
from helpers.cli import said

from coderm_eval.core.errors import InputError
from coderm_eval.core.shard import Shard, read_shard
from coderm_eval.core.task_choice import TaskChoice


@pytest.mark.parametrize("count", [8, 9, 23, 100])
@pytest.mark.parametrize("unit", [1, 2, 3])
def test_every_item_is_in_one_shard_and_neighbours_of_a_unit_stay_together(count: int, unit: int) -> None:
    items = list(range(count))
    parts = [Shard(number, 3).part(items, unit) for number in (1, 2, 3)]
    assert sorted(item for part in parts for item in part) == items
    assert all(part == sorted(part) for part in parts)
    assert max(map(len, parts)) - min(map(len, parts)) <= unit
    of = {item: number for number, part in enumerate(parts) for item in part}
    assert [of[item] for item in items] == [item // unit % 3 for item in items]


def test_a_shard_is_of_the_tasks_that_are_left_after_the_other_flags() -> None:
    known = [f"t{n}" for n in range(10)]
    wanted = TaskChoice(limit=5, ids=tuple(known[2:]), shard=Shard(2, 2))
    assert wanted.of(known, "b") == ["t3", "t5"]
    record = wanted.record(known, "b")
    assert record and (record["number"], record["of"], record["problems"]) == (2, 2, 5)
    assert record["tasks"] != wanted._replace(limit=6).record(known, "b")["tasks"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("0/8", "numbered from 1/8 to 8/8"),
        ("9/8", "numbered from 1/8 to 8/8"),
        ("0/0", "numbered such as 1/8"),
        *((text, "expected I/N") for text in ("3-8", "3", "/8", "3/", "-1/8", "1/8/2", "³/8", "", "a/b", "1.0/8")),
    ],
)
def test_what_is_no_shard_is_said_in_a_sentence(given: str, why: str) -> None:
    assert why in said(InputError, read_shard, given)


def test_more_shards_than_tasks_are_refused() -> None:
    assert said(InputError, TaskChoice(shard=Shard(1, 4)).of, ["a", "b", "c"], "b") == (
        "--shard 1/4: 3 tasks cannot be shared by 4 shards; 3 is the most"
    )
