"""Files of pass rates: `{"task_id", "rate"}` lines, written by a graded run or by the probe, read by a budget."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from coderm_eval.core.errors import InputError
from coderm_eval.core.inputs import numbered_lines, parse_object
from coderm_eval.core.messages import abbreviated, quoted_line

__all__ = ["read_rates"]


def read_rates(path: Path) -> dict[str, float]:
    """{task id: pass rate} of a file of {"task_id", "rate"} lines.

    Raises:
        InputError: no such file, or a line without a number from 0 to 1.
    """
    rates = {}
    for number, line in numbered_lines(path):
        row = parse_object(path, number, line, _RATE)
        task_id, rate = row.get("task_id"), row.get("rate")
        if not isinstance(task_id, str) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
            raise InputError(f"{path}:{number}: {quoted_line(line)}; expected {_RATE}, with a rate from 0 to 1")
        rates[task_id] = float(rate)
    return rates


def rates_for(path: Path, tasks: Sequence[str], problems: str, otherwise: str = "") -> dict[str, float]:
    """The pass rates of all `tasks`, in their order.

    Args:
        problems: what the tasks are called where some have no rate.
        otherwise: what else can be done then.

    Raises:
        InputError: as `read_rates`, or a task without a rate.
    """
    found = read_rates(path)
    if missing := [task for task in tasks if task not in found]:
        raise InputError(
            f"{path}: no rate for {len(missing)} of {problems} ({abbreviated(missing)}); add a line for each{otherwise}"
        )
    return {task: found[task] for task in tasks}


_RATE = '{"task_id": "...", "rate": 0.5}'
