"""lm-eval and a server on loopback that plays policy and test writer for three invented problems."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coderm_eval.report.scores import ROWS
from helpers.lm_eval_tasks import evaluate_task

__all__ = ["TESTS", "Replay", "coderm", "evaluate", "lm_eval_arguments", "scores", "unittest_class", "write_column"]

TESTS = {
    "HumanEval/0": ["assert buoy_gap(9, 4) == 5", "assert buoy_gap(1, 4) == 3", "assert buoy_gap(1, 4) == 4"],
    "HumanEval/1": ["assert peal([4, 8]) == [8, 4]", "assert peal('ab') == 'ba'", "assert peal([4, 8]) == [8, 4]"],
    "HumanEval/2": [
        "assert latest_tide([2, 6]) == 6",
        "assert latest_tide([]) == 0",
        "assert latest_tide([2, 6]) == 6",
    ],
}
"""Three for each problem, as many as are asked for; a test that was written twice is run once."""


def unittest_class(line: str) -> str:
    return f"import unittest\n\n\nclass TestIt(unittest.TestCase):\n    def test_it(self):\n        {line}\n"


@dataclass(frozen=True)
class Replay:
    """A server that plays policy and test writer, and the files from which it plays."""

    url: str
    samples: Path
    tests: Path
    requests: list[dict[str, Any]]


def write_column(path: Path, column: str, values: dict[str, list[str]]) -> None:
    lines = [json.dumps({"task_id": task, column: v}) for task, listed in values.items() for v in listed]
    path.write_text("\n".join(lines) + "\n")


def coderm(replay: Replay, n: int = 4, **more: Any) -> dict[str, Any]:
    writer = {"base_url": replay.url, "model": "recorded", "num": 3}
    return {"coderm": {"n": n, "tests": writer, **more}}


def lm_eval_arguments(replay: Replay, task: str = "humanevalplus_coderm") -> dict[str, Any]:
    """How lm-eval is called with the server as the policy and as the test writer."""
    base = task.endswith("_base")
    return {
        "task": task,
        "model": "local-completions" if base else "local-chat-completions",
        "model_args": {
            "model": "P",
            "base_url": f"{replay.url}/completions" if base else f"{replay.url}/chat/completions",
            "num_concurrent": 4,
            **({"tokenizer_backend": "none"} if base else {}),
        },
        "apply_chat_template": not base,
        "metadata": coderm(replay),
    }


def evaluate(replay: Replay, task: str = "humanevalplus_coderm", **more: Any) -> dict[str, Any]:
    return evaluate_task(**{**lm_eval_arguments(replay, task), **more})


def scores(results: dict[str, Any], task: str = "humanevalplus_coderm") -> dict[str, float]:
    return {row: results["results"][task][f"pass@1,{row}"] for row in ROWS}
