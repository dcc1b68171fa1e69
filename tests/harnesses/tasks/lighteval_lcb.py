"""lighteval's LiveCodeBench task over a file of problems; its metric keeps the answers and runs nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from lighteval.metrics.metrics_sample import SampleLevelComputation
from lighteval.metrics.utils.metric_utils import SampleLevelMetric
from lighteval.tasks.lighteval_task import LightevalTaskConfig
from lighteval.tasks.requests import Doc, SamplingMethod
from lighteval.tasks.tasks.lcb.main import lcb_codegeneration_prompt_fn


def _prompt(line: dict[str, Any], task_name: str) -> Doc:
    doc = lcb_codegeneration_prompt_fn(line, task_name)
    doc.specific["question_id"] = line["question_id"]
    return doc


class _Kept(SampleLevelComputation):  # type: ignore[misc]
    def compute(self, model_response: Any, doc: Doc, **_: Any) -> float:
        with Path(os.environ["OUT"]).open("a") as file:
            file.write(json.dumps({"task_id": doc.specific["question_id"], "text": model_response.text[0]}) + "\n")
        return 0.0


_KEPT = SampleLevelMetric(
    metric_name="kept",
    higher_is_better=True,
    category=SamplingMethod.GENERATIVE,
    sample_level_fn=_Kept(),
    corpus_level_fn=np.mean,
)

TASKS_TABLE = [
    LightevalTaskConfig(
        name="as_lcb",
        prompt_function=_prompt,
        hf_repo="dataset",
        hf_subset="default",
        hf_avail_splits=["test"],
        evaluation_splits=["test"],
        generation_size=2000,
        metrics=[_KEPT],
        stop_sequence=[],
    )
]
