"""Samples of `evalplus.codegen` get the programs that other hosts find."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coderm_eval.core.records import Problem
from coderm_eval.generation.extraction.programs import extract_program
from coderm_eval.hosts.evalplus.drawn import extract_again

PROBLEM = Problem("demo/0", "tide", '\ndef tide(hours):\n    """ The highest. """\n', "?")
CHAT = "<think>no</think>\ndef tide(hours):\n    return max(hours)\nDone."
COMPLETION = "    return max(hours)\n```\nDone."


def extracted(folder: Path, *raw: str) -> list[str]:
    lines = [json.dumps({"task_id": "demo/0", "solution": text}) + "\n" for text in raw]
    (folder / "m_temp_0.8.raw.jsonl").write_text("".join(lines))
    samples = folder / "m_temp_0.8.jsonl"
    extract_again(samples, {"demo/0": PROBLEM}, "default")
    return [json.loads(line)["solution"] for line in samples.read_text().splitlines()]


def test_a_chat_answer_gives_the_same_program_as_elsewhere(tmp_path: Path) -> None:
    assert extracted(tmp_path, CHAT) == [extract_program(CHAT, PROBLEM, "default", completes=False)]


def test_a_completion_gives_the_same_program_as_elsewhere(tmp_path: Path) -> None:
    """But for the blank lines before the prompt, which EvalPlus strips."""
    (program,) = extracted(tmp_path, PROBLEM.prompt.strip() + "\n" + COMPLETION)
    assert program == extract_program(COMPLETION, PROBLEM, "default", completes=True).lstrip("\n")


def test_samples_without_raw_answers_stay(tmp_path: Path) -> None:
    samples = tmp_path / "s.jsonl"
    samples.write_text("{}\n")
    extract_again(samples, {}, "default")
    assert samples.read_text() == "{}\n"


def test_answers_that_end_within_their_reasoning_are_said_to(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    extracted(tmp_path, CHAT, "<think>and so on")
    assert "1 of 2 answers end before their reasoning does" in caplog.text
