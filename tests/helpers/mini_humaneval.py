"""Three invented problems in HumanEval+'s file format, and programs for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

from coderm_eval.benchmarks.evalplus.compute_reference import make
from coderm_eval.benchmarks.evalplus.dataset import Dataset

__all__ = ["MINI_PROBLEMS", "MiniHumanEval", "compute_here", "mini_row", "point_evalplus", "write_mini"]


@dataclass(frozen=True)
class MiniHumanEval:
    """Three invented problems in HumanEval+'s file format, and programs for them."""

    path: Path
    environment: dict[str, str]
    """Variables under which EvalPlus, in any process, loads this dataset and keeps its cache apart."""
    right: dict[str, str]
    wrong: dict[str, str]

    @property
    def cache(self) -> Path:
        return Path(self.environment["XDG_CACHE_HOME"])


def point_evalplus(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> None:
    """EvalPlus reads its variables when it is imported, so both they and what it made of them are set."""
    from evalplus.data import humaneval, mbpp, utils

    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for module, name in ((humaneval, "HUMANEVAL_OVERRIDE_PATH"), (mbpp, "MBPP_OVERRIDE_PATH")):
        if name in variables:
            monkeypatch.setattr(module, name, variables[name])
    monkeypatch.setattr(utils, "CACHE_DIR", f"{variables['XDG_CACHE_HOME']}/evalplus")


def compute_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this process compute expected outputs: another one takes two seconds to import EvalPlus."""
    module = import_module("coderm_eval.benchmarks.evalplus.reference_answers")  # the package names its function so

    def make_here(dataset: Dataset, path: Path) -> object:
        make(dataset)
        return module._read(path)

    monkeypatch.setattr(module, "_make", make_here)


def mini_row(
    number: int, name: str, arguments: str, text: str, body: str, base: list[object], plus: list[object]
) -> dict[str, object]:
    return {
        "task_id": f"HumanEval/{number}",
        "entry_point": name,
        "prompt": f'def {name}({arguments}):\n    """ {text}\n    """\n',
        "canonical_solution": f"    {body}\n",
        "contract": "",
        "test": "",
        "base_input": base,
        "plus_input": plus,
        "atol": 0,
    }


MINI_PROBLEMS = [
    mini_row(
        0,
        "buoy_gap",
        "a, b",
        "Distance between two buoys on a line.\n    >>> buoy_gap(2, 5)\n    3",
        "return abs(a - b)",
        [[2, 5]],
        [[5, 2], [0, 0]],
    ),
    mini_row(
        1, "peal", "bells", "The bells of a peal in reverse order.", "return bells[::-1]", [[[1, 2, 3]]], [[[]], [[7]]]
    ),
    mini_row(
        2,
        "latest_tide",
        "tides",
        "The latest of the tides, or None without any.",
        "return max(tides, default=None)",
        [[[3, 9, 4]]],
        [[[]], [[5]]],
    ),
]


def write_mini(folder: Path) -> MiniHumanEval:
    path = folder / "mini.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in MINI_PROBLEMS))
    environment = {"HUMANEVAL_OVERRIDE_PATH": str(path), "XDG_CACHE_HOME": str(folder / "cache")}
    right = {str(row["task_id"]): f"{row['prompt']}{row['canonical_solution']}" for row in MINI_PROBLEMS}
    wrong = {str(row["task_id"]): f"def {row['entry_point']}(*a):\n    return None\n" for row in MINI_PROBLEMS}
    return MiniHumanEval(path, environment, right, wrong)
