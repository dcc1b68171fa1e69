"""Runs EvalPlus's reference solutions, by EvalPlus's own code, and keeps what they answer.

EvalPlus writes its file in place, so that a killed run leaves one on which every later one fails; here each file is
made beside and renamed.

    python -m coderm_eval.benchmarks.evalplus.reference '"humaneval"' false false '"default"'
"""

from __future__ import annotations

import json
import pickle
import sys
import tempfile
from pathlib import Path
from typing import Any

from coderm_eval.benchmarks.evalplus.answers import SUITES, Answers, file_of
from coderm_eval.benchmarks.evalplus.dataset import Dataset
from coderm_eval.benchmarks.evalplus.digest import sha256_of_answer
from coderm_eval.execution.plain import encode

__all__ = ["make"]

_LARGE = 100_000
"""Characters from which on an answer is known by its digest."""


def make(dataset: Dataset) -> None:
    """Both files, the first unless EvalPlus has a whole one."""
    path = file_of(dataset, ".pkl")
    path.parent.mkdir(parents=True, exist_ok=True)
    truth = _kept(path)
    if truth is None:
        with tempfile.TemporaryDirectory(dir=path.parent) as beside:
            _compute(dataset, Path(beside)).replace(path)
        truth = pickle.loads(path.read_bytes())
    kept = {task: {suite: _answers(found, suite) for suite in SUITES} for task, found in truth.items()}
    with tempfile.TemporaryDirectory(dir=path.parent) as beside:
        made = Path(beside) / "answers.json"
        made.write_text(json.dumps(kept))
        made.replace(file_of(dataset, ".coderm1.json"))


def _kept(path: Path) -> dict[str, Any] | None:
    """What EvalPlus has kept; None if it is not there, or was cut short."""
    try:
        found: dict[str, Any] = pickle.loads(path.read_bytes())
    except Exception:  # a pickle that is none breaks anywhere
        return None
    return found


def _compute(dataset: Dataset, folder: Path) -> Path:
    from evalplus import evaluate

    not_none = evaluate.MBPP_OUTPUT_NOT_NONE_TASKS if dataset.name == "mbpp" else []
    evaluate.CACHE_DIR = str(folder)  # where its get_groundtruth writes
    evaluate.get_groundtruth(dataset.rows(), "truth", not_none)
    return folder / "truth.pkl"


def _answers(found: dict[str, Any], suite: str) -> Answers:
    texts, digests = [], {}
    for number, answer in enumerate(found[suite]):
        text = encode(answer)
        digest = None if len(text) < _LARGE or _holds_floats(answer) else sha256_of_answer(answer)
        texts.append("null" if digest else text)
        if digest:
            digests[str(number)] = digest
    return Answers(texts, digests, max(found[f"{suite}_time"], default=0.0))


def _holds_floats(answer: Any) -> bool:
    """Whether EvalPlus compares it with a tolerance."""
    from evalplus.eval import is_floats

    return bool(is_floats(answer))


if __name__ == "__main__":
    make(Dataset(*map(json.loads, sys.argv[1:])))
