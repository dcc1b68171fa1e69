"""Where the loop gets its tests from: a recorded file, or a model whose answers the store keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from coderm_eval.generation.cached_model import CachedModel, TokenUsage
from coderm_eval.generation.extraction.unit_tests import Extracted, extract_tests, recorded_tests
from coderm_eval.generation.models.base import CONTEXT_OVERFLOW, SampleRequest
from coderm_eval.generation.settings import Extraction
from coderm_eval.generation.shown_candidate import round_robin

__all__ = ["PROMPT_TOO_LONG", "ModelTests", "RecordedTests", "TestSource", "TestWritingStats", "TestsOfTask"]

PROMPT_TOO_LONG = "prompt too long for the model"

TestsOfTask = tuple[str, list[tuple[int, str]]]
"""(task id, (sample index, test source))."""


@dataclass
class TestWritingStats:
    """What became of the test samples; filled while they are read."""

    samples: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    """Samples without a usable test, by reason."""
    truncated: int = 0
    """Answers that the limit of tokens cut off."""
    truncated_but_usable: int = 0
    usage: TokenUsage = field(default_factory=TokenUsage)


class TestSource:
    """Base of both: turns raw test samples into sources, and counts what it could not use."""

    def __init__(self, entry_points: Mapping[str, str]) -> None:
        self.entry_points = entry_points
        self.tally = TestWritingStats()

    def __call__(self, wanted: Mapping[str, range]) -> Iterator[TestsOfTask]:
        """Each problem's tests once all its samples are there, in any order; none of a problem without a prompt."""
        raise NotImplementedError

    def _take(self, sample: int, extracted: Extracted) -> Iterator[tuple[int, str]]:
        self.tally.samples += 1
        if extracted.rejected:
            self.tally.rejected[extracted.rejected] += 1
        for source in extracted.sources:
            yield sample, source


class RecordedTests(TestSource):
    """Tests of a file, by line; `lines` is {task id: test sources in file order}."""

    def __init__(self, lines: Mapping[str, list[str]], entry_points: Mapping[str, str]) -> None:
        super().__init__(entry_points)
        self.lines = lines

    def __call__(self, wanted: Mapping[str, range]) -> Iterator[TestsOfTask]:
        for task_id, indices in wanted.items():
            lines = self.lines.get(task_id, ())
            there = [sample for sample in indices if sample < len(lines)]
            yield task_id, [test for sample in there for test in self._read(task_id, sample, lines[sample])]

    def _read(self, task_id: str, sample: int, line: str) -> Iterator[tuple[int, str]]:
        return self._take(sample, recorded_tests(line, self.entry_points[task_id]))


class ModelTests(TestSource):
    """Tests from a model, through a store.

    Args:
        prompts: {task id: prompts}, which samples take in turn; a problem for which there is nothing to ask is missing.
    """

    def __init__(
        self,
        sampler: CachedModel,
        *,
        prompts: Mapping[str, Sequence[str]],
        entry_points: Mapping[str, str],
        how: Extraction,
    ) -> None:
        super().__init__(entry_points)
        self.sampler = sampler
        self.prompts = prompts
        self.how = how

    def __call__(self, wanted: Mapping[str, range]) -> Iterator[TestsOfTask]:
        questions = list(self.questions(wanted))
        owed = Counter(question.task_id for question in questions)
        for question in self.sampler.ask(questions):
            task_id = question.task_id
            owed[task_id] -= 1
            if not owed[task_id]:
                yield task_id, [test for sample in wanted[task_id] for test in self._read(task_id, sample)]

    def questions(self, wanted: Mapping[str, range]) -> Iterator[SampleRequest]:
        """What has to be asked, or was, for these samples."""
        for task_id, indices in wanted.items():
            prompts = self.prompts.get(task_id, ())
            if len(prompts) == 1:
                yield SampleRequest(task_id, prompts[0], indices)
            elif prompts:
                yield from (SampleRequest(task_id, self._prompt(task_id, i), range(i, i + 1)) for i in indices)

    def _prompt(self, task_id: str, sample: int) -> str:
        return round_robin(self.prompts[task_id], sample)

    def _read(self, task_id: str, sample: int) -> Iterator[tuple[int, str]]:
        answer = self.sampler.answer(self._prompt(task_id, sample), sample)
        truncated = answer.finish_reason == "length"
        self.tally.truncated += truncated
        self.tally.usage.add(answer)
        if answer.finish_reason == CONTEXT_OVERFLOW:
            return self._take(sample, Extracted((), PROMPT_TOO_LONG))
        extracted = extract_tests(answer.text, self.entry_points[task_id], self.how, truncated=truncated)
        self.tally.truncated_but_usable += truncated and not extracted.rejected
        return self._take(sample, extracted)
