"""The problem of a sample: this project's own, in its metadata, or the one that its messages state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from inspect_ai.solver import TaskState

from coderm_eval.core.records import Problem
from coderm_eval.generation.stated_problem import problem_of_request

__all__ = ["OWN_PROBLEM", "metadata_of", "own_problem", "problem_of"]

OWN_PROBLEM = "coderm_problem"
"""The key of a sample's metadata under which this project's tasks have the problem."""

_IN_THE_INPUT = ("request", "stop")


def metadata_of(problem: Problem) -> dict[str, Any]:
    """The metadata of a problem's sample: what a policy may see, without what the input says already."""
    return {OWN_PROBLEM: {key: value for key, value in asdict(problem).items() if key not in _IN_THE_INPUT}}


def own_problem(metadata: Mapping[str, Any] | None) -> Problem | None:
    """The problem in the metadata of a sample of this project's tasks; None in another's."""
    found = (metadata or {}).get(OWN_PROBLEM)
    return Problem(**found) if found else None


def problem_of(state: TaskState, answers: Sequence[str]) -> Problem | None:
    """The problem that the answers are to solve; None where neither messages nor answers say it.

    Its task id is the sample's, by which recorded tests are found.
    """
    if problem := own_problem(state.metadata):
        return problem
    messages = tuple((message.role, message.text) for message in state.messages)
    stated = problem_of_request(messages, answers, completes=False)
    return replace(stated, task_id=str(state.sample_id)) if stated else None
