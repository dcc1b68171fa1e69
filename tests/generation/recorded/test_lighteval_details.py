"""lighteval's details as files of candidates: all answers to a document, of the problem that it names or states."""

from __future__ import annotations

import gzip
import json
import logging
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from helpers.cli import coderm
from helpers.harness_environments import python_of
from helpers.livecodebench import rows as livecodebench_rows
from pyarrow import parquet

from coderm_eval.core.errors import InputError
from coderm_eval.core.records import Problem
from coderm_eval.generation.questions import method_question
from coderm_eval.generation.recorded.samples import read_programs, read_samples

PROBLEMS = {
    "tide/0": Problem("tide/0", "high", "", "Find the high.\nassert high(1) == 1"),
    "tide/1": Problem("tide/1", "low", "", method_question("Find the low.", "class Solution:\n    def low(self):\n")),
}

HIGH, LOW = "def high(a):\n    return 1", "def low(a):\n    return 0"
OTHER_LOW = "def low(a): pass"
FENCED = f"Sure!\n```python\n{HIGH}\n```\nDone."
ASK_HIGH, ASK_LOW = "Find the high. Tests: assert high(1) == 1", "Question: Find the low.\n\nUse class Solution."


def detail(
    query: str, *texts: object, n: int = 1, specific: object = None, thoughtless: object = None
) -> dict[str, Any]:
    """A row of lighteval 0.13.0, whose own ids are the numbers of the rows."""
    doc = {"query": query, "choices": [""], "id": "0", "num_samples": n, "specific": specific}
    response = {"input": query, "text": list(texts), "text_post_processed": thoughtless, "logprobs": []}
    return {"doc": doc, "model_response": response, "metric": {"pass@1": 0.0}}


def write(path: Path, details: Sequence[Mapping[str, Any]]) -> Path:
    parquet.write_table(pa.Table.from_pylist([dict(row) for row in details]), path)
    return path


def read(path: Path, **more: Any) -> Mapping[str, Sequence[str]]:
    options: dict[str, Any] = {"benchmark": "tides", "n": None, "allow_partial": False, **more}
    return read_samples(path, PROBLEMS, **options)


BOTH = [detail(ASK_LOW, LOW, OTHER_LOW, n=2), detail(ASK_HIGH, FENCED, "def high(a): pass", n=2)]


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("name", ["details.parquet", "details"])
def test_documents_are_of_the_problems_that_they_state(tmp_path: Path, name: str, zipped: bool) -> None:
    path = write(tmp_path / name, BOTH)
    if zipped:
        path.write_bytes(gzip.compress(path.read_bytes()))
    assert read(path) == {"tide/0": [HIGH, "def high(a): pass"], "tide/1": [LOW, OTHER_LOW]}


@pytest.mark.parametrize("key", ["task_id", "question_id"])
def test_documents_are_of_the_problems_that_they_name(tmp_path: Path, key: str) -> None:
    rows = [detail("?", FENCED, specific={key: "tide/0"}), detail("?", LOW, specific={key: "tide/1"})]
    path = write(tmp_path / "d", rows)
    assert read(path) == {"tide/0": [HIGH], "tide/1": [LOW]}
    assert read_programs(path, {}) == {"tide/0": [FENCED], "tide/1": [LOW]}


def test_reasoning_that_lighteval_took_away_is_no_answer(tmp_path: Path) -> None:
    rows = [detail(ASK_HIGH, f"<think>{LOW}</think>", thoughtless=[FENCED]), detail(ASK_LOW, LOW, thoughtless=[LOW])]
    assert read(write(tmp_path / "d", rows))["tide/0"] == [HIGH]


def test_a_request_that_failed_is_missing_and_never_wrong(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """lighteval has one empty text for it, however many answers it asked for."""
    path = write(tmp_path / "d", [BOTH[0], detail(ASK_HIGH, "", n=2)])
    with pytest.raises(InputError, match=r"2 answers missing \(tide/0: 2\), which"):
        read(path)
    with caplog.at_level(logging.WARNING):
        assert read(path, allow_partial=True) == {"tide/1": [LOW, OTHER_LOW]}
    assert f"{path}: 2 answers missing (tide/0: 2)" in caplog.messages


BAD: list[tuple[str, Callable[[Path], object], str]] = [
    (
        "another table",
        lambda p: parquet.write_table(pa.table({"a": [1], "b": [2]}), p),
        "with the columns a, b, and",
    ),
    ("cut off", lambda p: p.write_bytes(b"PAR1" + bytes(40)), "a Parquet file that cannot be read ("),
    ("a beginning alone", lambda p: p.write_bytes(b"PAR1"), "a Parquet file that cannot be read ("),
    ("no rows", lambda p: parquet.write_table(pa.Table.from_pylist(BOTH).slice(0, 0), p), "without a row; give those"),
    (
        "of no problem",
        lambda p: write(p, [*BOTH, detail("Find the sum.", "x")]),
        "1 task id that tides does not have (row 3)",
    ),
    (
        "no texts",
        lambda p: write(p, [detail(ASK_HIGH)]),
        "row 1 (tide/0) has no texts; give the",
    ),
    (
        "numbers",
        lambda p: write(p, [detail(ASK_HIGH, 1.5)]),
        "row 1 (tide/0) has no texts; give the",
    ),
    (
        "odd columns",
        lambda p: write(p, [{"doc": "x", "model_response": "y"}]),
        "row 1 (row 1) has no texts; give the",
    ),
]


@pytest.mark.parametrize(("make", "words"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_details_that_cannot_be_read_get_one_sentence(
    tmp_path: Path, make: Callable[[Path], object], words: str
) -> None:
    make(tmp_path / "d")
    with pytest.raises(InputError) as caught:
        read(tmp_path / "d")
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'd'}: ") and words in message and "\n" not in message


def test_without_a_benchmark_only_task_ids_help(tmp_path: Path) -> None:
    path = write(tmp_path / "d", BOTH)
    with pytest.raises(InputError, match="this format has no task ids; only a command with --benchmark can read it"):
        read_programs(path, {})


# Real details

_SAVE = """
import json, sys
from lighteval.logging.evaluation_tracker import EvaluationTracker
from lighteval.logging.info_loggers import DetailsLogger
from lighteval.models.abstract_model import ModelConfig
from lighteval.models.model_output import ModelResponse
from lighteval.tasks.tasks.lcb.main import lcb_codegeneration_prompt_fn

tracker = EvaluationTracker(output_dir="out", save_details=True)
tracker.general_config_logger.log_model_info(ModelConfig(model_name="tide"))
answers = json.load(open("answers.json"))
for number, line in enumerate(open("problems.jsonl")):
    doc = lcb_codegeneration_prompt_fn(json.loads(line))
    doc.id, doc.num_samples = str(number), 2
    response = ModelResponse(input=doc.query, text=answers[number])
    tracker.details_logger.details["lcb"].append(DetailsLogger.Detail(doc, response, {"pass@1": 0.5}))
tracker.save()
"""


def test_details_that_lighteval_saves_of_its_own_task_are_graded(tmp_path: Path) -> None:
    """Its task lcb:codegeneration asks in its own words, and names no question. The second one is not in the slice."""
    python = python_of("lighteval")
    listed = [livecodebench_rows.row("7001"), livecodebench_rows.row("7002", functional=False)]
    livecodebench_rows.write(tmp_path / "problems.jsonl", listed)
    method = "class Solution:\n    def latest_tide(self, tides):\n        return max(tides, default=0)\n"
    fenced = [[f"```python\n{method}```", "I cannot."], ["```python\nprint(input())\n```", "```python\nprint(1)\n```"]]
    (tmp_path / "answers.json").write_text(json.dumps(fenced))
    saved = subprocess.run(
        [python, "-c", _SAVE],
        cwd=tmp_path,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert saved.returncode == 0, saved.stderr
    (details,) = (tmp_path / "out").rglob("*.parquet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIVECODEBENCH_PATH", str(tmp_path / "problems.jsonl"))
        flags = ("--benchmark", "livecodebench", "--samples", details, "--out", "g.json", "--allow-partial")
        graded = coderm("grade", *flags, cwd=tmp_path)
    assert graded.returncode == 0, graded.stderr
    assert "1 task id not in livecodebench (row 2)" in graded.stderr
    results = json.loads((tmp_path / "g.json").read_text())["eval"]
    assert [sample["solution"] for sample in results["7001"]] == [method.rstrip(), ""]
