"""The inputs of EvalPlus's suites, and the answers of its reference solutions, as far as tests need them.

EvalPlus keeps all answers in a file of its cache, 250 MB for HumanEval+ and 800 MB for MBPP+, of which a handful of
problems take nearly all. What is kept here beside it, under `.coderm4.json`, has a digest in the place of each large
answer, and is 20 MB and 6 MB. `compute_reference` makes both.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from coderm_eval.benchmarks.evalplus.dataset import Dataset
from coderm_eval.benchmarks.evalplus.loaders import loaders
from coderm_eval.core.errors import IncompleteRunError

__all__ = ["SUITES", "Answers", "answers_file", "reference_answers", "truth_file"]

log = logging.getLogger(__name__)

SUITES = ("base", "plus")
_MAKER = "coderm_eval.benchmarks.evalplus.compute_reference"


class Answers(NamedTuple):
    """The inputs of one suite of a problem, and the answers to them."""

    inputs: list[str]
    """As `wire.encoding.encode` writes them, each a list: to write those of a dataset takes half a second."""
    texts: list[str]
    """The answers, written in the same way; null where there is a digest."""
    digests: dict[str, str]
    """{number of the input: `sha256_of_answer`} of large answers."""
    seconds: float
    """CPU seconds that the reference solution took for its slowest input."""


def reference_answers(dataset: Dataset) -> dict[str, dict[str, Answers]]:
    """Return {task id: {suite: answers}}; where they are not kept yet, trusted code computes them in another process.

    Raises:
        IncompleteRunError: the reference solutions could not be run here, so that nothing can be graded.
    """
    path = answers_file(dataset)
    return _read(path) or _make(dataset, path)


def _read(path: Path) -> dict[str, dict[str, Answers]] | None:
    """Return the kept answers; None if there is no such file, or not a whole one."""
    try:
        kept = json.loads(path.read_bytes())
        return {task: {suite: Answers(*answers) for suite, answers in found.items()} for task, found in kept.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _make(dataset: Dataset, path: Path) -> dict[str, dict[str, Answers]]:
    if not truth_file(dataset).exists():
        log.warning("computing EvalPlus's expected outputs of %s, once (about a minute)", dataset.name)
    command = [sys.executable, "-m", _MAKER, *map(json.dumps, dataset)]
    subprocess.run(command, stdout=2, check=False, env={**os.environ, "PYTHONSAFEPATH": "1"})  # not from this folder
    made = _read(path)
    if made is None:
        raise IncompleteRunError(
            f"EvalPlus's reference solutions of {dataset.name} could not be run (see above), so nothing was graded"
        )
    return made


def truth_file(dataset: Dataset) -> Path:
    """Return the path of EvalPlus's own file."""
    return _in_cache(dataset, ".pkl")


def answers_file(dataset: Dataset) -> Path:
    """Return the path of the file that this package keeps next to it."""
    return _in_cache(dataset, ".coderm4.json")


def _in_cache(dataset: Dataset, suffix: str) -> Path:
    """Return a path in EvalPlus's cache, with the name that it gives to the dataset."""
    return Path(loaders().utils.CACHE_DIR) / f"{dataset.hash()}{suffix}"
