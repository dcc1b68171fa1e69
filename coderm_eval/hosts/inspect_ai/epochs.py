"""Best-of-N of a log that exists: its epochs are the candidates, and nothing is sampled again.

inspect score LOG.eval --scorer coderm_eval/best_of_epochs -S log=LOG.eval -S tests.file=tests.jsonl
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import anyio
import anyio.to_thread
from inspect_ai.log import EvalSample, read_eval_log_async
from inspect_ai.scorer import Score, Scorer, Target, scorer, value_to_float
from inspect_ai.solver import TaskState

from coderm_eval.core.errors import InputError
from coderm_eval.core.messages import abbreviated, single_line
from coderm_eval.core.records import Grade
from coderm_eval.hosts.inspect_ai.account import KEY, Picked
from coderm_eval.hosts.inspect_ai.engine import engine_of, without_tests
from coderm_eval.hosts.inspect_ai.errors import as_prerequisites
from coderm_eval.hosts.inspect_ai.given_settings import with_defaults
from coderm_eval.hosts.inspect_ai.row_scores import ROW_METRICS, row_score
from coderm_eval.hosts.inspect_ai.scorer import benchmark_of
from coderm_eval.hosts.inspect_ai.solver import pick, writer_of
from coderm_eval.hosts.inspect_ai.stated import problem_of
from coderm_eval.pipeline.settings import Settings

__all__ = ["best_of_epochs"]


@scorer(metrics=ROW_METRICS)
def best_of_epochs(
    log: str, grades: str | None = None, benchmark: str | None = None, config: str | None = None, **settings: Any
) -> Scorer:
    """Rerank the epochs of each sample of a log, and score each way to choose among them.

    All epochs of a sample get the same score, so that every reducer of epochs leaves it as it is.

    Args:
        log: the log that is being scored; a scorer is shown one epoch of it at a time.
        grades: the score in the log that says which epochs are right; by default its only one.
        benchmark: have this benchmark's own tests say it instead.
        config: a YAML file of settings.
        **settings: as for `best_of_n`.

    Raises:
        PrerequisiteError: a setting that cannot be used.
    """
    with as_prerequisites():
        wanted = with_defaults(settings, config)
        known = benchmark_of(benchmark, wanted) if benchmark else None
    epochs = _Epochs(log)
    scores: dict[str, Score] = {}
    locks: dict[str, anyio.Lock] = defaultdict(anyio.Lock)

    async def score(state: TaskState, target: Target) -> Score:
        name = str(state.sample_id)
        async with locks[name]:
            if name not in scores:
                with as_prerequisites():
                    scores[name] = await _score(state, await epochs.of(name), wanted, known, grades)
        return scores[name].model_copy(deep=True)

    return score


class _Epochs:
    """The samples of a log, which is read once."""

    def __init__(self, log: str) -> None:
        self._log = log
        self._lock = anyio.Lock()
        self._samples: Mapping[str, Sequence[EvalSample]] | None = None

    async def of(self, sample_id: str) -> Sequence[EvalSample]:
        """The answered epochs of a sample, in order.

        Raises:
            InputError: the log cannot be read, or has none.
        """
        async with self._lock:
            if self._samples is None:
                self._samples = await self._read()
        found = self._samples.get(sample_id, ())
        if not found:
            raise InputError(f"{self._log}: no answer to sample {sample_id!r}; name the log that is being scored")
        return found

    async def _read(self) -> Mapping[str, Sequence[EvalSample]]:
        try:
            samples = (await read_eval_log_async(self._log)).samples or []
        except (OSError, ValueError) as error:
            said = single_line(error)
            raise InputError(f"{self._log}: not a log of inspect_ai ({said}); name one after log=") from error
        found: dict[str, list[EvalSample]] = defaultdict(list)
        for sample in sorted(samples, key=lambda sample: sample.epoch):
            if sample.error is None:  # it is missing, and no wrong answer
                found[str(sample.id)].append(sample)
        return found


async def _score(
    state: TaskState, epochs: Sequence[EvalSample], settings: Settings, known: Any, grades: str | None
) -> Score:
    answers = [epoch.output.completion for epoch in epochs][: settings.n]
    writer = writer_of(settings)
    problem = problem_of(state, answers)
    picked = await pick(problem, answers, settings if writer is None else without_tests(settings), writer)
    if picked.reranked is None:
        return Score.unscored(explanation=picked.why(), reason="scoring_failed")
    result = picked.reranked.result
    if known is None:
        given = [_grade(epoch, grades) for epoch in epochs]
        of_candidates = [given[candidate.samples[0]] for candidate in result.candidates]
    else:
        programs = [candidate.program for candidate in result.candidates]
        engine = await anyio.to_thread.run_sync(engine_of, without_tests(settings))
        of_candidates = await anyio.to_thread.run_sync(engine.grade, known, str(state.sample_id), programs)
    score = row_score(result, of_candidates, settings, why=picked.why())
    score.metadata = {**(score.metadata or {}), KEY: _in_epochs(picked, epochs)}
    return score


def _in_epochs(picked: Picked, epochs: Sequence[EvalSample]) -> dict[str, Any]:
    """What there is to see of a pick, with the numbers of epochs."""
    summary = picked.summary()
    return {
        **summary,
        "chosen_epoch": epochs[picked.chosen].epoch,
        "epochs": [epoch.epoch for epoch in epochs],
    }


def _grade(epoch: EvalSample, name: str | None) -> Grade:
    """What the log says of an epoch's answer.

    Raises:
        InputError: it has no such score, or one that is neither right nor wrong.
    """
    scores = epoch.scores or {}
    if name is None and len(scores) == 1:
        [name] = scores
    if name not in scores:
        there = abbreviated(sorted(scores)) if scores else "none"
        wanted = "give grades=NAME" if name is None else f"{name!r} is not one of them"
        raise InputError(f"sample {epoch.id!r}: scores in the log are {there}; {wanted}, or benchmark=NAME")
    value = value_to_float()(scores[name].value)
    if math.isnan(value):
        return Grade()
    if value not in (0, 1):
        raise InputError(f"sample {epoch.id!r}: the score {name!r} is {value:g}; expected right or wrong, 1 or 0")
    return Grade({name: "pass" if value == 1 else "fail"})
