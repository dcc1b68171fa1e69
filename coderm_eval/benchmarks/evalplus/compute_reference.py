"""Runs EvalPlus's reference solutions, by EvalPlus's own code, and keeps what they answer.

EvalPlus writes its file in place, so that a killed run leaves one on which every later one fails; here each file
is written whole or not at all.

    python -m coderm_eval.benchmarks.evalplus.compute_reference '"humaneval"' false false '"default"'
"""

from __future__ import annotations

import json
import pickle
import sys
import tempfile
from pathlib import Path
from typing import Any

from coderm_eval.benchmarks.evalplus.dataset import Dataset, Row
from coderm_eval.benchmarks.evalplus.reference_answers import SUITES, Answers, answers_file, truth_file
from coderm_eval.core.files import write_atomically
from coderm_eval.core.user_errors import user_errors
from coderm_eval.execution.wire.digest import sha256_of_answer
from coderm_eval.execution.wire.encoding import encode

__all__ = ["make"]

_LARGE = 100_000
"""Characters from which on the digest of an answer is kept in its place."""


def make(dataset: Dataset) -> None:
    """Write both files, the first unless EvalPlus has a whole one."""
    path = truth_file(dataset)
    path.parent.mkdir(parents=True, exist_ok=True)
    truth = _kept(path) or _compute(dataset, path)
    rows = dataset.rows()
    kept = {task: {suite: _answers(rows[task], found, suite) for suite in SUITES} for task, found in truth.items()}
    write_atomically(answers_file(dataset), json.dumps(kept).encode())


def _kept(path: Path) -> dict[str, Any] | None:
    """Return what EvalPlus has kept; None if it is not there, or was cut short."""
    try:
        found: dict[str, Any] = pickle.loads(path.read_bytes())
    except Exception:  # a pickle that is none breaks anywhere
        return None
    return found


def _compute(dataset: Dataset, path: Path) -> dict[str, Any]:
    """Compute what EvalPlus keeps at `path`, by its own function, and put it there.

    The function writes HASH.pkl in EvalPlus's cache folder, in place. An absolute path in place of the hash has the
    file written elsewhere, so that it can be moved when it is whole.
    """
    from evalplus import evaluate

    not_none = evaluate.MBPP_OUTPUT_NOT_NONE_TASKS if dataset.name == "mbpp" else []
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        written = Path(folder, "truth.pkl")
        truth: dict[str, Any] = evaluate.get_groundtruth(dataset.rows(), str(written.with_suffix("")), not_none)
        written.replace(path)
    return truth


def _answers(row: Row, found: dict[str, Any], suite: str) -> Answers:
    inputs = [encode(list(given)) for given in row[f"{suite}_input"]]
    texts, digests = [], {}
    for number, answer in enumerate(found[suite]):
        digest = sha256_of_answer(answer) if _is_large(answer) else None
        texts.append("null" if digest else encode(answer))
        if digest:
            digests[str(number)] = digest
    return Answers(inputs, texts, digests, max(found[f"{suite}_time"], default=0.0))


def _is_large(answer: Any) -> bool:
    """Return whether the answer is long, and EvalPlus compares it without a tolerance."""
    from evalplus.eval import is_floats

    if is_floats(answer):
        return False
    many = isinstance(answer, list) and len(answer) > _LARGE // 2  # which have two characters each, at the least
    return many or len(encode(answer)) > _LARGE


if __name__ == "__main__":
    with user_errors("coderm-eval"):
        make(Dataset(*map(json.loads, sys.argv[1:])))
