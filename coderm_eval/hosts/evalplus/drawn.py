"""Samples that `evalplus.codegen` drew, with the programs that every other host finds in the same answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from coderm_eval.core.files import write_jsonl
from coderm_eval.core.records import Problem
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
        write_jsonl(
            samples,
            (
                {"task_id": row["task_id"], "solution": _program(row["solution"], problems[row["task_id"]], extraction)}
                for row in rows
            ),
        )


def _program(raw: str, problem: Problem, extraction: Extraction) -> str:
    """The program in a raw answer, before which EvalPlus puts its prompt where the model completes it."""
    prompt = problem.prompt.strip() + "\n"
    completes = raw.startswith(prompt)
    answer = raw.removeprefix(prompt)
    return extract_program(answer, replace(problem, prompt=prompt), extraction, completes=completes)
