"""Stage 1: sample candidates from a policy model, and find the program in each answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from coderm_eval.core.files import write_jsonl
from coderm_eval.core.outputs import note_output
from coderm_eval.core.records import Problem
from coderm_eval.core.store import Store, open_store
from coderm_eval.generation.answer_notices import AnswerTally
from coderm_eval.generation.cached_model import CachedModel, TokenUsage
from coderm_eval.generation.extraction.programs import extract_program
from coderm_eval.generation.models.base import SampleRequest
from coderm_eval.generation.models.registry import make_model
from coderm_eval.generation.settings import Extraction, PolicySettings

__all__ = ["DEFAULT_N", "extract_program", "policy_model", "policy_prompt", "sample_candidates", "sampling_requests"]

DEFAULT_N = 20
"""Candidates per problem where n is not set."""


def policy_prompt(problem: Problem, *, completes: bool) -> str:
    """The prompt for a policy: a message to a chat model, or the benchmark's own prompt for a model that completes."""
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
    """A request for each problem, with all its samples: `n`, or DEFAULT_N."""
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
) -> TokenUsage:
    """Sample n candidates of each problem and write them to `out`, as EvalPlus samples in the problems' order.

    Raises:
        CodermError: a model that does not answer; what it answered before is stored.
    """
    usage, tally = TokenUsage(), AnswerTally()
    requests = sampling_requests(problems, settings, n)
    completes = settings.api == "completions"

    def rows() -> Iterator[dict[str, Any]]:
        for problem, request in zip(problems, requests, strict=True):
            completions = [model.completion(request.prompt, sample) for sample in request.samples]
            tally.add([c.text for c in completions], sum(c.finish_reason == "length" for c in completions))
            for completion in completions:
                usage.add(completion)
                program = extract_program(completion.text, problem, extraction, completes=completes)
                yield {"task_id": problem.task_id, "solution": program, "sample": completion.sample}

    with open_store(store_folder) as store:
        model = policy_model(problems, settings, store)
        for _ in model.sample(requests):
            pass  # the file is written once all are answered
        write_jsonl(out, rows())
        note_output(out, store)
    tally.warn()
    return usage
