"""summary.json of all shards together: counted from their tally, with what all of them were given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from coderm_eval.pipeline.merging.shards import FinishedShard
from coderm_eval.report.recorded_context import recorded_context
from coderm_eval.report.summary import Seconds, summarise
from coderm_eval.report.tally import Tally

__all__ = ["merged_summary"]


def merged_summary(shards: Sequence[FinishedShard], tally: Tally, *, samples: str) -> dict[str, Any]:
    """The content of summary.json; in the versions of the shards, whatever is installed here."""
    found = [shard.summary for shard in shards]
    context = recorded_context(found[0])
    recorded = [each["budget"]["recorded"] for each in found]
    servers = {role: _server([each[role] for each in found]) for role in ("policy", "test_writer")}
    whole = replace(
        context,
        shard=None,
        inputs={**context.inputs, "samples": samples},
        budget=replace(context.budget, recorded=None if None in recorded else sum(recorded)),
        policy=servers["policy"],
        test_writer=lambda _: servers["test_writer"],
    )
    seconds = sum((Seconds(**each["seconds"]) for each in found), Seconds())
    return {**summarise(whole, tally, seconds, None), "versions": found[0]["versions"]}


def _server(origins: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """What is known of a model: of the server only where all shards asked the same one."""
    servers = {origin["server"] for origin in origins}
    return origins[0] if len(servers) == 1 else {**origins[0], "server": None}
