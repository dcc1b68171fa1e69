"""This project's tasks in lm-eval, by name."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["TASKS"]

TASKS: Mapping[str, str | None] = {
    "coderm_demo": "demo",
    "coderm_problems": None,
    "coderm_problems_base": None,
    "humanevalplus_coderm": "humaneval+",
    "humanevalplus_coderm_base": "humaneval+",
    "livecodebench_coderm": "livecodebench",
    "mbppplus_coderm": "mbpp+",
    "mbppplus_coderm_base": "mbpp+",
}
"""The task files and their benchmarks; None: whoever runs the task names one."""
