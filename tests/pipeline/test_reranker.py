"""Reranking problem by problem, many at once: the picks of a run, from one executor and one store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from coderm_eval.benchmarks import demo, load_benchmark
from coderm_eval.core.errors import SettingsError
from coderm_eval.core.records import ProblemCandidates, Verdict, deduplicate_candidates
from coderm_eval.core.store import open_store
from coderm_eval.generation.recorded.samples import read_candidates
from coderm_eval.pipeline.online import open_reranker
from coderm_eval.pipeline.recorded_run import run_recorded
from coderm_eval.pipeline.settings import load_settings

SETTINGS = {"tests": {"file": str(demo.TESTS)}, "budget": {"policy": "uniform"}, "execution": {"workers": 2}}


def _items() -> list[ProblemCandidates]:
    benchmark = load_benchmark("demo", None)
    problems = benchmark.problem_by_id()
    return read_candidates(demo.SAMPLES, problems, benchmark="demo", n=None, allow_partial=False)


def test_the_picks_are_those_of_a_run(tmp_path: Path) -> None:
    settings = load_settings(SETTINGS, source="test")
    benchmark = load_benchmark("demo", None)
    whole = run_recorded(
        benchmark, demo.SAMPLES, settings, tmp_path / "run", graded=False, allow_partial=False, overwrite=False
    )
    with (
        open_store(tmp_path / "store") as store,
        open_reranker(settings, store) as (reranker, _),
        ThreadPoolExecutor(8) as threads,
    ):
        found = list(threads.map(lambda item: reranker.rerank(item).result, _items()))
    assert [result.selections for result in found] == [result.selections for result in whole.results]
    assert [result.verdicts.rows() for result in found] == [result.verdicts.rows() for result in whole.results]


def test_what_the_store_holds_is_not_run_again(tmp_path: Path) -> None:
    settings = load_settings(SETTINGS, source="test")
    item = _items()[0]
    with open_store(tmp_path) as store:
        with open_reranker(settings, store) as (reranker, _):
            first = reranker.rerank(item).result
        rows = len(store.table("verdicts"))
        with open_reranker(settings, store) as (reranker, _):
            assert reranker.rerank(item).result.selections == first.selections
        assert len(store.table("verdicts")) == rows > 0


def test_a_problem_without_tests_is_picked_without_a_verdict(tmp_path: Path) -> None:
    settings = load_settings(SETTINGS, source="test")
    item = _items()[0]
    other = ProblemCandidates(item.problem, deduplicate_candidates(["def f():\n    pass\n"]))
    unknown = ProblemCandidates(type(item.problem)("nobody/0", "f", "", ""), other.candidates)
    with open_store(tmp_path) as store, open_reranker(settings, store) as (reranker, _):
        result = reranker.rerank(unknown).result
    assert result.selections["evidence"].chosen == 0
    assert result.selections["evidence"].stopped == "no tests"
    assert Verdict.PASSED not in result.verdicts.matrix


def test_a_budget_that_needs_the_whole_benchmark_is_refused(tmp_path: Path) -> None:
    settings = load_settings({**SETTINGS, "budget": {"policy": "greedy", "rates": "oracle"}}, source="test")
    with (
        open_store(tmp_path) as store,
        pytest.raises(SettingsError, match=r"budget\.rates is 'oracle'"),
        open_reranker(settings, store),
    ):
        pass
