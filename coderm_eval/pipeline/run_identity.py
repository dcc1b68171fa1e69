"""Which run a run directory holds, so that no other run takes its place unasked.

A run goes on where the same run stopped, and repeats a finished one. A finished run with other settings or inputs is
refused by name, and so are samples that no run wrote.
"""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from coderm_eval.benchmarks import Benchmark
from coderm_eval.core.errors import OutputError
from coderm_eval.core.outputs import ANOTHER_OUT
from coderm_eval.core.records import ProblemCandidates, sha256
from coderm_eval.core.store import earlier_files
from coderm_eval.execution.executor import limits_from_settings
from coderm_eval.execution.limits_fingerprint import limits_fingerprint
from coderm_eval.execution.settings import ExecutionSettings
from coderm_eval.generation.recorded.readers import read_by_task
from coderm_eval.generation.settings import TestSettings
from coderm_eval.pipeline.recorded_settings import recorded_settings
from coderm_eval.pipeline.rule_files import rule_sha256
from coderm_eval.pipeline.settings import Settings
from coderm_eval.report.rows import sample_rows
from coderm_eval.report.run_directory import RunDirectory

__all__ = [
    "OF_HASHES",
    "differences",
    "require_same_run",
    "run_identity",
    "run_key",
    "run_sha256",
    "sample_rows_sha256",
    "samples_sha256",
    "tests_sha256",
]


_IDENTITY = ("benchmark", "dataset_sha256", "settings", "inputs")

OF_HASHES = {
    "dataset_sha256": "another version of the benchmark's data",
    "inputs.samples": "other candidates, which are in its samples.jsonl",
    "inputs.tests": "other recorded tests, which are in its tests.jsonl",
    "inputs.rule": "another version of the rule's file",
}
"""What differs between two runs, where the values that tell it are hashes."""


def run_identity(
    benchmark: Benchmark,
    problems: Sequence[ProblemCandidates],
    settings: Settings,
    *,
    extracted: bool,
    shard: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The entries of summary.json that tell a run from others; arguments are those of `pipeline.run.run`."""
    return {
        "benchmark": benchmark.name,
        "dataset_sha256": benchmark.dataset_sha256,
        "settings": recorded_settings(settings, benchmark.name, extracted=extracted),
        "inputs": {
            "samples": samples_sha256(problems),
            "tests": _recorded_tests(settings.tests),
            "rule": rule_sha256(settings.rule),
        },
        "shard": shard,
    }


def require_same_run(
    directory: RunDirectory, problems: Sequence[ProblemCandidates], identity: Mapping[str, Any], *, graded: bool
) -> None:
    """Make sure that the directory is new, or holds this run.

    Raises:
        OutputError: it holds another run, or samples that no run wrote; or grades, which this run would not have.
    """
    if not directory.is_finished():
        if directory.holds_other_samples(problems):
            raise OutputError(f"{directory}: it holds a samples.jsonl of something else; {ANOTHER_OUT}")
        return
    found = directory.summary()
    if not {*identity, "policy"} <= found.keys():
        raise OutputError(f"{directory}: it holds a finished run of an earlier version; {_way_to_replace(directory)}")
    for key, (there, here) in differences({name: found.get(name) for name in identity}, identity):
        if key in OF_HASHES:
            raise OutputError(f"{directory}: it holds a finished run of {OF_HASHES[key]}; {ANOTHER_OUT}")
        raise OutputError(
            f"{directory}: it holds a finished run whose {key} is {there!r:.60}, and here it is {here!r:.60}; "
            f"{ANOTHER_OUT}"
        )
    if found.get("pass@1") is not None and not graded:
        raise OutputError(f"{directory}: it holds this run with grades; add --grade, or {ANOTHER_OUT}")


def _way_to_replace(directory: RunDirectory) -> str:
    """What to do about a run of an earlier version, whose store may be one as well."""
    store = directory.folder / "store"
    first = f", after `coderm-eval store convert {store}`" if earlier_files(store) else ""
    return f"{ANOTHER_OUT}{first}"


def samples_sha256(problems: Sequence[ProblemCandidates]) -> str:
    """SHA-256 of task id and program of each line of samples.jsonl."""
    return sample_rows_sha256(row for item in problems for row in sample_rows(item))


def sample_rows_sha256(rows: Iterable[Mapping[str, str]]) -> str:
    """As `samples_sha256`, of the lines themselves."""
    return sha256(part for row in rows for part in (row["task_id"], row["solution"]))


def tests_sha256(path: Path) -> str:
    """SHA-256 of task id and text of each test of a file, task by task."""
    recorded = read_by_task(path, "test")
    return sha256(part for task, lines in recorded.items() for line in lines for part in (task, line))


def run_sha256(identity: Mapping[str, Any]) -> str:
    """SHA-256 of what `run_identity` gives, which a summary has as well."""
    return sha256([json.dumps({key: identity[key] for key in _IDENTITY})])


def run_key(identity: Mapping[str, Any], settings: ExecutionSettings, *, graded: bool) -> str:
    """SHA-256 of all that the files of a run depend on: its inputs, whether it is graded, and what makes them."""
    executor = limits_fingerprint(limits_from_settings(settings))
    return sha256([run_sha256(identity), str(graded), executor, importlib.metadata.version("coderm-eval")])


def _recorded_tests(tests: TestSettings) -> str | None:
    """`tests_sha256` of recorded tests; None where a model writes them."""
    return tests_sha256(tests.file) if tests.backend == "file" and tests.file else None


def differences(there: Any, here: Any, path: str = "") -> list[tuple[str, tuple[Any, Any]]]:
    """The keys under which two values differ, with both."""
    if not (isinstance(there, Mapping) and isinstance(here, Mapping)):
        return [] if there == here else [(path, (there, here))]
    keys = dict.fromkeys([*here, *there])
    return [found for key in keys for found in differences(there.get(key), here.get(key), f"{path}.{key}".lstrip("."))]
