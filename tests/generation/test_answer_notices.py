"""What is odd about a policy's answers: cut off, unfinished, repeated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import coderm
from helpers.mini_humaneval import MiniHumanEval
from helpers.servers import Reply, serving

from coderm_eval.generation.answer_notices import AnswerTally
from coderm_eval.generation.extraction.reasoning import ends_in_reasoning

UNFINISHED = [
    "<think>Let me see",
    "Sure.\n<think>Let me see\n```python\ndef f(): pass\n```",
    "<think>a</think>\n<think>b",
    "[THINK]a",
    "<|channel|>analysis<|message|>a",
    "<reasoning>a</think>",
]
FINISHED = [
    "",
    "def f(): pass",
    "<think>a</think>\ndef f(): pass",
    "a</think>\ndef f(): pass",
    "Do not write '<think>' here.\ndef f(): pass",
    "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>def f(): pass",
]


@pytest.mark.parametrize(("answers", "expected"), [(UNFINISHED, True), (FINISHED, False)], ids=["open", "closed"])
def test_an_answer_ends_within_its_reasoning_or_not(answers: list[str], expected: bool) -> None:
    assert {answer: ends_in_reasoning(answer) for answer in answers} == dict.fromkeys(answers, expected)


def test_answers_that_are_as_they_should_be_are_not_mentioned(caplog: pytest.LogCaptureFixture) -> None:
    tally = AnswerTally()
    tally.add(["a", "b", "a"])
    tally.add(["a"])
    tally.warn()
    assert caplog.text == ""


def test_answers_cut_off_unfinished_and_repeated_are_counted(tmp_path: Path, mini_humaneval: MiniHumanEval) -> None:
    """By a server that ignores the seed, in a command that samples candidates."""

    def cutting(body: dict[str, Any], before: int) -> Reply:
        message = {"role": "assistant", "content": "<think>Let me see"}
        listed = [{"index": i, "message": message, "finish_reason": "length"} for i in range(body["n"])]
        return 200, {}, json.dumps({"choices": listed}).encode()

    with serving(cutting) as (url, _):
        arguments = ["--benchmark", "humaneval+", "--model", "m", "--base-url", url, "--n", 4, "--out", "s.jsonl"]
        done = coderm("sample", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "12 of 12 answers were cut off by the limit of tokens" in done.stderr
    assert "12 of 12 answers end before their reasoning does" in done.stderr
    assert "75 % of the samples repeat another sample of their problem" in done.stderr
