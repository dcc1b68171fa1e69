"""Reranking problem by problem, many at once: the picks of a run, from one executor and one store."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from helpers.stores import verdicts_stored

from coderm_eval.benchmarks import demo, load_benchmark
from coderm_eval.core.errors import SettingsError
from coderm_eval.core.records import ProblemCandidates, Verdict, deduplicate_candidates
from coderm_eval.core.store import open_store
from coderm_eval.generation.recorded.samples import read_candidates
from coderm_eval.pipeline.online import open_reranker
from coderm_eval.pipeline.recorded_run import run_recorded
from coderm_eval.pipeline.settings import load_settings
from coderm_eval.report.rows import verdict_row

FEW = 6
"""Candidates and tests of each of the demo's 14 problems: with all 16 two runs of its cells take ten seconds."""

SETTINGS = {
    "n": FEW,
    "tests": {"file": str(demo.TESTS)},
    "budget": {"policy": "uniform", "average": FEW},
    "execution": {"workers": 1, "timeout_s": 0.25},  # for the demo's endless loops, of which there are two runs
}


def _items() -> Sequence[ProblemCandidates]:
    benchmark = load_benchmark("demo", None)
    problems = benchmark.problem_by_id()
    return read_candidates(demo.SAMPLES, problems, benchmark="demo", n=FEW, allow_partial=False)


def test_the_picks_are_those_of_a_run(tmp_path: Path) -> None:
    settings = load_settings(SETTINGS, source="test")
    benchmark = load_benchmark("demo", None)
    report = run_recorded(
        benchmark, demo.SAMPLES, settings, tmp_path / "run", graded=False, allow_partial=False, overwrite=False
    )
    whole = report.directory.rows("verdicts.jsonl")
    with (
        open_store(tmp_path / "store") as store,
        open_reranker(settings, store) as (reranker, _),
        ThreadPoolExecutor(8) as threads,
    ):
        found = list(threads.map(lambda item: reranker.rerank(item).result, _items()))
    assert [_picks(json.loads(json.dumps(verdict_row(result, {})))) for result in found] == [*map(_picks, whole)]


def test_what_the_store_holds_is_not_run_again(tmp_path: Path) -> None:
    settings = load_settings(SETTINGS, source="test")
    item = _items()[0]
    with open_store(tmp_path) as store:
        with open_reranker(settings, store) as (reranker, _):
            first = reranker.rerank(item).result
        cells = verdicts_stored(tmp_path)
        with open_reranker(settings, store) as (reranker, _):
            assert reranker.rerank(item).result.selections == first.selections
        assert verdicts_stored(tmp_path) == cells > 0


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


def _picks(row: dict[str, Any]) -> dict[str, Any]:
    """Verdicts and picks; rewards rest on probing inputs as well, whose limit of CPU time is short."""
    chosen = {rule: pick["chosen"] for rule, pick in row["selections"].items()}
    return {**{key: row[key] for key in ("task_id", "candidates", "tests", "verdicts")}, "chosen": chosen}
