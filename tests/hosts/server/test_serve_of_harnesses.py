"""`serve` asked in the words of harnesses: the picks are those of `rerank` on the same recorded files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import openai
import pytest
from helpers.cli import coderm, rows
from helpers.harness_requests import FUNCTION_SHAPES
from helpers.replaying import replaying
from helpers.serve import best_of_n_server, models_at

from coderm_eval.benchmarks import load_benchmark
from coderm_eval.benchmarks.demo import SAMPLES, TESTS
from coderm_eval.generation.models.base import Prompt
from coderm_eval.generation.recorded.readers import read_by_task
from coderm_eval.generation.recorded.samples import read_programs
from coderm_eval.hosts.server.replay import RecordedAnswers

PROBLEMS = load_benchmark("demo").problems[:3]
TASKS = [problem.task_id for problem in PROBLEMS]
PROGRAMS = {task: programs for task, programs in read_programs(SAMPLES, {}).items() if task in TASKS}
WRITTEN = {task: tests for task, tests in read_by_task(TESTS, "test").items() if task in TASKS}


class Harness(NamedTuple):
    """What a harness talks to, and what it should get."""

    client: openai.OpenAI
    picked: Sequence[str]
    """The programs that `rerank` chooses."""


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    folder = tmp_path_factory.mktemp("serve")
    with replaying(RecordedAnswers(PROBLEMS, PROGRAMS, WRITTEN)) as address:
        models = models_at(f"http://{address}/v1")
        with best_of_n_server(folder, *models, "--n", 16, "--num", 16, "--budget", "uniform") as served:
            yield Harness(openai.OpenAI(base_url=served.url, api_key="none", max_retries=0), picked_by_rerank(folder))


def picked_by_rerank(folder: Path) -> list[str]:
    command = ["rerank", "--benchmark", "demo", "--samples", SAMPLES, "--tests", TESTS, "--budget", "uniform"]
    done = coderm(*command, "--task-ids", ",".join(TASKS), "--out", "run", "--no-report", cwd=folder)
    assert done.returncode == 0, done.stderr
    return [row["solution"] for row in rows(folder / "run" / "chosen.jsonl")]


def answer(client: openai.OpenAI, prompt: Prompt) -> str:
    if isinstance(prompt, str):
        return client.completions.create(model="m", prompt=prompt, max_tokens=512).choices[0].text
    messages = [{"role": role, "content": content} for role, content in prompt]
    reply = client.chat.completions.create(model="m", messages=messages)  # type: ignore[arg-type]
    return reply.choices[0].message.content or ""


def recorded(prompt: Prompt, task: str, program: str) -> str:
    """The policy's answer with this program."""
    place, recording = list(PROGRAMS[task]).index(program), RecordedAnswers(PROBLEMS, PROGRAMS, {})
    answers = recording.complete if isinstance(prompt, str) else recording.chat
    return answers(prompt, 16, 0)[place]  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", ["inspect_evals", "OpenCompass, system", "lm-eval", "lm-eval, instruct"])
def test_the_picks_are_those_of_rerank(harness: Harness, shape: str) -> None:
    for problem, program in zip(PROBLEMS, harness.picked, strict=True):
        prompt = FUNCTION_SHAPES[shape](problem.prompt).request
        assert answer(harness.client, prompt) == recorded(prompt, problem.task_id, program)
