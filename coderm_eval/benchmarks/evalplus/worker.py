"""The process that grades with EvalPlus's checker; generated tests never run in it.

    python -m coderm_eval.benchmarks.evalplus.worker humaneval|mbpp

Problems and expected outputs are loaded once, before it enters namespaces of its own where the host grants them;
`check_correctness` forks a child for each suite of each program. Its guard is no sandbox, and the expected outputs
are in the memory that a child inherits, so that a program which sets out to deceive it can.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile

from evalplus.data import get_human_eval_plus, get_mbpp_plus
from evalplus.evaluate import check_correctness

from coderm_eval.benchmarks.evalplus.ground_truth import load_ground_truth
from coderm_eval.execution.isolation.levels import enter_for_harness

__all__ = ["main"]


def main(dataset: str) -> None:
    """Answer requests {"task_id", "program"} with {"base": status, "plus": status} until stdin ends."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever EvalPlus prints is no reply
    problems = get_human_eval_plus() if dataset == "humaneval" else get_mbpp_plus()
    truth = load_ground_truth(dataset)
    enter_for_harness()
    tempfile.tempdir = None  # EvalPlus works in temporary folders: look again where these can be
    for line in os.fdopen(os.dup(0), "rb"):
        request = json.loads(line)
        task_id = request["task_id"]
        with contextlib.redirect_stdout(sys.stderr):
            result = check_correctness(
                dataset,
                0,
                problems[task_id],
                request["program"],
                truth[task_id],
                fast_check=True,  # as evalplus.evaluate does unless asked for details
            )
        statuses = {suite: result[suite][0] for suite in ("base", "plus")}
        replies.write(json.dumps({"token": request["token"], **statuses}).encode() + b"\n")
        replies.flush()


if __name__ == "__main__":
    main(sys.argv[1])
