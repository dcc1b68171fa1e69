"""The result files of `evalplus.evaluate`, and where it looks for them.

results   {"date", "hash", "eval": {task: [{"task_id", "solution", "base_status", "plus_status", ...}, ...]}}
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from evalplus.data import humaneval, mbpp, utils
from evalplus.evaluate import evaluate as evalplus_evaluate

from coderm_eval.core.files import write_text
from coderm_eval.core.records import Grade

__all__ = ["ResultsFile", "back_up", "results_path", "sibling_path", "write_results"]

_PASS = "pass"


def sibling_path(samples: Path, ending: str) -> Path:
    """X.ending for samples X.jsonl, FOLDER.ending for those in a folder."""
    if samples.name in ("", ".."):  # a folder which such a path does not name
        samples = samples.resolve()
    return samples.with_name((samples.name if samples.is_dir() else samples.stem) + ending)


def results_path(samples: Path) -> Path:
    """Where the installed `evalplus.evaluate` looks for its results of these samples."""
    if samples.is_dir():
        return samples / "eval_results.json"
    return Path(str(samples).replace(".jsonl", _results_ending()))


@dataclass(frozen=True)
class ResultsFile:
    """What a result file must be of, to be the one of some samples."""

    hash: str
    """The dataset's, as EvalPlus computes it."""
    programs: Mapping[str, Sequence[str]]
    """By task id, in the samples' order."""
    base_only: bool

    def mismatch(self, path: Path) -> str | None:
        """What is wrong with the result file `path`, as what follows its name in a sentence; None if it fits.

        It may lack some of the samples, as it does where these could not be graded.
        """
        try:
            rows = _read_results(path)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return "is not what this version of evalplus.evaluate writes"
        if rows.hash != self.hash:
            return f"is of the dataset {_named(rows.hash)}, and this one is {_named(self.hash)}"
        for task, listed in rows.of.items():
            if not _in_order([row["solution"] for row in listed], self.programs.get(task, ())):
                return f"has other solutions of {task} than the samples"
        if not self.base_only and any(row["plus_status"] is None for listed in rows.of.values() for row in listed):
            return "was made with --base-only"
        return None

    def is_incomplete(self, path: Path, rows: Mapping[str, Sequence[Any]]) -> bool:
        """Whether the result file `path`, which fits, has fewer samples than `rows`."""
        return sum(map(len, _read_results(path).of.values())) < sum(map(len, rows.values()))

    def disagreements(self, path: Path, grades: Mapping[tuple[str, str], Grade]) -> list[str]:
        """The tasks with a sample of which the result file `path`, which fits, says otherwise than `grades`."""
        suites = ("base",) if self.base_only else ("base", "plus")

        def differs(task: str, row: Mapping[str, Any]) -> bool:
            statuses = grades[task, row["solution"]].statuses
            return any((row[f"{s}_status"] == _PASS) != (statuses[s] == _PASS) for s in suites if s in statuses)

        return [task for task, listed in _read_results(path).of.items() if any(differs(task, row) for row in listed)]

    def rows(self, grades: Mapping[tuple[str, str], Grade]) -> dict[str, list[dict[str, Any]]]:
        """EvalPlus's rows of the samples with these grades, by task; those that could not be graded are left out.

        EvalPlus has no status for them: any that it does not know counts as wrong.
        """
        graded = {
            task: [_row(task, p, grades[task, p]) for p in listed if grades[task, p].statuses]
            for task, listed in self.programs.items()
        }
        return {task: listed for task, listed in graded.items() if listed}


def write_results(path: Path, dataset: str, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Write rows as `evalplus.evaluate` does; `dataset` is the hash."""
    results = {"date": datetime.now().strftime("%Y-%m-%d %H:%M"), "hash": dataset, "eval": rows}
    write_text(path, json.dumps(results))


def back_up(path: Path) -> Path:
    """Rename a file as EvalPlus does before it writes another one in its place; returns its new name."""
    backup = path.with_name(path.name + ".bak")
    while backup.exists():
        backup = backup.with_name(backup.name + ".bak")
    return path.rename(backup)


@dataclass(frozen=True)
class _Results:
    hash: str
    of: Mapping[str, Sequence[Mapping[str, Any]]]
    """Rows by task id."""


def _read_results(path: Path) -> _Results:
    """Raises whatever comes of a file that is something else."""
    content = json.loads(path.read_bytes())
    for listed in content["eval"].values():
        for row in listed:
            _ = row["task_id"], row["solution"], row["base_status"], row["plus_status"]
    return _Results(str(content["hash"]), content["eval"])


def _in_order(some: Sequence[str], of: Sequence[str]) -> bool:
    """Whether `some` is what is left of `of` when others are taken out."""
    left = iter(of)
    return all(one in left for one in some)


def _row(task_id: str, program: str, grade: Grade) -> dict[str, Any]:
    return {
        "task_id": task_id,
        "solution": program,
        "base_status": grade.statuses["base"],
        "plus_status": grade.statuses.get("plus"),
        # The grader says whether all inputs went well, not which one did not.
        "base_fail_tests": [],
        "plus_fail_tests": [],
    }


def _results_ending() -> str:
    """A literal of the function, which says nowhere else where it writes: _eval_results.json in EvalPlus 0.3.1."""
    names = [name for name in evalplus_evaluate.__code__.co_consts if str(name).endswith("eval_results.json")]
    return str(max(names, key=len))  # the shorter one is that of a folder


def _named(dataset: str) -> str:
    """A dataset's hash, and the file that has it where EvalPlus's cache or a variable knows that file."""
    given = map(Path, filter(None, (humaneval.HUMANEVAL_OVERRIDE_PATH, mbpp.MBPP_OVERRIDE_PATH)))
    for path in [*given, *Path(utils.CACHE_DIR).glob("*Plus*.jsonl")]:
        if path.is_file() and hashlib.md5(path.read_bytes()).hexdigest() == dataset:
            return f"{path.name} ({dataset})"
    return dataset
