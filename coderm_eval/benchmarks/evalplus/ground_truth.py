"""EvalPlus's expected outputs: in its own cache file, in its own format, but never half written.

MBPP+'s file is about 800 MB and takes a minute to make. EvalPlus writes it in place, so that a killed run
leaves a file on which every later one fails; here a process of its own makes it beside and renames it.

    python -m coderm_eval.benchmarks.evalplus.ground_truth humaneval|mbpp
"""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from coderm_eval.errors import NotRunError

__all__ = ["ensure_ground_truth", "load_ground_truth"]

log = logging.getLogger(__name__)


def ensure_ground_truth(dataset: str) -> None:
    """Make the cache file of `dataset` unless it is there and whole; trusted code runs in a process of its own.

    Raises:
        NotRunError: the reference solutions could not be run here, so that nothing can be graded.
    """
    if _is_whole(_cache_file(dataset)):
        return
    log.warning("computing EvalPlus's expected outputs of %s, once (about a minute)", dataset)
    made = subprocess.run([sys.executable, "-m", __name__, dataset], stdout=subprocess.DEVNULL, check=False)
    if made.returncode:
        raise NotRunError(
            f"EvalPlus's reference solutions of {dataset} could not be run (see above), so nothing was graded"
        )


def load_ground_truth(dataset: str) -> dict[str, dict[str, Any]]:
    """{task id: {base, base_time, plus, plus_time}}, as `evalplus.evaluate.get_groundtruth` returns it."""
    with _cache_file(dataset).open("rb") as file:
        truth: dict[str, dict[str, Any]] = pickle.load(file)
    return truth


def _is_whole(path: Path) -> bool:
    """A whole pickle ends with its STOP mark; reading 800 MB only to check would take seconds."""
    if not path.exists() or path.stat().st_size == 0:
        return False
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"."


def _cache_file(dataset: str) -> Path:
    from evalplus.data import get_human_eval_plus_hash, get_mbpp_plus_hash
    from evalplus.data.utils import CACHE_DIR

    dataset_hash = get_human_eval_plus_hash() if dataset == "humaneval" else get_mbpp_plus_hash()
    return Path(CACHE_DIR) / f"{dataset_hash}.pkl"


def _compute(dataset: str) -> None:
    from evalplus import evaluate
    from evalplus.data import get_human_eval_plus, get_mbpp_plus

    problems = get_human_eval_plus() if dataset == "humaneval" else get_mbpp_plus()
    not_none = evaluate.MBPP_OUTPUT_NOT_NONE_TASKS if dataset == "mbpp" else []
    path = _cache_file(dataset)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as beside:
        evaluate.CACHE_DIR = beside  # where its get_groundtruth writes
        evaluate.get_groundtruth(problems, "truth", not_none)
        (Path(beside) / "truth.pkl").replace(path)


if __name__ == "__main__":
    _compute(sys.argv[1])
