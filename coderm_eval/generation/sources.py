"""Where the loop gets its tests from: a recorded file, or a model whose answers the store keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field

from coderm_eval.generation.answers import Answer, Question, TestWriter
from coderm_eval.generation.extraction import Extraction
from coderm_eval.generation.unit_tests import Extracted, extract_tests, recorded_tests
from coderm_eval.records import fingerprint
from coderm_eval.store import Table

__all__ = ["ModelTests", "RecordedTests", "TestSource", "TestTally", "TestsByTask"]

TestsByTask = dict[str, list[tuple[int, str]]]
"""{task id: (sample index, test source)}."""


@dataclass
class TestTally:
    """What became of the test samples; filled while they are read."""

    samples: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    """Samples without a usable test, by reason."""
    truncated: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0


class TestSource:
    """Base of both: turns raw test samples into sources, and counts what it could not use."""

    def __init__(self, entry_points: Mapping[str, str]) -> None:
        self.entry_points = entry_points
        self.tally = TestTally()

    def __call__(self, wanted: Mapping[str, range]) -> TestsByTask:
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

    def __call__(self, wanted: Mapping[str, range]) -> TestsByTask:
        return {
            task_id: [
                test
                for sample in indices
                if sample < len(self.lines.get(task_id, ()))
                for test in self._take(sample, recorded_tests(self.lines[task_id][sample], self.entry_points[task_id]))
            ]
            for task_id, indices in wanted.items()
        }


class ModelTests(TestSource):
    """Tests from a model; only samples that the store does not hold yet are asked for."""

    def __init__(
        self,
        writer: TestWriter,
        table: Table,
        *,
        prompts: Mapping[str, str],
        entry_points: Mapping[str, str],
        how: Extraction,
        progress: Callable[[Iterable[Answer], int], Iterable[Answer]],
    ) -> None:
        """`prompts` lacks the problems for which there is nothing to ask; `progress` wraps (answers, total)."""
        super().__init__(entry_points)
        self.writer = writer
        self.table = table
        self.prompts = prompts
        self.how = how
        self.progress = progress

    def __call__(self, wanted: Mapping[str, range]) -> TestsByTask:
        wanted = {task: indices for task, indices in wanted.items() if task in self.prompts}
        self._ask_for_missing(wanted)
        return {
            task_id: [test for sample in indices for test in self._read(task_id, sample)]
            for task_id, indices in wanted.items()
        }

    def _ask_for_missing(self, wanted: Mapping[str, range]) -> None:
        questions = []
        for task_id, indices in wanted.items():
            missing = (i for i in indices if self._key(task_id, i) not in self.table)
            if (first := next(missing, None)) is not None:
                rest = range(first, indices.stop)
                questions.append(Question(task_id, self.prompts[task_id], rest))
        total = sum(len(question.samples) for question in questions)
        for answer in self.progress(self.writer.write(questions), total):
            self.table.add(self._key(answer.task_id, answer.sample), asdict(answer))

    def _read(self, task_id: str, sample: int) -> Iterator[tuple[int, str]]:
        row = self.table[self._key(task_id, sample)]
        self.tally.truncated += row["finish_reason"] == "length"
        self.tally.prompt_tokens += row["prompt_tokens"]
        self.tally.completion_tokens += row["tokens"]
        self.tally.seconds += row["seconds"]
        return self._take(sample, extract_tests(row["text"], self.entry_points[task_id], self.how))

    def _key(self, task_id: str, sample: int) -> str:
        return fingerprint("test", self.writer.identity(), self.prompts[task_id], str(sample))
