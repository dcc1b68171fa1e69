"""Candidates sampled from a policy model, where no harness does it: `coderm-eval solutions`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from coderm_eval.config import Settings
from coderm_eval.generation.answers import Answer, Question
from coderm_eval.generation.backends import make_sampler
from coderm_eval.generation.extraction import extract_program
from coderm_eval.generation.prompts import policy_prompt
from coderm_eval.generation.stored import StoredSampler, Usage
from coderm_eval.records import Problem
from coderm_eval.report.files import write_jsonl
from coderm_eval.store import Store

__all__ = ["DEFAULT_N", "policy_questions", "policy_sampler", "write_solutions"]

DEFAULT_N = 20
"""Candidates per problem where n is not set."""


def policy_sampler(settings: Settings, store: Store) -> StoredSampler:
    """Raises SettingsError if the settings do not say which model."""
    return StoredSampler(
        make_sampler(settings.policy), settings.policy, store.table("solutions"), "sampling candidates"
    )


def policy_questions(problems: Sequence[Problem], settings: Settings) -> list[Question]:
    """One for each problem, with all its samples: in words for a chat model, else the benchmark's own prompt."""
    samples = range(settings.n or DEFAULT_N)
    is_chat = settings.policy.api == "chat"
    return [Question(p.task_id, policy_prompt(p.prompt) if is_chat else p.prompt, samples) for p in problems]


def write_solutions(problems: Sequence[Problem], settings: Settings, *, out: Path, store_folder: Path) -> Usage:
    """Sample n candidates of each problem and write them to `out`, as EvalPlus samples in the problems' order.

    Raises:
        CodermError: a model that does not answer; what it answered is stored.
    """
    usage = Usage()
    questions = policy_questions(problems, settings)
    with Store(store_folder) as store:
        sampler = policy_sampler(settings, store)
        sampler.ask(questions)
        out.parent.mkdir(parents=True, exist_ok=True)
        write_jsonl(out, _rows(problems, questions, sampler, settings, usage))
    return usage


def _rows(
    problems: Sequence[Problem], questions: Sequence[Question], sampler: StoredSampler, settings: Settings, usage: Usage
) -> Iterator[dict[str, Any]]:
    for problem, question in zip(problems, questions, strict=True):
        for sample in question.samples:
            answer = sampler.answer(question.prompt, sample)
            usage.add(answer)
            yield {"task_id": problem.task_id, "solution": _program(problem, answer, settings), "sample": sample}


def _program(problem: Problem, answer: Answer, settings: Settings) -> str:
    if settings.policy.api == "completions":
        return problem.prompt + answer.text
    return extract_program(answer.text, problem.entry_point, settings.extraction)
