"""The solver `best_of_n`: N answers of the task's model, of which unit tests pick one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import anyio.to_thread
from inspect_ai.model import ModelOutput, get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver

from coderm_eval.core.errors import IncompleteRunError, SettingsError
from coderm_eval.core.records import Problem, ProblemCandidates, deduplicate_candidates
from coderm_eval.generation.models.base import Model
from coderm_eval.generation.sample import extract_program
from coderm_eval.generation.settings import TestSettings
from coderm_eval.hosts.grounds import Fallback, fallback_of
from coderm_eval.hosts.inspect_ai.account import KEY, Picked
from coderm_eval.hosts.inspect_ai.drawing import draw
from coderm_eval.hosts.inspect_ai.engine import engine_of, without_tests
from coderm_eval.hosts.inspect_ai.errors import as_prerequisites
from coderm_eval.hosts.inspect_ai.given_settings import (
    candidates_wanted,
    require_different_answers,
    sampling,
    test_writer_of,
    with_defaults,
)
from coderm_eval.hosts.inspect_ai.role_model import RoleModel, as_settings
from coderm_eval.hosts.inspect_ai.stated import problem_of
from coderm_eval.pipeline.settings import Settings

__all__ = ["best_of_n", "keep", "pick", "pick_program", "writer_of"]

log = logging.getLogger(__name__)

Writer = tuple[Model, TestSettings]


@solver
def best_of_n(config: str | None = None, **settings: Any) -> Solver:
    """Draw N answers to the sample's messages, have unit tests written, run every program against every test, and pick.

    The output is the answer that was picked, as the model gave it. Usable in any task whose answers are programs.

    Args:
        config: a YAML file of settings.
        **settings: settings by key, such as n=20, select="majority", or tests={"file": "tests.jsonl"}; without a source
            of tests there, the model role `tests` writes them.

    Raises:
        PrerequisiteError: a setting that cannot be used.
    """
    with as_prerequisites():
        wanted = with_defaults(settings, config)

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        return await _solve(state, wanted)

    return solve


async def _solve(state: TaskState, settings: Settings) -> TaskState:
    with as_prerequisites():
        if state.tools:
            raise SettingsError("best_of_n draws answers without tools, and this task has some: leave one of both out")
        model, n = get_model(), candidates_wanted(settings)
        config = sampling(model)
        require_different_answers(settings, config)
        writer = writer_of(settings)
        settings = settings if writer is None else without_tests(settings)
        await anyio.to_thread.run_sync(engine_of, settings)  # what would fail after sampling fails before
    drawn = await draw(model, state.messages, range(n), seed=config.seed or 0)
    answers = [choice.message.text for choice in drawn.choices]
    problem = problem_of(state, answers)
    picked = await pick(problem, answers, settings, writer)
    keep(state, picked, answers, allow_incomplete=settings.execution.allow_incomplete)
    choice = drawn.choices[picked.chosen]
    state.output = ModelOutput(model=drawn.model, choices=[choice], usage=drawn.usage, time=drawn.seconds)
    state.messages.append(choice.message)
    return state


async def pick(
    problem: Problem | None, answers: Sequence[str], settings: Settings, writer: Writer | None = None
) -> Picked:
    """Rerank the answers to a problem; the first of them where there is none.

    Raises:
        CodermError: a model that does not answer.
    """
    if problem is None:
        reason = "no function and no program was found in the messages and the answers"
        return Picked(len(answers), settings.rule, None, Fallback("first", reason))
    programs = [extract_program(answer, problem, settings.extraction, completes=False) for answer in answers]
    return await pick_program(problem, programs, settings, writer)


async def pick_program(
    problem: Problem, programs: Sequence[str], settings: Settings, writer: Writer | None = None
) -> Picked:
    """Rerank programs, which are in the order of their samples.

    Raises:
        CodermError: a model that does not answer.
    """
    item = ProblemCandidates(problem, deduplicate_candidates(programs))

    def work() -> Picked:
        reranked = engine_of(settings).rerank(item, writer)
        wanted = writer is not None or settings.tests.backend != "none"
        return Picked(len(programs), settings.rule, reranked, fallback_of(reranked, settings.rule, wanted=wanted))

    return await anyio.to_thread.run_sync(work)


def keep(state: TaskState, picked: Picked, answers: Sequence[str], *, allow_incomplete: bool) -> None:
    """Leave in the sample what inspect's viewer shows.

    Raises:
        IncompleteRunError: some executions could not be run, so that the sample has to be run again.
    """
    state.metadata[KEY] = picked.summary()
    state.store.set(KEY, picked.record(answers))
    if picked.fallback:
        log.warning("sample %s: %s", state.sample_id, picked.why())
    if picked.not_run and not allow_incomplete:
        raise IncompleteRunError(
            f"{picked.not_run} executions could not be run: `inspect eval-retry LOG` runs them again, or allow it "
            "with execution.allow_incomplete=true"
        )


def writer_of(settings: Settings) -> Writer | None:
    """The role that writes the tests, as this project's models are; None where the settings name another source.

    Raises:
        SettingsError: there is none, or there are two.
    """
    role = test_writer_of(settings)
    if role is None:
        return None
    described = as_settings(role, settings.tests)
    return RoleModel(role, described), described
