"""Whether a run directory has the files whose hashes its provenance.json has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from coderm_eval.report.provenance import hashes_of_files
from coderm_eval.report.run_directory import PROVENANCE, RunDirectory

__all__ = ["contradictions_of_hashes"]


def contradictions_of_hashes(directory: RunDirectory, provenance: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each file that is another one, is gone or was added."""
    if provenance["finished"] is None:
        yield f"{PROVENANCE}: the run was stopped before all its files were written; the same command goes on"
        return
    here, there = hashes_of_files(directory), provenance["files"]
    for name in [*there, *(name for name in here if name not in there)]:
        if name not in here:
            yield f"{name}: {PROVENANCE} has its hash, and there is no such file"
        elif name not in there:
            yield f"{name}: {PROVENANCE} has no such file"
        elif here[name] != there[name]:
            yield f"{name}: its SHA-256 is {here[name][:12]}, and {PROVENANCE} has {there[name]:.12}"
