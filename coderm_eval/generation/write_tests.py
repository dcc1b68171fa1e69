"""A run's unit tests: from a recorded file, or from a model that is shown a candidate."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

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
from coderm_eval.generation.settings import Extraction, TestSettings
from coderm_eval.generation.shown_candidate import round_robin, shown_candidates
from coderm_eval.generation.test_sources import ModelTests, RecordedTests, TestSource

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


def validate_test_settings(settings: TestSettings) -> None:
    """Find out at once what would otherwise fail late.

    Raises:
        SettingsError: no test writer is named. InputError: the tests file cannot be read.
    """
    if settings.backend == "file":
        read_by_task(_tests_file(settings), "test")
    else:
        make_model(settings)


def make_test_source(
    problems: Sequence[ProblemCandidates],
    settings: TestSettings,
    store: Store,
    *,
    extraction: Extraction,
    known_tasks: Collection[str],
    benchmark: str,
    allow_partial: bool,
) -> TestSupply[Any]:
    """The tests that the settings ask for; nothing is written yet.

    Args:
        known_tasks: ids of all tasks of the benchmark, of which a tests file may hold more than `problems` are.
        benchmark: its name, for messages.
        allow_partial: whether a tests file may name tasks that the benchmark does not have.

    Raises:
        SettingsError: no test writer is named. InputError: the tests file cannot be used.
    """
    if settings.backend != "file":
        return model_test_source(problems, settings, store, extraction)
    path = _tests_file(settings)
    lines = read_by_task(path, "test")
    if not allow_partial:
        check_coverage(path, lines, [task for task in lines if task in known_tasks], benchmark)
    entry_points = {item.problem.task_id: item.problem.entry_point for item in problems}
    _require_tests(path, lines, entry_points)
    per_problem = settings.num or max(map(len, lines.values()))
    available = {task: len(lines.get(task, ())) for task in entry_points}
    return TestSupply(RecordedTests(lines, entry_points), per_problem, {}, available)


def model_test_source(
    work: Sequence[ProblemCandidates], settings: TestSettings, store: Store, extraction: Extraction
) -> TestSupply[ModelTests]:
    """Tests of a model, by way of the store."""
    shown = {w.problem.task_id: shown_candidates(w.candidates, w.problem, settings.shown_candidate) for w in work}
    sampler = make_model(settings)
    source = ModelTests(
        CachedModel(sampler, settings, store.table("answers"), "writing tests"),
        prompts={
            w.problem.task_id: [_prompt(w, candidate) for candidate in candidates]
            for w in work
            if (candidates := shown[w.problem.task_id])
        },
        entry_points={w.problem.task_id: w.problem.entry_point for w in work},
        how=extraction,
    )
    samples = {task: [c.samples[0] if c else None for c in candidates] for task, candidates in shown.items()}
    return TestSupply(source, settings.num or DEFAULT_TESTS, samples, {})


def write_tests(
    work: Sequence[ProblemCandidates],
    settings: TestSettings,
    *,
    extraction: Extraction,
    out: Path,
    store_folder: Path,
) -> TestSource:
    """Have a model write tests for all of `work`, and write them to the file `out`, for `rerank --tests`.

    Raises:
        CodermError: a model that does not answer; what it answered is stored.
    """
    with Store(store_folder) as store:
        tests = model_test_source(work, settings, store, extraction)
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


def _tests_file(settings: TestSettings) -> Path:
    if settings.file is None:
        raise InputError("tests.backend is 'file' but no file is named: give --tests or tests.file")
    return settings.file


def _require_tests(path: Path, lines: Mapping[str, Sequence[str]], entry_points: Mapping[str, str]) -> None:
    """Refuse a file without any test for these tasks. One task may have none: its pick is then the first candidate."""
    if not any(recorded_tests(t, name).sources for task, name in entry_points.items() for t in lines.get(task, ())):
        raise InputError(
            f"{path}: no unittest.TestCase class and no assert in any line for the tasks of this run; "
            'expected {"task_id": "...", "test": "import unittest ..."}'
        )
