"""Some of a benchmark's tasks, as a user asks for them: the first N, those of these ids, or one shard of them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from coderm_eval.core.errors import InputError
from coderm_eval.core.inputs import numbered_lines
from coderm_eval.core.messages import abbreviated, quoted
from coderm_eval.core.shard import Shard

__all__ = ["ALL_TASKS", "TaskChoice", "read_task_ids"]


class TaskChoice(NamedTuple):
    """Which tasks of a benchmark are wanted."""

    limit: int | None = None
    """The first so many, in the benchmark's order."""
    ids: tuple[str, ...] | None = None
    """Only these."""
    shard: Shard | None = None
    """Of those that are left, only this part."""
    unit: int = 1
    """So many neighbours are in the same shard."""

    def of(self, known: Sequence[str], benchmark: str) -> list[str]:
        """The wanted ones of the `known` tasks, in their order.

        Raises:
            InputError: an id is none of the benchmark's (says which was meant), or there are more shards than tasks.
        """
        tasks = self.of_all_shards(known, benchmark)
        if self.shard is None:
            return tasks
        self.shard.require_enough(tasks)
        return self.shard.part(tasks, self.unit)

    def record(self, known: Sequence[str], benchmark: str) -> dict[str, Any] | None:
        """The entry `shard` of summary.json; None where all that is wanted is in one run."""
        return self.shard and self.shard.record(self.of_all_shards(known, benchmark))

    def of_all_shards(self, known: Sequence[str], benchmark: str) -> list[str]:
        """The wanted ones of the `known` tasks, whichever shard they are in.

        Raises:
            InputError: an id is none of the benchmark's; says which was meant.
        """
        if self.ids is None:
            return list(known[: self.limit])
        wanted, there = set(self.ids), set(known)
        strange = next((task for task in self.ids if task not in there), None)
        if strange is not None:
            close = difflib.get_close_matches(strange, known, n=1, cutoff=0.5)
            hint = f"did you mean {close[0]!r}?" if close else f"its ids are {abbreviated(known)}"
            raise InputError(f"--task-ids: {benchmark} has no task {quoted(strange)}; {hint}")
        return [task for task in known if task in wanted][: self.limit]


ALL_TASKS = TaskChoice()


def read_task_ids(given: str) -> tuple[str, ...]:
    """The ids that a flag gives: separated by commas, or one on each line of a file.

    Raises:
        InputError: there is none.
    """
    path = Path(given)
    if given == "-" or path.is_file():
        ids = tuple(line.decode("utf-8", "replace").strip() for _, line in numbered_lines(path))
    else:
        ids = tuple(filter(None, map(str.strip, given.split(","))))
    if not ids:
        raise InputError(f"--task-ids {quoted(given)}: no task id; give some as A,B or in a file, one on each line")
    return ids
