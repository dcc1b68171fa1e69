"""Stage 2: unit tests from a model that is shown a candidate, from a recorded file, or none at all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from coderm_eval.core.errors import InputError
from coderm_eval.core.files import write_jsonl
from coderm_eval.core.lazy import LazyMapping, task_ids
from coderm_eval.core.outputs import note_output
from coderm_eval.core.programs.forms import for_prompt
from coderm_eval.core.records import NO_TEST, Candidate, Problem, ProblemCandidates
from coderm_eval.core.store import Store, open_store
from coderm_eval.generation.cached_model import CachedModel
from coderm_eval.generation.models.registry import make_model
from coderm_eval.generation.prompts import prompt_for_tests
from coderm_eval.generation.recorded.readers import check_coverage, read_by_task
from coderm_eval.generation.recorded.usable_tests import require_tests
from coderm_eval.generation.settings import Extraction, TestPrompt, TestSettings
from coderm_eval.generation.shown_candidate import round_robin, shown_candidates
from coderm_eval.generation.test_sources import ModelTests, RecordedTests, TestSource

__all__ = [
    "DEFAULT_TESTS",
    "RunTests",
    "TestSupply",
    "check_tests_file",
    "make_test_model",
    "make_test_supplier",
    "model_test_source",
    "open_tests",
    "validate_test_settings",
    "write_tests",
]

log = logging.getLogger(__name__)

Source = TypeVar("Source", bound=TestSource)

DEFAULT_TESTS = 20
"""Test samples per problem that a model is asked for where tests.num is not set."""


@dataclass(frozen=True)
class TestSupply(Generic[Source]):
    """The source of a run's tests, and how many tests it has."""

    source: Source
    per_problem: int
    """Test samples that each problem gets."""
    shown: Mapping[str, Sequence[int | None]]
    """By task id, the samples whose programs the test prompts show, in turn; empty where no prompt is sent."""
    available: Mapping[str, int]
    """By task id, the test samples that exist; a task without an entry has as many as are requested."""

    def wanted(self, problems: Sequence[ProblemCandidates]) -> dict[str, range]:
        """All test samples of these problems, by task id."""
        return {item.problem.task_id: range(self.per_problem) for item in problems}


def validate_test_settings(settings: TestSettings) -> None:
    """Raise at once what would otherwise be raised after hours of sampling.

    Raises:
        SettingsError: no model is named. InputError: the tests file cannot be read.
    """
    if settings.backend == "file":
        read_by_task(_tests_file(settings), "test")
    elif settings.written:
        make_model(settings)


def check_tests_file(
    settings: TestSettings, tasks: Collection[str], known_tasks: Collection[str], *, benchmark: str, advice: str
) -> None:
    """Refuse recorded tests that lack some of the `tasks`, or are of others than the benchmark's `known_tasks`.

    Args:
        benchmark: its name, for the message.
        advice: what to do, for the message.

    Raises:
        InputError: names the tasks.
    """
    if settings.backend == "file":
        path = _tests_file(settings)
        lines = read_by_task(path, "test")
        check_coverage(path, lines, _expected(lines, tasks, known_tasks), benchmark, advice)


@dataclass(frozen=True)
class RunTests:
    """The tests of a run, of which some problems are reranked at a time."""

    per_problem: int
    """Test samples that each problem gets."""
    available: Mapping[str, int]
    """By task id, the test samples that exist; a task without an entry has as many as are requested."""
    of: Callable[[Sequence[ProblemCandidates]], TestSupply[Any]]
    """Makes the source of the tests of these problems."""


def open_tests(
    problems: Sequence[ProblemCandidates],
    settings: TestSettings,
    store: Store,
    *,
    extraction: Extraction,
    known_tasks: Collection[str],
    benchmark: str,
    allow_partial: bool,
) -> RunTests:
    """Check what the settings say of a run's tests; nothing is written yet.

    Args:
        problems: of the run.
        known_tasks: ids of all tasks of the benchmark; a tests file may hold tests of them all.
        benchmark: its name, for messages.
        allow_partial: whether a tests file may lack tasks, and hold tests of other tasks.

    Raises:
        SettingsError: no model is named. InputError: the tests file cannot be used.
    """
    if settings.backend == "file":
        return _recorded_tests(problems, settings, known_tasks, None if allow_partial else benchmark)
    if not settings.written:
        none = {item.problem.task_id: 0 for item in problems}
        return RunTests(0, none, lambda _: TestSupply(RecordedTests({}, {}), 0, {}, none))
    model = make_test_model(settings, store)
    per_problem = settings.num or DEFAULT_TESTS
    return RunTests(per_problem, {}, lambda some: model_test_source(some, settings, model, extraction))


def _recorded_tests(
    problems: Sequence[ProblemCandidates], settings: TestSettings, known_tasks: Collection[str], benchmark: str | None
) -> RunTests:
    """The tests of a file. Where `benchmark` is named, each is for a task of it, and no problem may lack a line."""
    path = _tests_file(settings)
    lines = _recorded_lines(path)
    log.debug("%s: %d tests of %d tasks", path, sum(map(len, lines.values())), len(lines))
    tasks = dict.fromkeys(task_ids(problems))
    if benchmark is not None:
        check_coverage(path, lines, _expected(lines, tasks, known_tasks), benchmark)
    require_tests(path, lines, (item.problem for item in problems))
    per_problem = settings.num or max(map(len, lines.values()))
    available = {task: len(lines.get(task, ())) for task in tasks}

    def of(some: Sequence[ProblemCandidates]) -> TestSupply[RecordedTests]:
        names = {item.problem.task_id: item.problem.entry_point for item in some}
        return TestSupply(RecordedTests(lines, names, settings.votes), per_problem, {}, available)

    return RunTests(per_problem, available, of)


def make_test_supplier(
    settings: TestSettings, store: Store, extraction: Extraction
) -> Callable[[ProblemCandidates], TestSupply[Any]]:
    """Return what makes the source of one problem's tests, for any problem and in any thread.

    Raises:
        SettingsError: no model is named. InputError: the tests file cannot be read.
    """
    if settings.written:
        model = make_test_model(settings, store, bar=False)
        return lambda item: model_test_source([item], settings, model, extraction)
    lines = _recorded_lines(_tests_file(settings)) if settings.backend == "file" else {}
    per_problem = settings.num or max(map(len, lines.values()), default=0)

    def supply(item: ProblemCandidates) -> TestSupply[RecordedTests]:
        task, own = item.problem.task_id, lines.get(item.problem.task_id, ())
        source = RecordedTests({task: own}, {task: item.problem.entry_point}, settings.votes)
        return TestSupply(source, per_problem, {}, {task: len(own)})

    return supply


def _recorded_lines(path: Path) -> Mapping[str, Sequence[str]]:
    """The tests of a file, by task id; none where its line says that there are none."""
    lines = read_by_task(path, "test")
    return LazyMapping(lines.keys(), lambda task: () if _has_none(lines[task]) else lines[task])


def _has_none(listed: Sequence[str]) -> bool:
    return len(listed) == 1 and listed[0] == NO_TEST


def make_test_model(settings: TestSettings, store: Store, *, bar: bool = True) -> CachedModel:
    """The model that writes tests, with the store behind it.

    Args:
        bar: whether its progress is shown.

    Raises:
        SettingsError: no model is named, or its package is not installed.
    """
    return CachedModel(make_model(settings), settings, store.table("answers"), "writing tests" if bar else None)


def model_test_source(
    problems: Sequence[ProblemCandidates], settings: TestSettings, model: CachedModel, extraction: Extraction
) -> TestSupply[ModelTests]:
    """Make a source of the tests that `model` writes, which `settings` describe."""
    shown = {
        item.problem.task_id: shown_candidates(item.candidates, item.problem, settings.shown_candidate)
        for item in problems
    }
    prompts = {
        item.problem.task_id: [
            _test_prompt(item.problem, candidate, settings.prompt) for candidate in shown[item.problem.task_id]
        ]
        for item in problems
    }
    source = ModelTests(
        model,
        prompts=prompts,
        entry_points={item.problem.task_id: item.problem.entry_point for item in problems},
        extraction=extraction,
        votes=settings.votes,
    )
    samples = {task: [c.samples[0] if c else None for c in candidates] for task, candidates in shown.items()}
    return TestSupply(source, settings.num or DEFAULT_TESTS, samples, {})


def write_tests(
    problems: Sequence[ProblemCandidates],
    settings: TestSettings,
    *,
    extraction: Extraction,
    out: Path,
    store_folder: Path,
) -> TestSource:
    """Have a model write tests for all problems, and write them to the file `out`, for `rerank --tests`.

    They are written whole, whatever `votes` is: the run that reads them takes them apart.

    Raises:
        CodermError: a model that does not answer; what it answered before is stored.
    """
    with open_store(store_folder) as store:
        whole = settings.model_copy(update={"votes": "class"})
        supply = model_test_source(problems, whole, make_test_model(whole, store), extraction)
        wanted = supply.wanted(problems)
        written = dict(supply.source(wanted))
        write_jsonl(out, _test_rows({task: written.get(task, ()) for task in wanted}, supply.shown))
        note_output(out, store)
    return supply.source


def _test_rows(
    written: Mapping[str, Sequence[tuple[int, str]]], shown: Mapping[str, Sequence[int | None]]
) -> Iterator[dict[str, Any]]:
    for task_id, tests in written.items():
        if not tests:
            yield {"task_id": task_id, "test": NO_TEST}
        for sample, source in tests:
            yield {"task_id": task_id, "test": source, "sample": sample, "shown": round_robin(shown[task_id], sample)}


def _test_prompt(problem: Problem, candidate: Candidate | None, prompt: TestPrompt) -> str:
    program = for_prompt(candidate.program, problem).strip() if candidate else None
    return prompt_for_tests(problem, program, prompt)


def _tests_file(settings: TestSettings) -> Path:
    if settings.file is None:
        raise InputError("tests.backend is 'file' but no file is named: give --tests or tests.file")
    return settings.file


def _expected(found: Collection[str], tasks: Collection[str], known: Collection[str]) -> list[str]:
    """The ids that a tests file has to have: the `tasks`, and which of the others it likes."""
    return [task for task in known if task in found or task in tasks]
