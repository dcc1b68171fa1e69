"""A run for Every Eval Ever, a database of results: a record by its schema 0.3.0, and a line for each problem.

The record is filed under the policy model's name, by which the database is searched. Its name, its metric and its plan
are the system's, and the model's own pass@1 stands beside the score.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from pathlib import Path, PurePosixPath

from coderm_eval.core.errors import SettingsError
from coderm_eval.core.files import jsonl_text
from coderm_eval.report.exporters.base import Export
from coderm_eval.report.exporters.every_eval_ever.about import Entry
from coderm_eval.report.exporters.every_eval_ever.instances import instances
from coderm_eval.report.exporters.every_eval_ever.record import Identity, record
from coderm_eval.report.exporters.every_eval_ever.schemas import require_valid
from coderm_eval.report.exporters.exported_run import ExportedRun
from coderm_eval.report.exporters.system import file_stem

__all__ = ["BENCHMARKS", "Entry", "export"]

BENCHMARKS = ("humaneval+", "mbpp+", "livecodebench")


def export(run: ExportedRun, entry: Entry, out: Path) -> Export:
    """The record and the lines, under the paths that the database has for them.

    Raises:
        SettingsError: the policy model or the date is not known.
        InputError: a file does not fit the schema.
    """
    identity = _identity(run, entry)
    lines = instances(run, identity)
    text = jsonl_text(lines)
    content = record(run, entry, identity, text)
    require_valid("eval", content, out / identity.record)
    for line in lines:
        require_valid("instance_level_eval", line, out / identity.samples)
    files = {
        out / identity.record: json.dumps(content, indent=2, allow_nan=False) + "\n",
        out / identity.samples: text,
    }
    return Export(
        files, ("check the files by `every_eval_ever validate` before you submit them: it needs Python 3.12",)
    )


def _identity(run: ExportedRun, entry: Entry) -> Identity:
    """What the record is called; the same for the same run and entry."""
    model = entry.policy.model or ""
    if not re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", model):
        raise SettingsError(
            f"--to every-eval-ever: policy.model is {entry.policy.model!r}, and results are filed by developer and "
            "model; give it as the Hub has it: --set policy.model=org/name"
        )
    if entry.date is None:
        raise SettingsError("--to every-eval-ever: the run does not know when it was made: give --set date=2026-11-28")
    collection = run.summary["benchmark"].replace("+", "_plus")
    timestamp = str(int(entry.date.timestamp()))
    evaluation = f"{collection}/{file_stem(entry.name)}__{model.replace('/', '_')}/{timestamp}"
    known = json.dumps([evaluation, run.summary["dataset_sha256"], run.summary["inputs"]])
    name = uuid.UUID(bytes=hashlib.sha256(known.encode()).digest()[:16], version=4)
    folder = PurePosixPath("data", collection, *model.split("/"))
    return Identity(
        evaluation, model, timestamp, record=str(folder / f"{name}.json"), samples=str(folder / f"{name}_samples.jsonl")
    )
