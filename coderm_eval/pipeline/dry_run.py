"""Estimates of what a command would request and run: `--dry-run`. Nothing is written, asked or executed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coderm_eval.core.protocols import Block
from coderm_eval.core.records import ProblemCandidates
from coderm_eval.core.store import Store
from coderm_eval.execution.cached import stored_cells
from coderm_eval.generation.cached_model import CachedModel
from coderm_eval.generation.models.base import SampleRequest, texts_of
from coderm_eval.generation.settings import SamplingSettings
from coderm_eval.generation.write_tests import TestSupply
from coderm_eval.pipeline.budget_policy import max_tests, tests_per_problem
from coderm_eval.pipeline.preflight import working_executor
from coderm_eval.pipeline.settings import DEFAULT_PROBE_INPUTS, Settings
from coderm_eval.selection import MOST_FINALISTS

__all__ = ["SamplingEstimate", "estimate_executions", "estimate_sampling"]


@dataclass(frozen=True)
class SamplingEstimate:
    """The cost of sampling."""

    requests: int
    """One for each run of samples of a prompt that are not stored; more where a server limits the choices of one."""
    samples: int
    stored: int
    most_tokens: int
    """Tokens of prompts and answers. A prompt has at most one token per byte; those of a template are not counted."""

    def __str__(self) -> str:
        return (
            f"{self.requests} requests for {self.samples} samples ({self.stored} more are stored), "
            f"at most {self.most_tokens:,} tokens"
        )


def estimate_sampling(
    model: CachedModel, settings: SamplingSettings, requests: Iterable[SampleRequest]
) -> SamplingEstimate:
    """Estimate what is missing; no request is sent."""
    requests = list(requests)
    missing = model.missing(requests)
    samples = sum(len(request.samples) for request in missing)
    return SamplingEstimate(
        requests=len(missing),
        samples=samples,
        stored=sum(len(request.samples) for request in requests) - samples,
        most_tokens=sum(_bytes_of(request) for request in missing) + samples * settings.max_tokens,
    )


def _bytes_of(request: SampleRequest) -> int:
    return sum(len(text.encode()) for text in texts_of(request.prompt))


def estimate_executions(
    problems: Sequence[ProblemCandidates], tests: TestSupply[Any], settings: Settings, store: Store
) -> tuple[int, int]:
    """The most executions of a run, and how many of them are stored.

    Tests that exist are counted as they are, each distinct one once. Of tests that a model has yet to write no two are
    taken to be equal, and no execution is stored. Neither is one on a probing input: these are not made yet.
    """
    each = tests_per_problem(settings.budget, tests.per_problem)
    tasks = [item.problem.task_id for item in problems]
    most = max_tests(settings.budget, each, tests.available, tasks)
    wanted = {task: range(each if settings.budget.policy == "uniform" else most[task]) for task in tasks}
    most_run = MOST_FINALISTS if each else None
    told_apart = (item.candidates for item in problems if len(item.candidates) > 1)
    on_probes = settings.inputs * sum(len(candidates[:most_run]) for candidates in told_apart)
    if settings.policy.settled:
        on_probes += DEFAULT_PROBE_INPUTS * sum(len(item.candidates) for item in problems)
    if settings.tests.written:
        return _most_cells(problems, wanted, each * len(problems)) + on_probes, 0
    written = dict(tests.source(wanted))
    blocks = [_block(item, written.get(item.problem.task_id, ())) for item in problems]
    with working_executor(settings.tests, settings.execution) as (_, isolation):
        stored = stored_cells(blocks, store.verdicts(), settings.execution, isolation)
    return sum(block.cells for block in blocks) + on_probes, stored


def _most_cells(problems: Sequence[ProblemCandidates], wanted: Mapping[str, range], total: int) -> int:
    """The cells of `total` test samples, where the problems with the most candidates get as many as they can."""
    cells = 0
    for item in sorted(problems, key=lambda item: len(item.candidates), reverse=True):
        tests = min(len(wanted[item.problem.task_id]), total)
        total -= tests
        cells += tests * len(item.candidates)
    return cells


def _block(item: ProblemCandidates, written: Sequence[tuple[int, str]]) -> Block:
    """Each candidate against each distinct test."""
    programs = [candidate.program for candidate in item.candidates]
    return Block(item.problem, 0, programs, list(dict.fromkeys(source for _, source in written)))
