"""Candidates of a policy model: what it is asked, the program in its answer, and sampling where no harness does it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from coderm_eval.core.files import write_jsonl
from coderm_eval.core.programs.forms import is_solution
from coderm_eval.core.records import Problem
from coderm_eval.core.store import Store
from coderm_eval.generation.cached_model import CachedModel, TokenUsage
from coderm_eval.generation.extraction.code import extract_code
from coderm_eval.generation.models.base import SampleRequest
from coderm_eval.generation.models.registry import make_model
from coderm_eval.generation.settings import Extraction, PolicySettings

__all__ = ["DEFAULT_N", "extract_program", "policy_model", "policy_prompt", "sample_candidates", "sampling_requests"]

DEFAULT_N = 20
"""Candidates per problem where n is not set."""


def policy_prompt(problem: Problem, *, completes: bool) -> str:
    """What a policy is sent: words for a chat model, the benchmark's own prompt for one that completes it."""
    return problem.prompt if completes else problem.request


def extract_program(answer: str, problem: Problem, how: Extraction, *, completes: bool) -> str:
    """The program in the answer to `asked_for`; empty if there is none."""
    return problem.prompt + answer if completes else extract_code(answer, lambda tree: is_solution(tree, problem), how)


def policy_model(settings: PolicySettings, store: Store) -> CachedModel:
    """Raises SettingsError if the settings do not say which model."""
    return CachedModel(make_model(settings), settings, store.table("solutions"), "sampling candidates")


def sampling_requests(problems: Sequence[Problem], settings: PolicySettings, n: int | None) -> list[SampleRequest]:
    """One for each problem, with all its samples: `n`, or DEFAULT_N."""
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
        CodermError: a model that does not answer; what it answered is stored.
    """
    usage = TokenUsage()
    questions = sampling_requests(problems, settings, n)
    with Store(store_folder) as store:
        sampler = policy_model(settings, store)
        for _ in sampler.ask(questions):
            pass  # the file is written when all are answered
        write_jsonl(out, _rows(problems, questions, sampler, settings.api, extraction, usage))
    return usage


def _rows(
    problems: Sequence[Problem],
    questions: Sequence[SampleRequest],
    sampler: CachedModel,
    api: Literal["chat", "completions"],
    extraction: Extraction,
    usage: TokenUsage,
) -> Iterator[dict[str, Any]]:
    completes = api == "completions"
    for problem, question in zip(problems, questions, strict=True):
        for sample in question.samples:
            answer = sampler.answer(question.prompt, sample)
            usage.add(answer)
            program = extract_program(answer.text, problem, extraction, completes=completes)
            yield {"task_id": problem.task_id, "solution": program, "sample": sample}
