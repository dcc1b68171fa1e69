"""Files of lm-eval 0.4 and 0.5, OpenCompass, bigcode-evaluation-harness and BigCodeBench as files of candidates."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import write_rows
from helpers.harness_environments import python_of

from coderm_eval.core.errors import InputError
from coderm_eval.core.records import Problem
from coderm_eval.generation.origin import origin_of_samples
from coderm_eval.generation.recorded.samples import read_programs, read_samples
from coderm_eval.generation.settings import PolicySettings

PROBLEMS = {
    "tide/0": Problem("tide/0", "high", "def high(a):\n", ""),
    "tide/1": Problem("tide/1", "low", "def low(a):\n", ""),
}

FENCED = "Sure!\n```python\ndef high(a):\n    return 1\n```\nDone."


def read(path: Path, **more: Any) -> Mapping[str, Sequence[str]]:
    options: dict[str, Any] = {"benchmark": "tides", "n": None, "allow_partial": False, **more}
    return read_samples(path, PROBLEMS, **options)


# lm-eval

_TASK = """
task: tide
dataset_path: json
dataset_kwargs: {data_files: {test: docs.jsonl}}
output_type: generate_until
test_split: test
doc_to_text: "{{prompt}}"
doc_to_target: "{{task_id}}"
repeats: 2
metric_list: [{metric: exact_match}]
filter_list: [{name: a, filter: [{function: take_first}]}, {name: b, filter: [{function: take_first}]}]
generation_kwargs: {until: ["\\ndef"], do_sample: true, temperature: 0.8}
"""

_RUN = """
from unittest import mock

import lm_eval
from lm_eval.api.model import LM
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager

class Tide(LM):
    def generate_until(self, requests, **more):
        return [f"    return {number}\\n" for number, _ in enumerate(requests)]
    def loglikelihood(self, requests): ...
    def loglikelihood_rolling(self, requests): ...

tasks = TaskManager(include_path=".", include_defaults=False)
with mock.patch("lm_eval.evaluator.add_env_info"):  # it asks pip for all packages
    done = lm_eval.simple_evaluate(Tide(), tasks=["tide"], task_manager=tasks, log_samples=True, bootstrap_iters=0)
samples = done.pop("samples")
tracker = EvaluationTracker(output_path="out")
tracker.general_config_tracker.model_name_sanitized = "tide"
tracker.general_config_tracker.model_name = "tide/tide-7b"
tracker.save_results_aggregated(results=done, samples=samples)
tracker.save_results_samples(task_name="tide", samples=samples["tide"])
"""


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_both_versions_of_lm_eval_log_the_same(tmp_path: Path, version: str) -> None:
    """Two repeats of each document, and two filters, whose lines hold the same answers."""
    python = Path(sys.executable) if version == "0.4" else python_of("lm-eval-0.5")
    (tmp_path / "tide.yaml").write_text(_TASK)
    write_rows(tmp_path / "docs.jsonl", [{"task_id": task, "prompt": p.prompt} for task, p in PROBLEMS.items()])
    done = subprocess.run([python, "-c", _RUN], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    expected = {
        "tide/0": ["def high(a):\n    return 0\n", "def high(a):\n    return 1\n"],
        "tide/1": ["def low(a):\n    return 2\n", "def low(a):\n    return 3\n"],
    }
    (logged,) = tmp_path.glob("out/tide/samples_tide_*.jsonl")
    assert read(logged) == expected
    origin = origin_of_samples(PolicySettings(), logged)
    assert (origin["model"], origin["sampling"]["temperature"]) == ("tide/tide-7b", 0.8)
    next(tmp_path.glob("out/tide/results_*.json")).unlink()
    assert origin_of_samples(PolicySettings(), logged)["model"] is None


# OpenCompass


def predictions(*entries: dict[str, Any], indent: int | None = 4) -> str:
    return json.dumps({str(number): entry for number, entry in enumerate(entries)}, indent=indent)


def prediction(asked: object, answer: object, gold: object = "x") -> dict[str, Any]:
    return {"origin_prompt": asked, "prediction": answer, "gold": gold}


HUMAN = [{"role": "HUMAN", "prompt": "Go on:\ndef high(a):\n"}]

GIVEN = [
    prediction(HUMAN, FENCED),
    prediction("Write low", "def low(a): pass", gold="tide/1"),
    prediction(HUMAN, "    return 2\n"),
]


@pytest.mark.parametrize("indent", [4, None])
def test_predictions_are_of_the_problems_that_they_name_or_state(tmp_path: Path, indent: int | None) -> None:
    (tmp_path / "p.json").write_text(predictions(*GIVEN, indent=indent))
    assert read(tmp_path / "p.json") == {
        "tide/0": ["\ndef high(a):\n    return 1", "def high(a):\n    return 2\n"],
        "tide/1": ["def low(a): pass"],
    }


@pytest.mark.parametrize("asked", ["Find the sum", None, [], [3]])
def test_a_prediction_of_no_problem_is_one_of_another_task(tmp_path: Path, asked: object) -> None:
    (tmp_path / "p.json").write_text(predictions(*GIVEN, prediction(asked, "x")))
    with pytest.raises(InputError, match=r"1 task id that tides does not have \(prediction 3\)"):
        read(tmp_path / "p.json")
    assert len(read(tmp_path / "p.json", allow_partial=True)) == 2


def test_predictions_are_read_with_a_benchmark_only(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(predictions(*GIVEN))
    with pytest.raises(InputError, match="this format has no task ids; only a command with --benchmark can read it"):
        read_programs(tmp_path / "p.json", {})


# bigcode-evaluation-harness


@pytest.mark.parametrize(
    ("number", "first", "last"), [(164, "HumanEval/0", "HumanEval/163"), (500, "Mbpp/11", "Mbpp/510")]
)
def test_generations_are_known_by_their_number(tmp_path: Path, number: int, first: str, last: str) -> None:
    (tmp_path / "g.json").write_text(json.dumps([[f"x = {task}", "y = 1"] for task in range(number)]))
    found = read_programs(tmp_path / "g.json", {})
    assert [*found][:: number - 1] == [first, last] and found[last] == [f"x = {number - 1}", "y = 1"]


# BigCodeBench

BIGCODEBENCH = {"task_id": "BigCodeBench/0", "solution": "def task_func(): pass", "_identifier": "BigCodeBench/0 (m)"}


def test_samples_of_bigcodebench_are_read_for_a_benchmark_of_its_problems(tmp_path: Path) -> None:
    problem = Problem("BigCodeBench/0", "task_func", "", "Write `task_func`.")
    path = write_rows(tmp_path / "s.jsonl", [BIGCODEBENCH])
    found = read_samples(path, {"BigCodeBench/0": problem}, benchmark="own.jsonl", n=None, allow_partial=False)
    assert found == {"BigCodeBench/0": [BIGCODEBENCH["solution"]]}


# What cannot be read


def written(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(text)


BAD: list[tuple[str, Callable[[Path], object], str]] = [
    (
        "BigCodeBench",
        lambda p: write_rows(p, [BIGCODEBENCH]),
        ": samples of BigCodeBench, whose problems are",
    ),
    (
        "mixed",
        lambda p: write_rows(p, [{"task_id": "tide/0", "solution": "x"}, BIGCODEBENCH]),
        ": samples of Big",
    ),
    ("lm-eval's results", written(json.dumps({"results": {}, "configs": {}}, indent=2)), ":1: lm-eval's results, with"),
    (
        "lighteval's results",
        written(json.dumps({"results": {}, "config_general": {}})),
        ":1: lighteval's results, w",
    ),
    ("another object", written(json.dumps({"a": 1}, indent=2)), ":1: no task_id with a solution or a completion: "),
    ("an object that is cut off", written('{\n  "0": {'), ":1: not JSON: "),
    (
        "no text",
        written(predictions(prediction(HUMAN, 3))),
        ":1: prediction '0' is no text; give those of a",
    ),
    ("too few generations", written('[["x"], ["y"]]'), ": entry 1 has no question id, only a list: "),
    ("odd generations", written(json.dumps([[]] * 164)), ": entry 1 has no question id, only a list: '[]'; write"),
]


@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize(("make", "words"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_files_that_cannot_be_read_get_one_sentence(
    tmp_path: Path, make: Callable[[Path], object], words: str, partial: bool
) -> None:
    make(tmp_path / "f")
    with pytest.raises(InputError) as caught:
        read(tmp_path / "f", allow_partial=partial)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'f'}{words}") and "\n" not in message
