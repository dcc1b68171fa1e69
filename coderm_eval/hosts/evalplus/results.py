"""The results file of some samples: where `evalplus.evaluate` looks for it, and whether an existing one is theirs.

`evalplus.evaluate` prints scores from a results file that exists without looking at what it is of.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalplus.data import humaneval, mbpp, utils

from coderm_eval.core.errors import IncompleteRunError, InputError
from coderm_eval.core.messages import abbreviated
from coderm_eval.core.records import Grade
from coderm_eval.report.evalplus_results import Rows, results_rows, write_results

__all__ = ["ResultsFile", "results_path"]

log = logging.getLogger(__name__)

_RESULTS_ENDING = "_eval_results.json"
"""Replaces .jsonl in the name of a samples file. Only the code of `evalplus.evaluate` says so: EvalPlus 0.3.1, and also
its development version of 2025-10, which has another name for files that it writes itself."""

_PASS = "pass"


def results_path(samples: Path) -> Path:
    """Where `evalplus.evaluate` looks for its results of these samples."""
    if samples.is_dir():
        return samples / "eval_results.json"
    return Path(str(samples).replace(".jsonl", _RESULTS_ENDING))


@dataclass(frozen=True)
class ResultsFile:
    """The results file of some samples, which may exist already."""

    path: Path
    dataset_hash: str
    """As EvalPlus computes it."""
    programs: Mapping[str, Sequence[str]]
    """The samples of each task, in their order."""
    base_only: bool

    def require_match(self) -> None:
        """Raises InputError if the file exists and is of something else."""
        reason = self.mismatch() if self.path.is_file() else None
        if reason:
            raise InputError(f"{self.path} {reason}; give --i-just-wanna-run, which keeps it as .bak, or delete it")

    def mismatch(self) -> str | None:
        """Return why the file does not belong to the samples, as the rest of a sentence; None if it does.

        It may have fewer samples: those that could not be graded are left out.
        """
        try:
            existing = _read_results(self.path)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return "is not what this version of evalplus.evaluate writes"
        if existing.dataset_hash != self.dataset_hash:
            return f"is of the dataset {_named(existing.dataset_hash)}, and this one is {_named(self.dataset_hash)}"
        for task, rows in existing.rows.items():
            if not _is_subsequence([row["solution"] for row in rows], self.programs.get(task, ())):
                return f"has other solutions of {task} than the samples"
        if not self.base_only and any(row["plus_status"] is None for rows in existing.rows.values() for row in rows):
            return "was made with --base-only"
        return None

    def write(self, grades: Mapping[tuple[str, str], Grade], *, anew: bool) -> None:
        """Write the file, unless it exists with as many samples; one of other samples is replaced.

        Args:
            grades: by task id and program.
            anew: whether it is written in any case. A file that exists is kept as .bak then.

        Raises:
            IncompleteRunError: none of the samples could be graded.
        """
        rows = results_rows(self.programs, grades)
        matches = self.path.is_file() and not self.mismatch()
        if matches and not anew and _count(_read_results(self.path).rows) >= _count(rows):
            self._warn_of_disagreements(grades)
            return
        if not rows:
            raise IncompleteRunError(
                f"{self.path}: not written, as nothing could be graded; run the same command to try again"
            )
        if matches or (anew and self.path.is_file()):
            print(f"Backup {self.path} to {_back_up(self.path)}")
        write_results(self.path, self.dataset_hash, rows)

    def _warn_of_disagreements(self, grades: Mapping[tuple[str, str], Grade]) -> None:
        suites = ("base",) if self.base_only else ("base", "plus")

        def differs(task: str, row: Mapping[str, Any]) -> bool:
            statuses = grades[task, row["solution"]].statuses
            return any((row[f"{s}_status"] == _PASS) != (statuses[s] == _PASS) for s in suites if s in statuses)

        existing = _read_results(self.path).rows
        if tasks := [task for task, rows in existing.items() if any(differs(task, row) for row in rows)]:
            log.warning("%s judges samples of %s otherwise than this run's grader", self.path, abbreviated(tasks))


@dataclass(frozen=True)
class _ExistingResults:
    dataset_hash: str
    rows: Rows


def _read_results(path: Path) -> _ExistingResults:
    """Raises whatever comes of a file that is something else."""
    content = json.loads(path.read_bytes())
    for rows in content["eval"].values():
        for row in rows:
            _ = row["task_id"], row["solution"], row["base_status"], row["plus_status"]
    return _ExistingResults(str(content["hash"]), content["eval"])


def _count(rows: Rows) -> int:
    return sum(map(len, rows.values()))


def _is_subsequence(some: Sequence[str], whole: Sequence[str]) -> bool:
    """Whether `some` is what is left of `whole` when others are taken out."""
    left = iter(whole)
    return all(one in left for one in some)


def _back_up(path: Path) -> Path:
    """Rename a file as EvalPlus does before it writes another one in its place; returns its new name."""
    backup = path.with_name(path.name + ".bak")
    while backup.exists():
        backup = backup.with_name(backup.name + ".bak")
    return path.rename(backup)


def _named(dataset_hash: str) -> str:
    """A dataset's hash, with the name of its file if that is in EvalPlus's cache or named by a variable."""
    given = map(Path, filter(None, (humaneval.HUMANEVAL_OVERRIDE_PATH, mbpp.MBPP_OVERRIDE_PATH)))
    for path in [*given, *Path(utils.CACHE_DIR).glob("*Plus*.jsonl")]:
        if path.is_file() and hashlib.md5(path.read_bytes()).hexdigest() == dataset_hash:
            return f"{path.name} ({dataset_hash})"
    return dataset_hash
