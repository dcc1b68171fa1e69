"""What all samples of a process share: for each settings a store, an executor and a reranker."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from coderm_eval.benchmarks import Benchmark
from coderm_eval.benchmarks.grade import grade_programs
from coderm_eval.core.records import Grade, ProblemCandidates
from coderm_eval.core.store import Store, open_store
from coderm_eval.generation.cached_model import CachedModel
from coderm_eval.generation.models.base import Model
from coderm_eval.generation.settings import TestSettings
from coderm_eval.generation.write_tests import model_test_source
from coderm_eval.pipeline.online import open_reranker
from coderm_eval.pipeline.reranker import Reranked
from coderm_eval.pipeline.settings import DEFAULT_STORE, Settings

__all__ = ["Engine", "engine_of", "without_tests"]

_lock = threading.Lock()
_open = ExitStack()
_stores: dict[Path, Store] = {}
_engines: dict[str, Engine] = {}


class Engine:
    """Reranks and grades, in any number of threads; everything expensive passes through the store.

    Raises:
        CodermError: a setting that cannot be used, or an executor that does not work on this host.
    """

    def __init__(self, settings: Settings, store: Store, stack: ExitStack) -> None:
        self._settings = settings
        self._store = store
        self._reranker, self._executor = stack.enter_context(open_reranker(settings, store))

    def rerank(self, item: ProblemCandidates, writer: tuple[Model, TestSettings] | None = None) -> Reranked:
        """Have tests written and run, and pick.

        Args:
            writer: who writes the tests in place of whom the settings name, and the settings that describe it.

        Raises:
            CodermError: a model that does not answer; what it answered before is stored.
        """
        if writer is None:
            return self._reranker.rerank(item)
        model, tests = writer
        cached = CachedModel(model, tests, self._store.table("answers"), None)
        return self._reranker.rerank(item, model_test_source([item], tests, cached, self._settings.extraction))

    def grade(self, benchmark: Benchmark, task_id: str, programs: Sequence[str]) -> list[Grade]:
        """The grades of programs by the benchmark's own tests, in their order."""
        pairs = [(task_id, program) for program in programs]
        grades = grade_programs(benchmark, pairs, self._store, self._executor, bar=False)
        return [grades[pair] for pair in pairs]


def engine_of(settings: Settings) -> Engine:
    """The engine of these settings, which is started by the first who asks; in a thread, since that takes seconds.

    Raises:
        CodermError: as `Engine`.
    """
    with _lock:
        key = settings.model_dump_json()
        if key not in _engines:
            folder = (settings.store or DEFAULT_STORE).resolve()
            if folder not in _stores:
                _stores[folder] = _open.enter_context(open_store(folder))
            _engines[key] = Engine(settings, _stores[folder], _open)
        return _engines[key]


def without_tests(settings: Settings) -> Settings:
    """The settings of an engine whose tests the caller supplies, or that grades only."""
    return settings.model_copy(update={"tests": settings.tests.model_copy(update={"backend": "none"})})


atexit.register(_open.close)
