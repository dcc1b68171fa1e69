"""Stage 1: sample candidates from a policy model, and find the program in each answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from coderm_eval.core.errors import SettingsError
from coderm_eval.core.files import write_jsonl
from coderm_eval.core.outputs import note_output
from coderm_eval.core.protocols import Draw
from coderm_eval.core.records import Problem
from coderm_eval.core.store import Store, open_store
from coderm_eval.generation.answer_notices import AnswerTally
from coderm_eval.generation.cached_model import CachedModel, TokenUsage
from coderm_eval.generation.extraction.programs import extract_program
from coderm_eval.generation.models.base import Completion, SampleRequest
from coderm_eval.generation.models.registry import make_model
from coderm_eval.generation.settings import Extraction, PolicySettings

__all__ = ["DEFAULT_N", "extract_program", "policy_model", "policy_prompt", "sample_candidates", "sampling_requests"]

Settle = Callable[[Store, Mapping[str, int], Draw], Mapping[str, int]]
"""Draws candidates, with the store, up to the most of each task; returns how many each gets."""

DEFAULT_N = 20
"""Candidates per problem where n is not set."""


def policy_prompt(problem: Problem, *, completes: bool) -> str:
    """The prompt for a policy: a message to a chat model, or the benchmark's own prompt for a model that completes.

    Raises:
        SettingsError: the problem has no code for a model that completes.
    """
    if completes and not problem.prompt:
        raise SettingsError(
            f"{problem.task_id} has no code to go on from, which a model that completes text needs: give its prompt in "
            "the file of problems, or ask a chat model (policy.api: chat; in lm-eval a task without _base)"
        )
    return problem.prompt if completes else problem.request


def policy_model(problems: Sequence[Problem], settings: PolicySettings, store: Store) -> CachedModel:
    """The policy for the problems of one benchmark, with the store behind it.

    Raises:
        SettingsError: the settings are incomplete.
    """
    settings = _with_stop_texts(problems, settings)
    return CachedModel(make_model(settings), settings, store.table("solutions"), "sampling candidates")


def _with_stop_texts(problems: Sequence[Problem], settings: PolicySettings) -> PolicySettings:
    """The settings, with the benchmark's stop texts for a model that completes, unless they name others."""
    if settings.api == "chat" or "stop" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"stop": next((problem.stop for problem in problems), ())})


def sampling_requests(problems: Sequence[Problem], settings: PolicySettings, n: int | None) -> list[SampleRequest]:
    """A request for each problem, with all its samples: `n`, or DEFAULT_N.

    Raises:
        SettingsError: a problem has no code for a model that completes.
    """
    samples, completes = range(n or DEFAULT_N), settings.api == "completions"
    return [SampleRequest(p.task_id, policy_prompt(p, completes=completes), samples) for p in problems]


def sample_candidates(
    problems: Sequence[Problem],
    settings: PolicySettings,
    *,
    n: int | None,
    extraction: Extraction,
    out: Path,
    store_folder: Path,
    settle: Settle | None = None,
) -> tuple[int, TokenUsage]:
    """Sample n candidates of each problem and write them to `out`, as EvalPlus samples in the problems' order.

    Args:
        settle: decides how many candidates each problem gets, n at most; by default n.

    Returns:
        How many candidates were written, and what they cost.

    Raises:
        CodermError: a model that does not answer; what it answered before is stored.
    """
    usage, tally = TokenUsage(), AnswerTally()
    requests = sampling_requests(problems, settings, n)
    completes = settings.api == "completions"
    problem_of = {problem.task_id: problem for problem in problems}

    def program(task_id: str, completion: Completion) -> str:
        return extract_program(completion.text, problem_of[task_id], extraction, completes=completes)

    def draw(wanted: Mapping[str, range]) -> dict[str, list[str]]:
        asked = _of_samples(requests, wanted)
        return {r.task_id: [program(r.task_id, c) for c in answers] for r, answers in _answered(model, asked)}

    def rows() -> Iterator[dict[str, Any]]:
        for request, completions in answers:
            tally.add([c.text for c in completions], sum(c.finish_reason == "length" for c in completions))
            for completion in completions:
                usage.add(completion)
                solution = program(request.task_id, completion)
                yield {"task_id": request.task_id, "solution": solution, "sample": completion.sample}

    with open_store(store_folder) as store:
        model = policy_model(problems, settings, store)
        most = {request.task_id: len(request.samples) for request in requests}
        counts = settle(store, most, draw) if settle else most
        answers = _answered(model, _of_samples(requests, {task: range(count) for task, count in counts.items()}))
        write_jsonl(out, rows())
        note_output(out, store)
    tally.warn()
    return sum(counts.values()), usage


def _of_samples(requests: Sequence[SampleRequest], wanted: Mapping[str, range]) -> list[SampleRequest]:
    """The requests for these samples of some of the tasks."""
    return [replace(r, samples=wanted[r.task_id]) for r in requests if r.task_id in wanted]


def _answered(
    model: CachedModel, requests: Sequence[SampleRequest]
) -> Iterator[tuple[SampleRequest, list[Completion]]]:
    """The requests with their answers, once all are there."""
    for _ in model.sample(requests):
        pass
    return ((request, [model.completion(request.prompt, sample) for sample in request.samples]) for request in requests)
