"""The `humaneval` of inspect_evals over a file of problems, which it takes from the hub otherwise."""

from __future__ import annotations

from inspect_ai import Task, task
from inspect_ai.dataset import json_dataset
from inspect_ai.solver import generate
from inspect_evals.humaneval.humaneval import record_to_sample


@task
def as_humaneval(path: str) -> Task:
    return Task(dataset=json_dataset(path, record_to_sample()), solver=generate())
