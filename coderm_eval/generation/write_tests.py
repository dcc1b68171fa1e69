"""A run's unit tests: from a recorded file, or from a model that is shown a candidate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from coderm_eval.benchmarks import Benchmark
from coderm_eval.core.errors import InputError
from coderm_eval.core.files import write_jsonl
from coderm_eval.core.programs.forms import for_prompt
from coderm_eval.core.records import Candidate, ProblemCandidates
from coderm_eval.core.store import Store
from coderm_eval.generation.cached_model import CachedModel
from coderm_eval.generation.extraction.unit_tests import recorded_tests
from coderm_eval.generation.models.registry import make_model
from coderm_eval.generation.prompts import unit_test_prompt
from coderm_eval.generation.recorded.readers import check_coverage, read_by_task
from coderm_eval.generation.shown_candidate import round_robin, shown_candidates
from coderm_eval.generation.test_sources import ModelTests, RecordedTests, TestSource
from coderm_eval.pipeline.settings import Settings

__all__ = [
    "DEFAULT_TESTS",
    "TestSupply",
    "make_test_source",
    "model_test_source",
    "validate_test_settings",
    "write_tests",
]

Source = TypeVar("Source", bound=TestSource)

DEFAULT_TESTS = 20
"""Tests per problem asked of a model where tests.num is not set."""


@dataclass(frozen=True)
class TestSupply(Generic[Source]):
    """Where a run's tests come from."""

    source: Source
    per_problem: int
    """Test samples that each problem gets."""
    shown: Mapping[str, Sequence[int | None]]
    """The samples whose programs each problem's test prompts show, in turn; none where no prompt is sent."""
    available: Mapping[str, int]
    """Test samples that there are of each problem, by task id; without an entry as many as one asks for."""

    def wanted(self, work: Sequence[ProblemCandidates]) -> dict[str, range]:
        """All test samples of all of `work`."""
        return {item.problem.task_id: range(self.per_problem) for item in work}


def validate_test_settings(settings: Settings) -> None:
    """Find out at once what would otherwise fail late.

    Raises:
        SettingsError: no test writer is named. InputError: the tests file cannot be read.
    """
    if settings.tests.backend == "file":
        read_by_task(_tests_file(settings), "test")
    else:
        make_model(settings.tests)


def make_test_source(
    benchmark: Benchmark, work: Sequence[ProblemCandidates], settings: Settings, store: Store, *, allow_partial: bool
) -> TestSupply[Any]:
    """The tests that the settings ask for; nothing is written yet."""
    if settings.tests.backend != "file":
        return model_test_source(work, settings, store)
    entry_points = {item.problem.task_id: item.problem.entry_point for item in work}
    lines = _recorded_lines(benchmark, entry_points, _tests_file(settings), allow_partial)
    per_problem = settings.tests.num or max(map(len, lines.values()))
    available = {task: len(lines.get(task, ())) for task in entry_points}
    return TestSupply(RecordedTests(lines, entry_points), per_problem, {}, available)


def model_test_source(work: Sequence[ProblemCandidates], settings: Settings, store: Store) -> TestSupply[ModelTests]:
    """Tests of a model, by way of the store."""
    shown = {w.problem.task_id: shown_candidates(w.candidates, w.problem, settings.tests.condition) for w in work}
    sampler = make_model(settings.tests)
    source = ModelTests(
        CachedModel(sampler, settings.tests, store.table("answers"), "writing tests"),
        prompts={
            w.problem.task_id: [_prompt(w, candidate) for candidate in candidates]
            for w in work
            if (candidates := shown[w.problem.task_id])
        },
        entry_points={w.problem.task_id: w.problem.entry_point for w in work},
        how=settings.extraction,
    )
    samples = {task: [c.samples[0] if c else None for c in candidates] for task, candidates in shown.items()}
    return TestSupply(source, settings.tests.num or DEFAULT_TESTS, samples, {})


def write_tests(work: Sequence[ProblemCandidates], settings: Settings, *, out: Path, store_folder: Path) -> TestSource:
    """Have a model write tests for all of `work`, and write them to the file `out`, for `rerank --tests`.

    Raises:
        CodermError: a model that does not answer; what it answered is stored.
    """
    with Store(store_folder) as store:
        tests = model_test_source(work, settings, store)
        wanted = tests.wanted(work)
        written = dict(tests.source(wanted))
    write_jsonl(out, _rows({task: written[task] for task in wanted if task in written}, tests.shown))
    return tests.source


def _rows(
    written: Mapping[str, Sequence[tuple[int, str]]], shown: Mapping[str, Sequence[int | None]]
) -> Iterator[dict[str, Any]]:
    for task_id, tests in written.items():
        for sample, source in tests:
            yield {"task_id": task_id, "test": source, "sample": sample, "shown": round_robin(shown[task_id], sample)}


def _prompt(work: ProblemCandidates, candidate: Candidate | None) -> str:
    shown = for_prompt(candidate.program, work.problem).strip() if candidate else None
    return unit_test_prompt(work.problem.question, shown)


def _tests_file(settings: Settings) -> Path:
    if settings.tests.file is None:
        raise InputError("tests.backend is 'file' but no file is named: give --tests or tests.file")
    return settings.tests.file


def _recorded_lines(
    benchmark: Benchmark, entry_points: Mapping[str, str], path: Path, allow_partial: bool
) -> dict[str, list[str]]:
    """The lines of the tests file, by task. A task may have none: its pick is then the first candidate."""
    lines = read_by_task(path, "test")
    if not allow_partial:
        known = benchmark.problem_by_id()
        check_coverage(path, lines, [task for task in lines if task in known], benchmark.name)
    if not any(recorded_tests(t, name).sources for task, name in entry_points.items() for t in lines.get(task, ())):
        raise InputError(
            f"{path}: no unittest.TestCase class and no assert in any line for the tasks of this run; "
            'expected {"task_id": "...", "test": "import unittest ..."}'
        )
    return lines
