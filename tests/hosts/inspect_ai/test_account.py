"""What a sample's record says of its pick, and that the record is read back."""

from __future__ import annotations

import json

import numpy as np

from coderm_eval.core.records import Candidate, Probes, Problem, RerankResult, Selection, UnitTest, Verdicts
from coderm_eval.generation.test_sources import TestWritingStats
from coderm_eval.hosts.inspect_ai.account import Picked, read_result
from coderm_eval.pipeline.reranker import Reranked

PROBLEM = Problem("t", "f", "", "")


def reranked(rule: str, *, tests: int, agree: bool = False) -> Reranked:
    """Two programs, the second of which passes everything."""
    matrix = np.array([[1] * tests, [0] * tests], dtype=np.uint8)
    verdicts = Verdicts(matrix, np.zeros((2, tests)), np.zeros((2, tests), dtype=np.int64))
    probes = Probes((0, 1), Verdicts(np.zeros((2, 1), np.uint8), np.zeros((2, 1)), np.zeros((2, 1), np.int64)))
    selection = Selection(rule, 1, (float("nan"), 1.0), (1,), tests, "limit", 0.5)
    candidates = (Candidate("a", (0,)), Candidate("b", (1, 2)))
    written = tuple(UnitTest(f"T{n}", (n,)) for n in range(tests))
    result = RerankResult(PROBLEM, candidates, written, verdicts, {rule: selection}, probes if agree else None)
    return Reranked(result, TestWritingStats())


def test_a_record_is_json_and_is_read_back() -> None:
    found = reranked("majority", tests=2)
    picked = Picked(3, "majority", found, None)
    assert picked.why() == "majority picked answer 1 of 3, whose program was written 2 times and passes 2 of 2 tests"
    record = json.loads(json.dumps(picked.record(["x", "y", "y"]), allow_nan=False))
    again = read_result(record, PROBLEM)
    assert again.candidates == found.result.candidates
    selection = again.selections["majority"]
    assert (selection.chosen, selection.ties, selection.tests_used) == (1, (1,), 2)
    assert record["votes"][0] == {"answers": [0], "votes": 0, "reward": None}
