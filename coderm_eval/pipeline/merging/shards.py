"""The finished shards of one run: which directories they are in, and that none is missing, foreign or doubled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from coderm_eval.core.errors import IncompleteRunError, InputError
from coderm_eval.core.messages import abbreviated
from coderm_eval.pipeline.run_identity import OF_HASHES, differences
from coderm_eval.report.provenance import read_provenance
from coderm_eval.report.run_directory import RunDirectory
from coderm_eval.report.verification.provenance_checks import contradictions_of_hashes

__all__ = ["FinishedShard", "read_shards"]

_SAME = ("benchmark", "dataset_sha256", "n_problems_of_benchmark", "select", "settings", "isolation", "versions")
"""What all shards have in common, by its key in summary.json; `_in_common` has what stands deeper."""


@dataclass(frozen=True)
class FinishedShard:
    """A finished shard in its directory."""

    directory: RunDirectory
    summary: Mapping[str, Any]

    @property
    def number(self) -> int:
        return int(self.summary["shard"]["number"])

    @property
    def of(self) -> int:
        return int(self.summary["shard"]["of"])

    @property
    def unit(self) -> int:
        """So many neighbours are in the same shard: those that share a budget."""
        return int(self.summary["settings"].get("budget", {}).get("pool", 1))

    @cached_property
    def in_common(self) -> Mapping[str, Any]:
        """What shards of one run have in common, by the name that a message calls it."""
        found = self.summary
        shard, inputs = found["shard"], found["inputs"]
        return {
            **{key: found[key] for key in _SAME},
            "number of shards": shard["of"],
            "tasks": (shard["problems"], shard["tasks"]),
            "inputs": {"tests": inputs["tests"], "rule": inputs["rule"]},
            "budget.average": found["budget"]["average"],
            "--grade": found["pass@1"] is not None,
            **{role: {**found[role], "server": None} for role in ("policy", "test_writer")},
        }


def read_shards(folders: Sequence[Path], *, allow_incomplete: bool) -> list[FinishedShard]:
    """The shards in these folders, which are all of one run, in the order of their numbers.

    Raises:
        InputError: a folder with no finished shard, a shard of another run, one that is given twice or is missing.
        IncompleteRunError: something of a shard could not be run, and `allow_incomplete` is off.
    """
    shards = [_read(RunDirectory(folder)) for folder in folders]
    first = shards[0]
    for shard in shards[1:]:
        _require_same_run(first, shard)
    by_number: dict[int, FinishedShard] = {}
    for shard in shards:
        if (other := by_number.setdefault(shard.number, shard)) is not shard:
            raise InputError(f"shard {shard.number} of {shard.of} is given twice: {other.directory}, {shard.directory}")
    missing = [str(number) for number in range(1, first.of + 1) if number not in by_number]
    if missing:
        names = f"shard {missing[0]} of {first.of} is" if len(missing) == 1 else _several(missing, first.of)
        raise InputError(f"{names} missing: name the directories of all shards")
    if not allow_incomplete:
        for shard in shards:
            _require_complete(shard)
    return [by_number[number] for number in sorted(by_number)]


def _several(missing: Sequence[str], of: int) -> str:
    names = abbreviated(missing) if len(missing) > 5 else f"{', '.join(missing[:-1])} and {missing[-1]}"
    return f"shards {names} of {of} are"


def _read(directory: RunDirectory) -> FinishedShard:
    """The shard in a directory.

    Raises:
        InputError: there is none, or it is not finished or was changed.
    """
    provenance = read_provenance(directory)
    if provenance and (provenance["finished"] is None or not directory.is_finished()):
        raise InputError(f"{directory}: this shard is not finished; its command goes on when it is given again")
    summary = directory.summary()
    if not summary.get("shard"):
        raise InputError(f"{directory}: a run of all its tasks, and no shard; name runs with --shard")
    for contradiction in contradictions_of_hashes(directory, provenance or {"finished": None}):
        raise InputError(f"{directory}: {contradiction}; copy it again, or run that shard again with --overwrite")
    return FinishedShard(directory, summary)


def _require_same_run(one: FinishedShard, other: FinishedShard) -> None:
    for key, (here, there) in differences(one.in_common, other.in_common):
        raise InputError(
            f"{other.directory}: a shard of another run than {one.directory}: {_in_words(key, here, there)}"
        )


def _in_words(key: str, here: Any, there: Any) -> str:
    if key == "tasks":
        return (
            f"their tasks are others, {there[0]:,} against {here[0]:,}; give all shards the same --limit and --task-ids"
        )
    if key == "inputs.tests":
        return f"{OF_HASHES[key]}; give all shards the same --tests, such as `cat tests-*.jsonl` writes"
    if key in OF_HASHES:
        return OF_HASHES[key]
    return f"its {key} is {there!r:.60}, and there it is {here!r:.60}"


def _require_complete(shard: FinishedShard) -> None:
    missing = shard.summary["not_run"]
    if any(missing.values()):
        raise IncompleteRunError(
            f"{shard.directory}: {missing['executions']} executions and {missing['grades']} grades could not be run; "
            "its command tries them again when it is given again, or allow it with --allow-incomplete"
        )
