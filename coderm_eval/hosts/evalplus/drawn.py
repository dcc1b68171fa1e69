"""Samples that `evalplus.codegen` drew, with the programs that every other host finds in the same answers."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from coderm_eval.core.files import write_jsonl
from coderm_eval.core.records import Problem
from coderm_eval.generation.answer_notices import AnswerTally
from coderm_eval.generation.extraction.programs import extract_program
from coderm_eval.generation.settings import Extraction

__all__ = ["extract_again"]


def extract_again(samples: Path, problems: Mapping[str, Problem], extraction: Extraction) -> None:
    """Replace the programs in `samples`, which EvalPlus's sanitizer found, by those in its file of raw answers."""
    raw = samples.with_suffix(".raw.jsonl")
    if samples.suffix != ".jsonl" or not raw.is_file():
        return
    rows = [json.loads(line) for line in raw.read_text(encoding="utf-8").splitlines() if line.strip()]
    if all(row["task_id"] in problems for row in rows):
        answers = [(row["task_id"], row["solution"]) for row in rows]
        programs = ((task, _program(answer, problems[task], extraction)) for task, answer in answers)
        write_jsonl(samples, ({"task_id": task, "solution": program} for task, program in programs))
        _warn_of(answers)


def _program(raw: str, problem: Problem, extraction: Extraction) -> str:
    """The program in a raw answer, before which EvalPlus puts its prompt where the model completes it."""
    prompt = problem.prompt.strip() + "\n"
    completes = raw.startswith(prompt)
    answer = raw.removeprefix(prompt)
    return extract_program(answer, replace(problem, prompt=prompt), extraction, completes=completes)


def _warn_of(answers: Iterable[tuple[str, str]]) -> None:
    by_task: defaultdict[str, list[str]] = defaultdict(list)
    for task, answer in answers:
        by_task[task].append(answer)
    tally = AnswerTally()
    for listed in by_task.values():
        tally.add(listed)
    tally.warn()
