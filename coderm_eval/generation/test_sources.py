"""The sources of tests: a recorded file, or a model whose completions the store keeps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from coderm_eval.core.protocols import Written
from coderm_eval.generation.cached_model import CachedModel, TokenUsage
from coderm_eval.generation.extraction.method_tests import by_method
from coderm_eval.generation.extraction.unit_tests import Extracted, extract_tests, recorded_tests
from coderm_eval.generation.models.base import CONTEXT_OVERFLOW, SampleRequest
from coderm_eval.generation.settings import Extraction, Votes
from coderm_eval.generation.shown_candidate import round_robin

__all__ = ["PROMPT_TOO_LONG", "ModelTests", "RecordedTests", "TestSource", "TestWritingStats"]

PROMPT_TOO_LONG = "prompt too long for the model"


@dataclass
class TestWritingStats:
    """Counts of test samples, and of those that could not be used; filled while samples are read."""

    samples: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    """Samples without a usable test, by reason."""
    examples: dict[str, tuple[str, int]] = field(default_factory=dict)
    """For each of these reasons a task and the index of a sample, the first in the order of both."""
    truncated: int = 0
    """Answers that the limit of tokens cut off."""
    truncated_but_usable: int = 0
    usage: TokenUsage = field(default_factory=TokenUsage)

    def reject(self, reason: str, task_id: str, sample: int) -> None:
        self.rejected[reason] += 1
        self.examples[reason] = min((task_id, sample), self.examples.get(reason, (task_id, sample)))

    @classmethod
    def total(cls, parts: Iterable[TestWritingStats]) -> TestWritingStats:
        """The counts of several together."""
        whole = cls()
        for part in parts:
            whole.samples += part.samples
            whole.rejected += part.rejected
            whole.truncated += part.truncated
            whole.truncated_but_usable += part.truncated_but_usable
            whole.usage.prompt_tokens += part.usage.prompt_tokens
            whole.usage.completion_tokens += part.usage.completion_tokens
            whole.usage.seconds += part.usage.seconds
            whole.usage.models |= part.usage.models
            for reason, example in part.examples.items():
                whole.examples[reason] = min(example, whole.examples.get(reason, example))
        return whole


class TestSource(ABC):
    """Turns raw test samples into the sources of tests, and counts those that it could not use."""

    def __init__(self, entry_points: Mapping[str, str], votes: Votes) -> None:
        self._entry_points = entry_points
        self._votes = votes
        self.stats_by_task: defaultdict[str, TestWritingStats] = defaultdict(TestWritingStats)

    @property
    def stats(self) -> TestWritingStats:
        """The counts of all tasks together."""
        return TestWritingStats.total(self.stats_by_task.values())

    @abstractmethod
    def __call__(self, wanted: Mapping[str, range]) -> Iterator[Written]:
        """Yield each problem's tests once all its samples are there, in any order; no problem without a prompt."""

    def _count(self, task_id: str, sample: int, extracted: Extracted) -> list[tuple[int, str]]:
        """The tests of a sample, which is counted."""
        stats = self.stats_by_task[task_id]
        stats.samples += 1
        if extracted.rejected:
            stats.reject(extracted.rejected, task_id, sample)
        return [(sample, vote) for source in extracted.sources for vote in self._parts(source)]

    def _parts(self, source: str) -> Sequence[str]:
        """The tests that vote in place of a test."""
        return by_method(source) if self._votes == "method" else (source,)


class RecordedTests(TestSource):
    """Tests of a file; `lines` is {task id: test sources in file order}."""

    def __init__(
        self, lines: Mapping[str, Sequence[str]], entry_points: Mapping[str, str], votes: Votes = "class"
    ) -> None:
        super().__init__(entry_points, votes)
        self._lines = lines

    def __call__(self, wanted: Mapping[str, range]) -> Iterator[Written]:
        for task_id, samples in wanted.items():
            lines = self._lines.get(task_id, ())
            recorded = [sample for sample in samples if sample < len(lines)]
            yield task_id, [test for sample in recorded for test in self._tests_of_line(task_id, sample, lines[sample])]

    def _tests_of_line(self, task_id: str, sample: int, line: str) -> list[tuple[int, str]]:
        return self._count(task_id, sample, recorded_tests(line, self._entry_points[task_id]))


class ModelTests(TestSource):
    """Tests that a model writes.

    Args:
        prompts: {task id: prompts}, which samples take in turn; a problem for which there is nothing to ask is missing.
    """

    def __init__(
        self,
        model: CachedModel,
        *,
        prompts: Mapping[str, Sequence[str]],
        entry_points: Mapping[str, str],
        extraction: Extraction,
        votes: Votes = "class",
    ) -> None:
        super().__init__(entry_points, votes)
        self.model = model
        self._prompts = prompts
        self._extraction = extraction

    def __call__(self, wanted: Mapping[str, range]) -> Iterator[Written]:
        requests = list(self.requests(wanted))
        pending = Counter(request.task_id for request in requests)
        for request in self.model.sample(requests):
            task_id = request.task_id
            pending[task_id] -= 1
            if not pending[task_id]:
                yield task_id, [test for sample in wanted[task_id] for test in self._tests_of_sample(task_id, sample)]

    def requests(self, wanted: Mapping[str, range]) -> Iterator[SampleRequest]:
        """Yield the requests for these samples, stored or not."""
        for task_id, samples in wanted.items():
            prompts = self._prompts.get(task_id, ())
            if len(prompts) == 1:
                yield SampleRequest(task_id, prompts[0], samples)
            elif prompts:
                yield from (SampleRequest(task_id, round_robin(prompts, i), range(i, i + 1)) for i in samples)

    def _tests_of_sample(self, task_id: str, sample: int) -> list[tuple[int, str]]:
        completion = self.model.completion(round_robin(self._prompts[task_id], sample), sample)
        truncated, stats = completion.finish_reason == "length", self.stats_by_task[task_id]
        stats.truncated += truncated
        stats.usage.add(completion)
        if completion.finish_reason == CONTEXT_OVERFLOW:
            return self._count(task_id, sample, Extracted((), PROMPT_TOO_LONG))
        extracted = extract_tests(completion.text, self._entry_points[task_id], self._extraction, truncated=truncated)
        stats.truncated_but_usable += truncated and not extracted.rejected
        return self._count(task_id, sample, extracted)
