"""The replay server over real HTTP: a recording answers as a model would, and says so when it cannot."""

from __future__ import annotations

import gzip
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from helpers.cli import CLI, coderm, write_rows
from helpers.processes import heed_interrupts
from helpers.replaying import replaying
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.benchmarks import load_benchmark
from coderm_eval.benchmarks.prompts import function_request
from coderm_eval.core.errors import ServerError
from coderm_eval.core.records import Problem
from coderm_eval.generation import prompts
from coderm_eval.generation.extraction.unit_tests import extract_tests
from coderm_eval.generation.models.base import SampleRequest
from coderm_eval.generation.models.openai_server import OpenAIServer
from coderm_eval.generation.sample import extract_program
from coderm_eval.generation.settings import PolicySettings
from coderm_eval.hosts.server.replay import MODEL, RecordedAnswers

PROMPT = 'def knots(n):\n    """Knots in n ropes."""\n'
PROBLEM = Problem("demo/7", "knots", PROMPT, "Write a function named `knots`.", function_request(PROMPT))
PROGRAMS = [f"def knots(n):\n    return {i} * n\n" for i in range(5)]
TESTS = [f"import unittest\nclass TestKnots(unittest.TestCase):\n    def test_{i}(self): pass" for i in range(3)]


@pytest.fixture
def url() -> Iterator[str]:
    with replaying(RecordedAnswers([PROBLEM], {"demo/7": PROGRAMS}, {"demo/7": TESTS})) as address:
        yield f"http://{address}/v1"


@pytest.fixture
def client(url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=url, api_key="none", max_retries=0)


def chat(client: openai.OpenAI, content: str, **settings: Any) -> list[str]:
    answer = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": content}], **settings)
    return [choice.message.content or "" for choice in answer.choices]


def recorded(texts: list[str]) -> list[int]:
    """Which recorded programs the answers are."""
    return [PROGRAMS.index(extract_program(text, PROBLEM, "default", completes=False)) for text in texts]


def test_sample_i_of_seed_s_is_the_recorded_one_with_index_s_plus_i(client: openai.OpenAI) -> None:
    assert recorded(chat(client, function_request(PROMPT), n=3, seed=1)) == [1, 2, 3]
    assert recorded(chat(client, function_request(PROMPT), n=2, seed=4)) == [4, 0]


def test_more_samples_than_are_recorded_are_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="n is at most 5 for chat demo/7, as no more are recorded; got 6"):
        chat(client, function_request(PROMPT), n=6, seed=0)


def test_no_answer_is_given_for_two_seeds(client: openai.OpenAI) -> None:
    """lm-eval asks for one sample at a time, and would count it as two."""
    assert [recorded(chat(client, function_request(PROMPT), seed=seed)) for seed in (7, 3, 3, 4)] == [
        [2],
        [3],
        [3],
        [4],
    ]
    message = "5 answers are recorded for chat demo/7, and seed 8 would get the one of seed 3 again: ask for 5 samples"
    with pytest.raises(openai.BadRequestError, match=message):
        chat(client, function_request(PROMPT), seed=8)
    assert recorded(chat(client, function_request(PROMPT), seed=5)) == [0]


def test_a_client_that_asks_for_more_than_are_recorded_says_so(url: str) -> None:
    policy = PolicySettings(model=MODEL, base_url=url)
    with pytest.raises(ServerError, match="5 answers are recorded for chat demo/7"):
        list(OpenAIServer(policy).sample([SampleRequest("demo/7", function_request(PROMPT), range(6))]))


def test_recorded_asserts_come_as_classes_one_for_each() -> None:
    recording = RecordedAnswers([PROBLEM], {}, {"demo/7": ["assert knots(1) == 1\nassert knots(2) == 2", TESTS[0]]})
    answers = recording.chat(prompts.unit_test_prompt(PROBLEM.question, None), 3, 0)
    found = [extract_tests(answer, "knots", "default", truncated=False).sources for answer in answers]
    assert [len(sources) for sources in found] == [1, 1, 1]
    assert ["knots(1)" in found[0][0], "knots(2)" in found[1][0], "test_0" in found[2][0]] == [True] * 3


def test_requests_without_a_seed_take_turns(client: openai.OpenAI) -> None:
    assert [recorded(chat(client, function_request(PROMPT), n=2)) for _ in range(2)] == [[0, 1], [2, 3]]


def test_answers_that_are_repeated_without_a_seed_are_said_to_be_once(caplog: pytest.LogCaptureFixture) -> None:
    recording = RecordedAnswers([PROBLEM], {"demo/7": PROGRAMS}, {})
    for _ in range(12):
        recording.chat(function_request(PROMPT), 1, None)
    assert caplog.messages == ["all 5 answers for chat demo/7 have gone out once; from here on they are repeated"]


def test_a_test_prompt_is_known_by_its_question_whatever_code_it_shows(client: openai.OpenAI) -> None:
    (text,) = chat(client, prompts.unit_test_prompt(PROBLEM.question, "def knots(n): pass"), seed=2)
    assert TESTS[2] in text


def test_completions_go_on_from_the_prompt_and_honour_stop(client: openai.OpenAI) -> None:
    answer = client.completions.create(model=MODEL, prompt=PROMPT, seed=3)
    assert answer.choices[0].text == "    return 3 * n\n"
    cut = client.completions.create(model=MODEL, prompt=PROMPT, seed=3, stop=["3"])
    assert cut.choices[0].text == "    return "


def test_a_completion_of_a_program_that_starts_with_its_prompt_is_the_rest() -> None:
    recording = RecordedAnswers([PROBLEM], {"demo/7": [PROMPT + "    return n\n"]}, {})
    assert recording.complete(PROMPT, 1, 0) == ["    return n\n"]


def test_models_lists_the_recording(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list().data] == [MODEL]


def test_usage_counts_prompt_and_completion(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": function_request(PROMPT)}], n=2, seed=0
    )
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.usage.completion_tokens > 0


def test_an_unknown_prompt_is_a_404_that_says_what_is_recorded(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        chat(client, "\nTell me a story\nabout ropes")
    assert "'Tell me a story'" in caught.value.message
    assert "demo/7" in caught.value.message


@given(st.text())
def test_whatever_a_program_holds_it_survives_the_fence(tail: str) -> None:
    program = "def knots(n): return n\n# " + tail.replace("\r", "").replace("\n", " ") + "\n"
    recording = RecordedAnswers([PROBLEM], {"demo/7": [program]}, {})
    (text,) = recording.chat(function_request(PROMPT), 1, 0)
    assert extract_program(text, PROBLEM, "default", completes=False) == program


def started(folder: Path, samples: str, *more: str) -> subprocess.Popen[str]:
    command = [*CLI, "replay", "--samples", samples, "--port", "0", *more]
    return subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_completions_are_served_as_the_programs_that_they_make(tmp_path: Path, number: int) -> None:
    """And a signal ends the server as if it had come to its end."""
    demo = load_benchmark("demo").problems[0]
    write_rows(tmp_path / "s.jsonl", [{"task_id": demo.task_id, "completion": "    return 42\n"}])
    with started(tmp_path, "s.jsonl") as server:
        assert server.stderr
        url = server.stderr.readline().split()[-1]
        client = openai.OpenAI(base_url=url, api_key="none", max_retries=0)
        (text,) = chat(client, demo.request, n=1)
        server.send_signal(number)
    assert server.returncode == 0
    assert demo.prompt + "    return 42" in text


BAD_FILES = [
    (gzip.compress(b'{"task_id": "demo/0", "solution": "x"}\n', mtime=0)[:-9], "s.jsonl: cannot be read ("),
    (b'{"task_id": "reef/0", "solution": "x"}\n', "ids like 'reef/0'; name that of these tasks, such as --benchmark"),
    (b'{"task_id": "demo/0"}\n', "s.jsonl:1: no task_id with a solution or a completion"),
]


@pytest.mark.parametrize(("content", "words"), BAD_FILES)
def test_a_file_that_cannot_be_served_is_named_before_anything_is(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "s.jsonl").write_bytes(content)
    done = coderm("replay", "--samples", "s.jsonl", "--port", 0, cwd=tmp_path)
    assert done.returncode == 2 and words in done.stderr.splitlines()[-1]


def test_a_recording_of_tasks_of_another_benchmark_is_refused(tmp_path: Path) -> None:
    write_rows(tmp_path / "s.jsonl", [{"task_id": task, "solution": "x"} for task in ("demo/0", "demo/99")])
    done = coderm("replay", "--benchmark", "demo", "--samples", "s.jsonl", "--port", 0, cwd=tmp_path)
    assert done.returncode == 2
    assert "s.jsonl: 1 task id that demo does not have (demo/99)" in done.stderr.splitlines()[-1]
