"""Recorded candidates in place of a model's answers, for the task that runs offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inspect_ai.model import ModelOutput
from inspect_ai.solver import Generate, Solver, TaskState, solver

from coderm_eval.generation.recorded.readers import read_by_task
from coderm_eval.hosts.inspect_ai.errors import as_prerequisites
from coderm_eval.hosts.inspect_ai.given_settings import with_defaults
from coderm_eval.hosts.inspect_ai.solver import keep, pick_program
from coderm_eval.hosts.inspect_ai.stated import own_problem

__all__ = ["best_of_recorded"]


@solver
def best_of_recorded(samples: str | Path, config: str | None = None, **settings: Any) -> Solver:
    """`best_of_n` of candidates in a file of EvalPlus's format, for this project's own tasks; no model is asked."""
    with as_prerequisites():
        wanted = with_defaults(settings, config)
        programs = read_by_task(Path(samples), "solution")

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        problem = own_problem(state.metadata)
        assert problem
        recorded = programs[problem.task_id][: wanted.n]
        picked = await pick_program(problem, recorded, wanted)
        keep(state, picked, recorded, allow_incomplete=wanted.execution.allow_incomplete)
        state.output = ModelOutput.from_content("recorded", recorded[picked.chosen])
        state.messages.append(state.output.message)
        return state

    return solve
