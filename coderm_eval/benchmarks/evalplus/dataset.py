"""EvalPlus's datasets, through its own loaders."""

from __future__ import annotations

import gzip
import hashlib
import os
from pathlib import Path
from typing import Any, NamedTuple

from coderm_eval.benchmarks.evalplus.loaders import loaders
from coderm_eval.benchmarks.evalplus.settings import EvalPlusSettings
from coderm_eval.core.errors import DatasetError
from coderm_eval.core.messages import single_line

__all__ = ["Dataset", "Row"]

Row = dict[str, Any]
"""A problem, with keys task_id, prompt, canonical_solution, entry_point, base_input, plus_input, atol and more."""


class Dataset(NamedTuple):
    """One of EvalPlus's two datasets, and which part of it; `name` is EvalPlus's: humaneval or mbpp."""

    name: str
    mini: bool = False
    noextreme: bool = False
    version: str = "default"

    @classmethod
    def of(cls, name: str, settings: EvalPlusSettings) -> Dataset:
        return cls(name, settings.mini, settings.noextreme, settings.version)

    def rows(self) -> dict[str, Row]:
        """Return {task id: row}, in the order of the file.

        Raises:
            DatasetError: no override, nothing in EvalPlus's cache, and no network; or a file that is no dataset.
        """
        data = loaders()
        load = data.get_human_eval_plus if self.name == "humaneval" else data.get_mbpp_plus
        try:
            rows: dict[str, Row] = load(**self._part())
            if not rows:
                raise ValueError("it holds no problems")
            _check(rows)
            return rows
        except Exception as error:  # a file that is no dataset breaks EvalPlus's loaders anywhere
            raise self._unusable(error) from error

    def local_files(self) -> list[Path]:
        """Return the file of the dataset, once it was read; empty if EvalPlus would download it.

        Raises:
            DatasetError: it is no dataset.
        """
        data = loaders()
        humaneval, mbpp = data.humaneval, data.mbpp
        if self.name == "humaneval":  # of which EvalPlus takes its own version, whatever is asked
            override, version = humaneval.HUMANEVAL_OVERRIDE_PATH, humaneval.HUMANEVAL_PLUS_VERSION
        else:
            override = mbpp.MBPP_OVERRIDE_PATH
            version = mbpp.MBPP_PLUS_VERSION if self.version == "default" else self.version
        file_name = {"humaneval": "HumanEvalPlus", "mbpp": "MbppPlus"}[self.name]
        path = Path(override or data.utils.get_dataset_metadata(file_name, version, self.mini, self.noextreme)[1])
        if not override and not path.exists():
            return []
        self.rows()
        return [path]

    def sha256(self) -> str:
        """Return the SHA-256 of the file, uncompressed."""
        humaneval, mbpp = loaders().humaneval, loaders().mbpp
        ready = humaneval._ready_human_eval_plus_path if self.name == "humaneval" else mbpp._ready_mbpp_plus_path
        path = Path(ready(**self._part()))
        data = path.read_bytes()
        return hashlib.sha256(gzip.decompress(data) if path.suffix == ".gz" else data).hexdigest()

    def hash(self) -> str:
        """Return the name of the dataset in EvalPlus's cache and results files: the file's MD5."""
        data = loaders()
        compute = data.get_human_eval_plus_hash if self.name == "humaneval" else data.get_mbpp_plus_hash
        found: str = compute(**self._part())
        return found

    def _part(self) -> dict[str, Any]:
        return {"mini": self.mini, "noextreme": self.noextreme, "version": self.version}

    def _unusable(self, error: Exception) -> DatasetError:
        variable = f"{self.name.upper()}_OVERRIDE_PATH"
        reason = single_line(error)
        given = os.environ.get(variable)
        if given:
            return DatasetError(
                f"{variable} is {given!r}, which cannot be read as EvalPlus's dataset ({reason}); "
                "point it to EvalPlus's .jsonl or .jsonl.gz file"
            )
        return DatasetError(
            f"EvalPlus's {self.name} dataset is not in its cache and could not be downloaded ({reason}); "
            f"set {variable}=/path/to/its.jsonl, or run once where the network reaches it"
        )


def _check(rows: dict[str, Row]) -> None:
    """Check the rows; raises KeyError or TypeError if one lacks a column that is always read."""
    for row in rows.values():
        for key in ("task_id", "prompt", "entry_point", "canonical_solution"):
            if not isinstance(row[key], str):
                raise TypeError(f"{key} is {row[key]!r}")
        if missing := {"base_input", "plus_input", "atol"} - row.keys():
            raise KeyError(min(missing))
