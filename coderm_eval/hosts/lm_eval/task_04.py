"""The task class of lm-eval 0.4.

When all its answers are in, it calls `apply_filters` once for the whole task, and there one run does everything.
`process_results`, called for each document and row, only looks up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lm_eval.api.metrics import mean
from lm_eval.api.task import ConfigurableTask

from coderm_eval.hosts.lm_eval.reranked_task import RerankedTask
from coderm_eval.hosts.scores import HIGHER_IS_BETTER

__all__ = ["RerankTask"]


class RerankTask(RerankedTask, ConfigurableTask):  # type: ignore[misc]  # lm-eval has no types
    """A benchmark whose N sampled answers are reranked; the rows of its result are `report.scores.ROWS`."""

    def apply_filters(self) -> None:
        """Put each problem's scores where lm-eval looks for filtered answers."""
        if self.predicts_only:
            super().apply_filters()
            return
        scores = self.rerank()
        for instance in self.instances:
            instance.filtered_resps.update(scores[instance.doc["task_id"]])

    def process_results(self, doc: dict[str, Any], results: list[Any]) -> dict[str, Any]:
        return dict(super().process_results(doc, results) if self.predicts_only else results[0])

    def aggregation(self) -> dict[str, Callable[..., float]]:
        return {**dict.fromkeys(HIGHER_IS_BETTER, mean), **self._aggregation_list}

    def higher_is_better(self) -> dict[str, bool]:
        return {**HIGHER_IS_BETTER, **self._higher_is_better}
