"""lm-eval over this project's tasks alone: in this process, or as a command of any interpreter, which prints the table.

python -m helpers.lm_eval_tasks '{"task": "coderm_demo", "model": "dummy", "model_args": {}, "metadata": {}}'
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import lm_eval
from lm_eval.tasks import TaskManager
from lm_eval.utils import make_table

__all__ = ["OURS", "evaluate_task"]

OURS = Path(lm_eval.__file__).parent / "tasks" / "coderm"
"""To index lm-eval's own 14,000 tasks takes ten seconds."""


def evaluate_task(
    task: str, *, metadata: Mapping[str, Any], model_args: Mapping[str, Any], **more: Any
) -> dict[str, Any]:
    """What `lm_eval run` with these flags makes its table of.

    Without what it logs beside that: all installed packages, and a tokenizer that `dummy` would download.
    """
    manager = TaskManager(include_path=str(OURS), include_defaults=False, metadata={**model_args, **metadata})
    with mock.patch.multiple("lm_eval.evaluator", add_env_info=mock.DEFAULT, add_tokenizer_info=mock.DEFAULT):
        results = lm_eval.simple_evaluate(
            tasks=[task],
            task_manager=manager,
            model_args=dict(model_args),
            **{"confirm_run_unsafe_code": True, "bootstrap_iters": 0, **more},
        )
    assert results is not None
    return dict(results)


if __name__ == "__main__":
    print(make_table(evaluate_task(**json.loads(sys.argv[1]))))
