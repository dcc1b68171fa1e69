"""The task class of lm-eval 0.5, and its scorer, `coderm`: one for each row of the table.

When all its answers are in, lm-eval calls `score_instances` of each scorer with all documents. The first reranks them
in one run, and the others look up.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from lm_eval.api.instance import Instance
from lm_eval.api.metrics import Metric, mean
from lm_eval.api.registry import register_scorer
from lm_eval.api.task import GenerateTask
from lm_eval.scorers import ScoredDoc, Scorer

from coderm_eval.core.user_errors import user_errors
from coderm_eval.hosts.lm_eval.reranked_task import RerankedTask
from coderm_eval.hosts.scores import HIGHER_IS_BETTER, Scores

__all__ = ["RerankScorer", "RerankTask"]

SCORER = "coderm"


def _undefined(*_: Any) -> float:
    """A metric of one answer alone: there is none, since the scores are of all answers to a problem."""
    return math.nan


@register_scorer(SCORER)
@dataclass(kw_only=True)
class RerankScorer(Scorer):  # type: ignore[misc]  # lm-eval has no types
    """One row of the table; `context["rerank"]`, which the rows of a task share, has the scores of all."""

    default_metric_cfg: ClassVar[list[Any]] = [
        Metric(name=name, fn=_undefined, aggregation=mean, higher_is_better=higher)
        for name, higher in HIGHER_IS_BETTER.items()
    ]

    def score_instances(self, instances: Mapping[int, Sequence[Instance]]) -> dict[int, ScoredDoc]:
        scores = self.context["rerank"]()
        return {doc_id: self._scored(doc_id, of_doc, scores) for doc_id, of_doc in instances.items()}

    def _scored(self, doc_id: int, instances: Sequence[Instance], scores: Scores) -> ScoredDoc:
        found = scores[instances[0].doc["task_id"]][self.name]
        for instance in instances:
            instance.filtered_resps[self.name] = found  # for --log_samples, as in lm-eval 0.4
        return ScoredDoc(doc_id=doc_id, reference="", scores={metric: [value] for metric, value in found.items()})


class RerankTask(RerankedTask, GenerateTask):  # type: ignore[misc]  # lm-eval has no types
    """A benchmark whose N sampled answers are reranked; the rows of its result are `report.scores.ROWS`."""

    def lm_eval_config(self, config: Mapping[str, Any]) -> dict[str, Any]:
        rows = [{"name": row, "filter": []} for row in self.reranked.rows]
        return {**super().lm_eval_config(config), "filter_list": rows, "scorer": SCORER}

    def set_repeats(self, repeats: int) -> None:
        """Take --repeats for the number of samples of each problem."""
        with user_errors("coderm-eval"):
            self.reranked.take_repeats(repeats)
        super().set_repeats(repeats)

    def doc_iterator(self, *, samples: Sequence[int] | None = None, **kwargs: Any) -> Iterator[tuple[int, Any]]:
        """Number the documents that --samples names from 0, as lm-eval's --log_samples expects them."""
        found = super().doc_iterator(samples=samples, **kwargs)
        return enumerate(doc for _, doc in found) if samples else found

    def process_results(self, doc: dict[str, Any], results: list[Any]) -> dict[str, list[float]] | None:
        """With --predict_only, what lm-eval's `bypass` stands for; 0.5.0.dev1 fails on its own. Else scorers score."""
        return {"bypass": [math.nan]} if self.predicts_only else None

    def process_instances(self) -> None:
        rerank = cache(self.rerank)
        for scorer in self.scorers:
            scorer.context["rerank"] = rerank
        super().process_instances()
