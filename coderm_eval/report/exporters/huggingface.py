"""A score for a model's page on the Hugging Face Hub: a file for the folder `.eval_results` of its repository.

The format: https://github.com/huggingface/hub-docs/blob/main/docs/hub/eval-results.md. A score under other conditions
than the model's own is a file of its own whose `notes` say them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import field_validator

from coderm_eval.core.settings import Section
from coderm_eval.report.exporters import entry as entries
from coderm_eval.report.exporters.base import Export
from coderm_eval.report.exporters.exported_run import ExportedRun
from coderm_eval.report.exporters.system import file_stem, in_one_sentence

__all__ = ["BENCHMARKS", "Entry", "export"]

BENCHMARKS = ("humaneval+", "mbpp+", "livecodebench")


class Source(Section):
    """Where readers find what the score was computed from."""

    url: str
    """address of it."""
    name: str | None = None
    user: str | None = None

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        if not url.startswith(("https://", "http://")):
            raise ValueError(f"{url!r} is no address; write one that begins with https://")
        return url


class Entry(entries.Entry):
    """What the Hub asks for."""

    dataset: str
    """dataset on the Hub whose leaderboard takes the score, such as org/name."""
    task: str
    """id of the task in that dataset's eval.yaml."""
    dataset_revision: str | None = None
    source: Source | None = None
    percent: bool = False
    """whether that leaderboard has per cent, and not shares."""

    @field_validator("dataset")
    @classmethod
    def _is_a_repository(cls, dataset: str) -> str:
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", dataset):
            raise ValueError(f"{dataset!r} is no dataset of the Hub; write it as org/name")
        return dataset


def export(run: ExportedRun, entry: Entry, out: Path) -> Export:
    """The file, named after the system.

    Raises:
        InputError: the run is of a part of the benchmark only, and the score would pass for one of the whole.
    """
    run.require_whole("the Hub has no place to say so")
    path = out / ".eval_results" / f"{file_stem(entry.name)}.yaml"
    text = yaml.safe_dump([_row(run, entry)], sort_keys=False, allow_unicode=True, width=1000)
    return Export({path: text}, (_only_for_benchmarks(entry),))


def _row(run: ExportedRun, entry: Entry) -> dict[str, Any]:
    """The one result, with the keys in the documentation's order."""
    score = run.summary["pass@1"]["coderm"]["value"]
    dataset = {"id": entry.dataset, "task_id": entry.task, "revision": entry.dataset_revision}
    return {
        "dataset": {key: value for key, value in dataset.items() if value is not None},
        "value": round(100 * score, 4) if entry.percent else score,
        **({"date": entry.date.isoformat()} if entry.date else {}),
        **({"source": entry.source.model_dump(exclude_none=True)} if entry.source else {}),
        "notes": in_one_sentence(entry, run.summary),
    }


def _only_for_benchmarks(entry: Entry) -> str:
    return (
        f"the Hub shows the score only if {entry.dataset} is registered as a benchmark and its eval.yaml has the task "
        f"{entry.task!r}; copy the file into the repository of {entry.policy.model or 'the policy model'}, by a pull "
        "request"
    )
