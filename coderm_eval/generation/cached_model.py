"""A sampler whose answers the store keeps, so that no sample is paid for twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain
from typing import Any

from coderm_eval.core.progress import progress
from coderm_eval.core.records import fingerprint
from coderm_eval.core.store import Table
from coderm_eval.generation.models.base import Completion, Model, SampleRequest
from coderm_eval.generation.settings import SamplingSettings

__all__ = ["CachedModel", "TokenUsage"]


@dataclass
class TokenUsage:
    """What answers cost, whenever they were asked for."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    """Of requests, which run beside each other."""

    def add(self, answer: Completion) -> None:
        self.prompt_tokens += answer.prompt_tokens
        self.completion_tokens += answer.tokens
        self.seconds += answer.seconds


class CachedModel:
    """Asks `sampler`, which `settings` describe, only for samples that `table` does not hold yet.

    Args:
        what: what the progress line says is being done.
    """

    def __init__(self, sampler: Model, settings: SamplingSettings, table: Table, what: str) -> None:
        self._sampler = sampler
        self._identity = settings.identity()
        self._seed = settings.seed
        self._table = table
        self._what = what

    def missing(self, questions: Iterable[SampleRequest]) -> list[SampleRequest]:
        """What has to be asked: the samples that are not stored, in runs without a gap."""
        return [
            replace(question, samples=samples) for question in questions for samples in self._missing_samples(question)
        ]

    def ask(self, questions: Iterable[SampleRequest]) -> Iterator[SampleRequest]:
        """Each question once all its samples are in the store: first those that are, then as they come.

        Nothing is asked before this is iterated.
        """
        parts = {question: self.missing([question]) for question in questions}
        owed = {question: sum(len(part.samples) for part in missing) for question, missing in parts.items()}
        yield from (question for question, samples in owed.items() if not samples)
        whole = {(part.task_id, i): question for question in parts for part in parts[question] for i in part.samples}
        answers = self._answers(list(chain.from_iterable(parts.values())))
        usage = TokenUsage()
        for answer in progress(answers, len(whole), self._what, "answers", note=_spent(usage)):
            usage.add(answer)
            question = whole[answer.task_id, answer.sample]
            owed[question] -= 1
            if not owed[question]:
                yield question
        assert not any(owed.values()), "a sampler that stops early has to say why"

    def answer(self, prompt: str, sample: int) -> Completion:
        """A stored answer; KeyError if it was not asked for."""
        row = self._table[self._key(prompt, sample)]
        return Completion(**{name: row[name] for name in _FIELDS})

    def _missing_samples(self, question: SampleRequest) -> Iterator[range]:
        start: int | None = None
        for sample in question.samples:
            stored = self._key(question.prompt, sample) in self._table
            if stored and start is not None:
                yield range(start, sample)
            start = None if stored else sample if start is None else start
        if start is not None:
            yield range(start, question.samples.stop)

    def _answers(self, questions: Sequence[SampleRequest]) -> Iterator[Completion]:
        prompts = {(q.task_id, sample): q.prompt for q in questions for sample in q.samples}
        for answers in self._sampler.sample(questions):
            keys = [(prompts[a.task_id, a.sample], a.sample) for a in answers]
            rows = {self._key(*key): self._row(key[0], answer) for key, answer in zip(keys, answers, strict=True)}
            self._table.add_all(rows)
            yield from answers

    def _row(self, prompt: str, answer: Completion) -> dict[str, Any]:
        return {
            **asdict(answer),
            "seed": self._seed + answer.sample,
            "prompt_sha256": hashlib.sha256(prompt.encode()).hexdigest(),
            "sampling": self._identity,
        }

    def _key(self, prompt: str, sample: int) -> str:
        return fingerprint("sample", self._identity, prompt, str(sample))


_FIELDS = tuple(Completion.__dataclass_fields__)


def _spent(usage: TokenUsage) -> Callable[[Completion], str]:
    return lambda _: f"{usage.prompt_tokens + usage.completion_tokens:,} tokens"
