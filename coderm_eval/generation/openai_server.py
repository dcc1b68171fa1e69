"""Unit tests from any OpenAI-compatible server: vLLM, SGLang, Ollama, a vendor's."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice

import openai
from openai.types.chat import ChatCompletion

from coderm_eval.config import TestSettings
from coderm_eval.errors import ServerError, SettingsError
from coderm_eval.generation.answers import Answer, Question

__all__ = ["OpenAIServer"]


class OpenAIServer:
    """Asks for all of a question's samples in one request (`n`), so that the server shares the prompt's prefix.

    Retries with exponential backoff, jitter and Retry-After are the openai client's own. A server that
    answers fewer choices than asked is asked again for the rest, with the next sample's seed.
    """

    def __init__(self, settings: TestSettings) -> None:
        if not settings.model or not settings.base_url:
            missing = "tests.model" if not settings.model else "tests.base_url"
            raise SettingsError(
                f"{missing} is not set: name the test writer and its server (tests.model, tests.base_url), "
                "or recorded tests (tests.file)"
            )
        self.settings = settings
        self.model = settings.model
        self.client = openai.OpenAI(
            base_url=settings.base_url,
            api_key=os.environ.get("OPENAI_API_KEY", "none"),  # local servers want none
            timeout=settings.timeout_s,
            max_retries=settings.retries,
        )

    def identity(self) -> str:
        s = self.settings
        return json.dumps([self.model, s.temperature, s.top_p, s.max_tokens, s.seed])

    def write(self, questions: Iterable[Question]) -> Iterator[Answer]:
        remaining = iter(questions)
        waiting: set[Future[list[Answer]]] = set()
        failure: ServerError | None = None
        with ThreadPoolExecutor(self.settings.concurrency) as threads:
            while True:
                room = 0 if failure else self.settings.concurrency - len(waiting)
                waiting |= {threads.submit(self._ask, q) for q in islice(remaining, room)}
                if not waiting:
                    break
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    try:
                        yield from future.result()
                    except ServerError as error:
                        failure = failure or error  # what is in flight may still be answered and stored
        if failure:
            raise failure

    def _ask(self, question: Question) -> list[Answer]:
        answers: list[Answer] = []
        while len(answers) < len(question.samples):
            answers += self._request(question, question.samples[len(answers) :])
        return answers

    def _request(self, question: Question, samples: range) -> list[Answer]:
        s = self.settings
        started = time.monotonic()
        try:
            completion = self.client.chat.completions.create(
                model=self.model,
                messages=[{"role": "user", "content": question.prompt}],
                n=len(samples),
                temperature=s.temperature,
                top_p=s.top_p,
                max_tokens=s.max_tokens,
                seed=s.seed + samples[0],
            )
            return _read(question, samples, completion, time.monotonic() - started)
        except openai.OpenAIError as error:
            raise ServerError(self._explain(question, error)) from error

    def _explain(self, question: Question, error: openai.OpenAIError) -> str:
        s = self.settings
        tries = f" (tried {s.retries + 1} times)"
        if isinstance(error, openai.APITimeoutError):
            what = f"did not answer within {s.timeout_s:g} s{tries}"
        elif isinstance(error, openai.APIConnectionError):
            what = f"could not be reached{tries}"
        elif isinstance(error, openai.APIStatusError):
            again = error.status_code >= 500 or error.status_code in (408, 409, 429)
            reason = " ".join(error.message.split())[:300]
            what = f"answered {error.status_code}{tries if again else ''}: {reason}"
        else:
            what = f"gave an answer that is not one of OpenAI's API: {error}"
        return (
            f"{question.task_id}: the test writer at {s.base_url} {what}; "
            "what it wrote so far is stored: run the same command to go on"
        )


def _read(question: Question, samples: range, completion: ChatCompletion, seconds: float) -> list[Answer]:
    """A completion's choices as answers for the first of `samples`.

    Raises:
        openai.OpenAIError: the client does not check what a server sends (a login page, say), so this does.
    """
    try:
        choices = sorted(completion.choices, key=lambda choice: choice.index)[: len(samples)]
        texts = [choice.message.content or "" for choice in choices]
    except (AttributeError, TypeError) as error:
        raise openai.OpenAIError(f"{str(completion)[:60]!r}") from error
    if not choices:
        raise openai.OpenAIError("it has no choices")
    usage = completion.usage
    tokens = _shares(usage.completion_tokens if usage else 0, len(choices))
    return [
        Answer(
            task_id=question.task_id,
            sample=samples[position],
            text=texts[position],
            finish_reason=choice.finish_reason or "",
            tokens=tokens[position],
            prompt_tokens=usage.prompt_tokens if usage and position == 0 else 0,
            seconds=seconds if position == 0 else 0.0,
        )
        for position, choice in enumerate(choices)
    ]


def _shares(total: int, parts: int) -> list[int]:
    """`total` as `parts` whole numbers that add up to it: servers count tokens per request, not per choice."""
    each, rest = divmod(total, parts)
    return [each + (index < rest) for index in range(parts)]
