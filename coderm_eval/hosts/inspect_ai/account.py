"""What became of a sample's answers, as inspect's log and viewer have it; and read back, to be scored."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from coderm_eval.core.messages import counted
from coderm_eval.core.records import Candidate, Problem, RerankResult, Selection, Verdict, Verdicts
from coderm_eval.hosts.grounds import Fallback, json_number, votes
from coderm_eval.pipeline.reranker import Reranked

__all__ = ["KEY", "Picked", "read_result"]

KEY = "coderm"
"""Under which a sample's metadata and its store have it."""


@dataclass(frozen=True)
class Picked:
    """A sample's N answers and the one that was picked."""

    n: int
    rule: str
    reranked: Reranked | None
    """None where no problem was found in the messages."""
    fallback: Fallback | None

    @property
    def chosen(self) -> int:
        """The index of the answer that was picked."""
        if self.reranked is None:
            return 0
        return self.reranked.result.candidates[self._selection.chosen].samples[0]

    @property
    def not_run(self) -> int:
        """Executions that could not be run."""
        return 0 if self.reranked is None else int(np.count_nonzero(self.reranked.result.verdicts.matrix == _NOT_RUN))

    @property
    def _selection(self) -> Selection:
        assert self.reranked is not None
        return self.reranked.result.selections[self.rule]

    def why(self) -> str:
        """A sentence that says how the answer was picked."""
        if self.reranked is None or (self.fallback and self.fallback.to == "first"):
            assert self.fallback
            return f"the first of {self.n} answers, as {self.fallback.reason}"
        result, selection = self.reranked.result, self._selection
        size = result.candidates[selection.chosen].multiplicity
        by = f"{self.rule} picked answer {self.chosen} of {self.n}, whose program was written {counted(size, 'time')}"
        if self.fallback:
            return f"{by}, by how answers agree, as {self.fallback.reason}"
        if not result.tests:
            return f"{by}, by how answers agree"
        return f"{by} and passes {votes(result)[selection.chosen]} of {_tests(result)} tests"

    def summary(self) -> dict[str, Any]:
        """The metadata of the sample: what fits on a screen."""
        short: dict[str, Any] = {
            "why": self.why(),
            "n": self.n,
            "rule": self.rule,
            "chosen": self.chosen,
            "fallback": self.fallback.to if self.fallback else None,
            "not_run": self.not_run,
        }
        if self.reranked is None:
            return short
        result, written, selection = self.reranked.result, self.reranked.written, self._selection
        return {
            **short,
            "confidence": selection.confidence,
            "entry_point": result.problem.entry_point,
            "form": result.problem.form,
            "tests": {
                "used": selection.tests_used,
                "usable": _tests(result),
                "rejected": dict(sorted(written.rejected.items())),
                "stopped": selection.stopped,
            },
            "votes": [
                {"answers": list(candidate.samples), "votes": passed, "reward": json_number(reward)}
                for candidate, passed, reward in zip(result.candidates, votes(result), selection.rewards, strict=True)
            ],
        }

    def record(self, answers: Sequence[str]) -> dict[str, Any]:
        """The whole, for the store of the sample: `read_result` reads it."""
        whole = {**self.summary(), "answers": list(answers)}
        if self.reranked is None:
            return whole
        result = self.reranked.result
        return {
            **whole,
            "task_id": result.problem.task_id,
            "candidates": [{"program": c.program, "samples": list(c.samples)} for c in result.candidates],
            "tests_written": [{"source": test.source, "samples": list(test.samples)} for test in result.tests],
            "verdicts": result.verdicts.rows(),
            "selections": {rule: _selection_row(found) for rule, found in result.selections.items()},
        }


def read_result(record: Mapping[str, Any], problem: Problem) -> RerankResult:
    """The candidates and the picks that a record has; without tests and verdicts, which no score needs.

    Raises:
        KeyError: it has none, as where no problem was found.
    """
    candidates = tuple(Candidate(row["program"], tuple(row["samples"])) for row in record["candidates"])
    selections = {rule: _selection(rule, row) for rule, row in record["selections"].items()}
    return RerankResult(problem, candidates, (), Verdicts.not_run(len(candidates), 0), selections)


_NOT_RUN = Verdict.NOT_RUN


def _selection_row(selection: Selection) -> dict[str, Any]:
    return {
        "chosen": selection.chosen,
        "rewards": [json_number(reward) for reward in selection.rewards],
        "ties": list(selection.ties),
        "tests_used": selection.tests_used,
        "stopped": selection.stopped,
        "confidence": selection.confidence,
    }


def _selection(rule: str, row: Mapping[str, Any]) -> Selection:
    rewards = tuple(math.nan if reward is None else float(reward) for reward in row["rewards"])
    ties = tuple(row["ties"])
    return Selection(rule, row["chosen"], rewards, ties, row["tests_used"], row["stopped"], row["confidence"])


def _tests(result: RerankResult) -> int:
    return sum(test.multiplicity for test in result.tests)
