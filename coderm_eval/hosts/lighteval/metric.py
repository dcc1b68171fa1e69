"""The metric of lighteval that reranks: how many samples it wants, and the scores of a whole split at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from lighteval.metrics.metrics_sample import SampleLevelComputation, SamplingMetric
from lighteval.models.model_output import ModelResponse
from lighteval.tasks.requests import Doc

from coderm_eval.core.errors import SettingsError
from coderm_eval.core.user_errors import user_errors
from coderm_eval.hosts.lighteval.benchmark import TYPED, LightevalBenchmark
from coderm_eval.hosts.lighteval.scores import flat
from coderm_eval.hosts.reranked_benchmark import PromptStyle
from coderm_eval.pipeline.settings import load_settings

__all__ = ["Reranking"]


class Reranking(SamplingMetric, SampleLevelComputation):  # type: ignore[misc]  # lighteval has no types
    """Reranks all samples of all documents in one run.

    lighteval asks a SamplingMetric alone how many samples it wants. It copies this object often, so that all that is
    large is kept beside it.

    Args:
        task: its name in lighteval.
        benchmark: its name.
        style: where the candidates come from.
    """

    def __init__(self, task: str, benchmark: str, style: PromptStyle) -> None:
        self.__dict__.update(_task=task, _benchmark=benchmark, _style=style, _settings={})

    def __setattr__(self, name: str, value: Any) -> None:
        """Take a parameter of the task for a setting: lighteval sets it, for `task@n=20` and `task@tests.num=20`."""
        settings: dict[str, Any] = self.__dict__["_settings"]
        *sections, key = name.split(".")
        for section in sections:
            settings = settings.setdefault(section, {})
        settings[key] = value

    def __str__(self) -> str:
        """A part of the key under which lighteval keeps answers: whatever affects them, beside the documents."""
        return f"{type(self).__name__}(n={self.num_samples()})"

    def documents_folder(self, *, shots: int) -> Path:
        """Check all that can be checked before the model's answers, and write the documents.

        Args:
            shots: examples that lighteval is asked to show in each prompt.
        """
        with user_errors("coderm-eval"):
            if shots:
                raise SettingsError(f"{self._task}|{shots}: the prompts have no examples; write {self._task}|0")
            return self._reranked().documents_folder()

    def num_samples(self) -> int:
        with user_errors("coderm-eval"):
            return self._reranked().n

    def compute(self, responses: Sequence[ModelResponse], docs: Sequence[Doc]) -> list[dict[str, float]]:
        """The scores of each document, by the name that a row has in lighteval's table."""
        tasks = [doc.specific["task_id"] for doc in docs]
        answers = {task: [text or "" for text in r.text] for task, r in zip(tasks, responses, strict=True)}
        with user_errors("coderm-eval"):
            reranked = self._reranked()
            scores = reranked.scores(answers)
        return [flat(scores.get(task, {}), reranked.rows) for task in tasks]

    def _reranked(self) -> LightevalBenchmark:
        settings = load_settings(self._settings, source=TYPED.settings).model_dump_json()
        return _load(self._task, self._benchmark, self._style, json.dumps(self._settings), settings)


@lru_cache(maxsize=16)
def _load(task: str, benchmark: str, style: PromptStyle, given: str, settings: str) -> LightevalBenchmark:
    """Load a benchmark once for all copies of a metric.

    Args:
        given: parameters of the task.
        settings: those and what stands behind them, so that a changed file of settings is read again.
    """
    return LightevalBenchmark(task, benchmark, style, json.loads(given))
