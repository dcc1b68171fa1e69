"""Whether a file of recorded tests has any test that can be used, and what is wrong with it if it has none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from coderm_eval.core.errors import InputError
from coderm_eval.core.inputs import called
from coderm_eval.core.messages import quoted, single_line
from coderm_eval.core.programs.source import syntax_tree
from coderm_eval.core.records import Problem
from coderm_eval.generation.extraction.fences import fences
from coderm_eval.generation.extraction.unit_tests import NOT_PYTHON, recorded_tests
from coderm_eval.generation.recorded.readers import line_of

__all__ = ["require_tests"]


def require_tests(path: Path, lines: Mapping[str, Sequence[str]], problems: Iterable[Problem]) -> None:
    """Refuse a file without any test for the tasks of a run. One task may have none: its pick is the first candidate.

    Args:
        path: the file.
        lines: its tests by task id.
        problems: those of the run; gone through up to the first with a test that can be used.

    Raises:
        InputError: says why its tests cannot be used.
    """
    reasons: Counter[str] = Counter()
    no_python = ""
    for problem in problems:
        task = problem.task_id
        for index, line in enumerate(lines.get(task, ())):
            reason = recorded_tests(line, problem.entry_point).rejected
            if reason is None:
                return
            reasons[reason] += 1
            if reason == NOT_PYTHON and not no_python:
                no_python = f", as {called(path)}:{line_of(path, 'test', task, index)}, {_fault(line)}"
    found = ", ".join(f"{reason} ({count})" for reason, count in reasons.most_common(3)) or "no lines"
    raise InputError(
        f"{called(path)}: no unittest.TestCase class, no test function and no assert can be used in any line for the "
        f'tasks of this run: {found}{no_python}; expected {{"task_id": "...", "test": "import unittest ..."}}'
    )


def _fault(source: str) -> str:
    """What the parser says of a text that is not Python, or of the code in its first fence."""
    try:
        syntax_tree(next((fence.body for fence in fences(source)), source))
    except SyntaxError as error:
        shown = f" {quoted(error.text.strip())}" if error.text else ""
        return f"line {error.lineno} of the test{shown}: {error.msg}"
    except Exception as error:  # whatever the parser raises on odd texts
        return single_line(error)
    return "once it is unescaped"  # as of a web page
