"""The tasks, as lighteval's registry reads them; the documents of a task are written when it is asked for."""

from __future__ import annotations

from typing import Any

from lighteval.metrics.utils.metric_utils import SampleLevelMetric
from lighteval.tasks.lighteval_task import LightevalTaskConfig
from lighteval.tasks.requests import Doc, SamplingMethod

from coderm_eval.hosts.lighteval.metric import Reranking
from coderm_eval.hosts.lighteval.scores import means
from coderm_eval.hosts.reranked_benchmark import PromptStyle

__all__ = ["TASKS_TABLE", "RerankedTaskConfig"]

_MOST_TOKENS = 2048
"""Of an answer, as in lm-eval's tasks; `max_new_tokens` of the model's generation parameters stands above it."""

_SPLIT = "test"


class RerankedTaskConfig(LightevalTaskConfig):  # type: ignore[misc]  # lighteval has no types
    """A task of lighteval whose data are a benchmark of this project.

    lighteval makes the configurations of all tasks, and asks that of a chosen one alone for its data.

    Args:
        name: of the task.
        benchmark: its name.
        style: where the candidates come from.
    """

    def __init__(self, name: str, benchmark: str, style: PromptStyle) -> None:
        reranking = Reranking(name, benchmark, style)
        metric = SampleLevelMetric(
            metric_name="pass@1",  # with an @: lighteval hands parameters of a task to such metrics only
            higher_is_better=True,
            category=SamplingMethod.GENERATIVE,
            sample_level_fn=reranking,
            corpus_level_fn=means,
            batched_compute=True,
        )
        super().__init__(
            name=name,
            prompt_function=_document,
            hf_repo="",
            hf_subset="default",
            metrics=[metric],
            hf_avail_splits=[_SPLIT],
            evaluation_splits=[_SPLIT],
            few_shots_split=_SPLIT,
            generation_size=_MOST_TOKENS,
            version=1,
        )

    @property
    def hf_repo(self) -> str:
        """The folder of the documents, which lighteval loads in place of a dataset of the hub."""
        reranking: Reranking = self.metrics[0].sample_level_fn
        return str(reranking.documents_folder(shots=self.num_fewshots))

    @hf_repo.setter
    def hf_repo(self, value: str) -> None:
        """lighteval's own constructor sets it, before anybody asks."""


def _document(row: dict[str, Any], task: str) -> Doc:
    return Doc(query=row["text"], choices=[], gold_index=0, task_name=task, specific={"task_id": row["task_id"]})


TASKS_TABLE = [
    RerankedTaskConfig("humanevalplus_coderm", "humaneval+", "chat"),
    RerankedTaskConfig("mbppplus_coderm", "mbpp+", "chat"),
    RerankedTaskConfig("livecodebench_coderm", "livecodebench", "chat"),
    RerankedTaskConfig("coderm_demo", "demo", "recorded"),
]
