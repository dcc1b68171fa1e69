"""Recorded candidates and tests behind OpenAI's API, in place of a model.

A published run can be repeated with them through the real harness. Sample i of a request with seed s is the recorded
one with index (s + i) modulo their number; requests without a seed take turns. One answer is never given for two seeds,
so that nobody counts it as two samples. Prompts are recognised by the project's own texts: any other prompt gets a 404
that says what is recorded.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from coderm_eval.core.messages import abbreviated
from coderm_eval.core.records import Problem
from coderm_eval.generation.extraction.unit_tests import extract_tests, recorded_tests
from coderm_eval.generation.prompts import question_of_test_prompt
from coderm_eval.hosts.server.protocol.app import Seen, openai_app
from coderm_eval.hosts.server.protocol.errors import RequestError
from coderm_eval.hosts.server.protocol.replies import Answer, Reply
from coderm_eval.hosts.server.protocol.requests import Asked

__all__ = ["MODEL", "RecordedAnswers", "UnknownPromptError", "replay_app"]

log = logging.getLogger(__name__)

MODEL = "recorded"


class UnknownPromptError(RequestError):
    """A prompt for which nothing is recorded; the message shows the prompt's first line, and what is recorded."""

    status = 404


@dataclass
class _Recording:
    """All recorded answers to one prompt."""

    key: str
    texts: Sequence[str]
    _taken: int = 0
    """Answers that went out without a seed."""
    _seeds: dict[int, int] = field(default_factory=dict)
    """By index: the seed that an answer was given for."""

    def samples(self, n: int, seed: int | None) -> list[str]:
        """Return the answers for n seeds from `seed` on; raises RequestError if one was given for another seed."""
        most = len(self.texts)
        if n > most:
            raise RequestError(f"n is at most {most} for {self.key}, as no more are recorded; got {n}")
        if seed is None:
            return self._in_turn(n)
        indices = {(seed + number) % most: seed + number for number in range(n)}
        for index, wanted in indices.items():
            if self._seeds.get(index, wanted) != wanted:
                raise RequestError(
                    f"{most} answers are recorded for {self.key}, and seed {wanted} would get the one of seed "
                    f"{self._seeds[index]} again: ask for {most} samples at most, or start the server anew for new ones"
                )
        self._seeds |= indices
        return [self.texts[index] for index in indices]

    def _in_turn(self, n: int) -> list[str]:
        start, most = self._taken, len(self.texts)
        self._taken += n
        if start <= most < self._taken:
            log.warning("all %d answers for %s have gone out once; from here on they are repeated", most, self.key)
        return [self.texts[(start + number) % most] for number in range(n)]


class RecordedAnswers:
    """Recorded programs and tests, found by the prompts of their problems."""

    def __init__(
        self,
        problems: Sequence[Problem],
        solutions: Mapping[str, Sequence[str]],
        tests: Mapping[str, Sequence[str]],
    ) -> None:
        self._tasks = sorted(set(solutions) | set(tests))
        self._chat: dict[str, _Recording] = {}
        self._tests: dict[str, _Recording] = {}
        self._completions: dict[str, _Recording] = {}
        for problem in problems:
            self._add(problem, solutions.get(problem.task_id, ()), tests.get(problem.task_id, ()))

    def _add(self, problem: Problem, programs: Sequence[str], tests: Sequence[str]) -> None:
        task_id = problem.task_id
        if programs:
            answers = [_fenced(program) for program in programs]
            completions = [_completion(problem.prompt, program) for program in programs]
            self._chat[_single_spaced(problem.request)] = _Recording(f"chat {task_id}", answers)
            self._completions[problem.prompt] = _Recording(f"text {task_id}", completions)
        if tests:
            answers = [answer for test in tests for answer in _test_answers(test, problem)]
            self._tests[problem.question] = _Recording(f"test {task_id}", answers)

    def chat(self, message: str, n: int, seed: int | None) -> list[str]:
        """Answers to a user message; raises UnknownPromptError."""
        question = question_of_test_prompt(message)
        found = self._chat.get(_single_spaced(message)) if question is None else self._tests.get(question)
        return self._samples(found, message, n, seed)

    def complete(self, prompt: str, n: int, seed: int | None) -> list[str]:
        """Completions of a prompt; raises UnknownPromptError."""
        return self._samples(self._completions.get(prompt), prompt, n, seed)

    def _samples(self, recording: _Recording | None, prompt: str, n: int, seed: int | None) -> list[str]:
        if recording is None:
            first_line = next((line for line in prompt.splitlines() if line.strip()), "")
            raise UnknownPromptError(
                f"nothing is recorded for the prompt that starts {first_line[:100]!r}; "
                f"recorded are {len(self._tasks)} tasks: {abbreviated(self._tasks)}"
            )
        return recording.samples(n, seed)


def replay_app(recorded: RecordedAnswers, seen: Seen | None = None) -> web.Application:
    """A web application that answers from `recorded`, under whatever name it is asked."""

    async def answer(asked: Asked) -> Reply:
        answers = recorded.complete if asked.completes else recorded.chat
        texts = answers(asked.last_text, asked.n, asked.sampling.seed)
        tokens = sum(map(_words, texts))  # words, since no tokenizer is known
        return Reply(MODEL, [Answer(text) for text in texts], _words(asked.last_text), tokens)

    return openai_app([MODEL], answer, seen=seen)


def _words(text: str) -> int:
    return len(text.split())


def _test_answers(test: str, problem: Problem) -> list[str]:
    """Answers that give the tests of a recorded line, each with one test: several plain asserts as their classes."""
    answer = _fenced(test)
    if len(extract_tests(answer, problem.entry_point, "default", truncated=False).sources) == 1:
        return [answer]
    return [_fenced(source) for source in recorded_tests(test, problem.entry_point).sources] or [answer]


def _fenced(source: str) -> str:
    """`source` in a Python fence that is longer than any fence inside it."""
    marks = "```"
    while marks in source:
        marks += "`"
    return f"{marks}python\n{source}\n{marks}"


def _single_spaced(message: str) -> str:
    """A message with single blanks between its words: EvalPlus strips the blanks around a prompt, lm-eval does not."""
    return " ".join(message.split())


def _completion(prompt: str, program: str) -> str:
    """The text that continues `prompt` to `program`, or to a program that redefines what the prompt began."""
    return program[len(prompt) :] if program.startswith(prompt) else "\n" + program
