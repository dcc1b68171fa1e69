"""Recorded candidates and tests behind OpenAI's API, in place of a model.

A published run can be repeated with them through the real harness. Sample i of a request with seed s is the recorded
one with index (s + i) modulo their number; requests without a seed take turns. One answer is never given for two seeds,
so that nobody counts it as two samples. A prompt is recognised by the problem that it states, in the words of any
harness: one that states none gets a 404 that says what is recorded.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from coderm_eval.core.messages import abbreviated
from coderm_eval.core.records import Problem
from coderm_eval.generation.extraction.unit_tests import extract_tests, recorded_tests
from coderm_eval.generation.known_prompts import KnownPrompts
from coderm_eval.generation.models.base import Prompt
from coderm_eval.generation.prompts import question_of_test_prompt
from coderm_eval.generation.stated_problem import asked_text, begun_answer
from coderm_eval.hosts.server.continuations import continuation, is_begun
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
        self._chat = {task: _Recording(f"chat {task}", programs) for task, programs in solutions.items() if programs}
        self._completions = {task: _Recording(f"text {task}", each.texts) for task, each in self._chat.items()}
        self._tests = {p.task_id: _test_recording(p, tests[p.task_id]) for p in problems if tests.get(p.task_id)}
        self._with_programs = KnownPrompts([problem for problem in problems if problem.task_id in self._chat])
        self._with_tests = KnownPrompts([problem for problem in problems if problem.task_id in self._tests])

    def chat(self, prompt: Prompt, n: int, seed: int | None) -> list[str]:
        """Answers to the last message of a user; raises UnknownPromptError.

        Where the conversation ends with the beginning of an answer, they go on from it.
        """
        message = asked_text(prompt)
        question = question_of_test_prompt(message)
        if question is not None:
            return self._tests[self._stated(self._with_tests, question, message).task_id].samples(n, seed)
        problem = self._stated(self._with_programs, message, message)
        programs = self._chat[problem.task_id].samples(n, seed)
        begun = begun_answer(prompt)
        goes_on = is_begun(begun, problem)
        return [continuation(begun, problem, program) if goes_on else _fenced(program) for program in programs]

    def complete(self, prompt: str, n: int, seed: int | None) -> list[str]:
        """Completions of a prompt; raises UnknownPromptError."""
        problem = self._stated(self._with_programs, prompt, prompt)
        programs = self._completions[problem.task_id].samples(n, seed)
        return [continuation(prompt, problem, program) for program in programs]

    def _stated(self, known: KnownPrompts, text: str, prompt: str) -> Problem:
        """The one problem that `text`, a part of `prompt`, states."""
        found = known.stated_in(text)
        if len(found) == 1:
            return found[0]
        first_line = next((line for line in prompt.splitlines() if line.strip()), "")
        if found:
            tasks = abbreviated([problem.task_id for problem in found])
            raise UnknownPromptError(f"the prompt that starts {first_line[:100]!r} states several tasks alike: {tasks}")
        raise UnknownPromptError(
            f"nothing is recorded for the prompt that starts {first_line[:100]!r}; "
            f"recorded are {len(self._tasks)} tasks: {abbreviated(self._tasks)}"
        )


def replay_app(recorded: RecordedAnswers, seen: Seen | None = None) -> web.Application:
    """A web application that answers from `recorded`, under whatever name it is asked."""

    async def answer(asked: Asked) -> Reply:
        n, seed = asked.n, asked.sampling.seed
        texts = recorded.complete(asked.last_text, n, seed) if asked.completes else recorded.chat(asked.prompt, n, seed)
        tokens = sum(map(_words, texts))  # words, since no tokenizer is known
        return Reply(MODEL, [Answer(text) for text in texts], _words(asked.last_text), tokens)

    return openai_app([MODEL], answer, seen=seen)


def _words(text: str) -> int:
    return len(text.split())


def _test_recording(problem: Problem, tests: Sequence[str]) -> _Recording:
    return _Recording(f"test {problem.task_id}", [answer for test in tests for answer in _test_answers(test, problem)])


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
