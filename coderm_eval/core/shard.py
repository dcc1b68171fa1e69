"""One of N parts of a work, which N machines or processes share out among themselves without speaking to each other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

from coderm_eval.core.errors import InputError
from coderm_eval.core.messages import counted, quoted
from coderm_eval.core.records import sha256

__all__ = ["Shard", "read_shard"]

Item = TypeVar("Item")


class Shard(NamedTuple):
    """The part with a number from 1 to `of`."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def part(self, items: Sequence[Item], unit: int) -> list[Item]:
        """The items of this shard, in their order: units of neighbours are dealt out in turn.

        Args:
            items: of all shards.
            unit: so many neighbours stay together.
        """
        starts = range(unit * (self.number - 1), len(items), unit * self.of)
        return [item for start in starts for item in items[start : start + unit]]

    def require_enough(self, tasks: Sequence[str]) -> None:
        """Refuse more shards than there are tasks: some would be empty.

        Raises:
            InputError: says how many shards there can be.
        """
        if self.of > len(tasks):
            shared = f"{counted(len(tasks), 'task')} cannot be shared by {self.of:,} shards"
            raise InputError(f"--shard {self}: {shared}; {len(tasks):,} is the most")

    def record(self, tasks: Sequence[str]) -> dict[str, Any]:
        """The entry `shard` of summary.json: which shard it is, and of which tasks, in their order."""
        return {"number": self.number, "of": self.of, "problems": len(tasks), "tasks": sha256(tasks)}


def read_shard(given: str) -> Shard:
    """The shard that a flag gives, such as "3/64".

    Raises:
        InputError: it is none.
    """
    match = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", given) if isinstance(given, str) else None
    if match is None:
        raise InputError(f"--shard {quoted(str(given))}: expected I/N, such as 3/8 for the third of eight shards")
    shard = Shard(*map(int, match.groups()))
    if not 1 <= shard.number <= shard.of:
        numbers = f"from 1/{shard.of} to {shard.of}/{shard.of}" if shard.of else "such as 1/8"
        raise InputError(f"--shard {given}: there is no such shard; they are numbered {numbers}")
    return shard
