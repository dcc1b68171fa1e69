"""Three small benchmarks of three problems each, and records of them for all cells of the paper: 4 candidates, 3 tests.

Of each problem there is a right program, one that always answers None, and one that always gives the same answer. Two
tests are right and the third wants None; the last problem of each benchmark has tests of the third kind alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from coderm_eval.generation.recorded.coderm_files import all_cells
from helpers.cli import write_rows
from helpers.coderm_records import as_recorded, write_annotated, write_functions, write_tests
from helpers.livecodebench import rows as livecodebench
from helpers.mini_humaneval import MINI_PROBLEMS, mini_row, write_mini

__all__ = ["KINDS", "PaperRecords", "write_paper_records"]

KINDS = {
    "llama3-8b": "none none none right",
    "llama3-70b": "none same right right",
    "gpt-3.5-turbo": "none none none none",
    "gpt-4o-mini-2024-07-18": "right right right right",
}
"""The candidates of each problem, by policy."""


@dataclass(frozen=True)
class PaperRecords:
    """Where they are."""

    folder: Path
    """A clone of the authors' repository."""
    variables: Mapping[str, str]
    """Under which the three benchmarks are read."""


class _Problem:
    """What is known of a problem: its function, programs and tests."""

    def __init__(self, task: str, name: str, parameters: str, right: str, same: str, checks: Sequence[str]) -> None:
        self.task = task
        head = f"def {name}({parameters}):\n    return "
        self.programs = {"right": head + right, "same": head + same, "none": head + "None"}
        self.tests = [
            as_recorded(
                f"import unittest\nclass Test{number}(unittest.TestCase):\n    # a comment\n"
                f"    def test_it(self):\n        self.{check}",
                f"Test{number}",
            )
            for number, check in enumerate(checks)
        ]


_KNOWN = {
    "buoy_gap": ("a, b", "abs(a - b)", "0", ["buoy_gap(2, 2), 0", "buoy_gap(2, 5), 3"], ["1, 1", "1, 4"]),
    "peal": ("bells", "bells[::-1]", "[]", ["peal([]), []", "peal([1, 2]), [2, 1]"], ["[1]", "[2]"]),
    "latest_tide": (
        *("tides", "max(tides, default=0)", "0"),
        *(["latest_tide([]), 0", "latest_tide([3, 9]), 9"], ["[1]", "[2]"]),
    ),
}
"""By the name of a function: its parameters, what a right and a constant one return, what two right tests compare, and
the arguments for which others want None."""


def _problems(tasks: Mapping[str, str]) -> list[_Problem]:
    """Problems by the names of their tasks, each of which asks for one of the known functions."""
    found = []
    for place, (task, name) in enumerate(tasks.items()):
        parameters, right, same, compared, arguments = _KNOWN[name]
        wants_none = [f"assertIsNone({name}({values}))" for values in arguments]
        compares = [f"assertEqual({pair})" for pair in compared]
        checks = [*compares, wants_none[0]] if place < len(tasks) - 1 else wants_none
        found.append(_Problem(task, name, parameters, right, same, checks))
    return found


def write_paper_records(folder: Path) -> PaperRecords:
    """Write the benchmarks and a clone of the records; every recorded grade is right but one.

    HumanEval/0's last candidate of Llama3-8B is right, and recorded as wrong.
    """
    mini = write_mini(folder)
    mbpp = [{**row, "task_id": f"Mbpp/{9001 + n}"} for n, row in enumerate(MINI_PROBLEMS[:2])]
    more = mini_row(
        9, "latest_tide", "tides", "The latest tide, or 0.", "return max(tides, default=0)", [[[3]]], [[[]]]
    )
    humaneval = [*MINI_PROBLEMS[:2], {**more, "task_id": "HumanEval/2"}]
    mbpp.append({**more, "task_id": "Mbpp/9003"})
    names = [str(row["entry_point"]) for row in humaneval]
    rows = [livecodebench.row(task) for task in ("7001", "7002", "7003")]
    variables = {
        **mini.environment,
        "MBPP_OVERRIDE_PATH": str(write_rows(folder / "mbpp.jsonl", mbpp)),
        "LIVECODEBENCH_PATH": str(livecodebench.write(folder / "livecodebench.jsonl", rows)),
    }
    write_rows(mini.path, humaneval)
    problems = {
        "humaneval+": _problems(dict(zip([str(row["task_id"]) for row in humaneval], names, strict=True))),
        "mbpp+": _problems(dict(zip([str(row["task_id"]) for row in mbpp], names, strict=True))),
        "livecodebench": _problems(dict.fromkeys(("7001", "7002", "7003"), "latest_tide")),
    }
    clone = folder / "CodeRM"
    for cell in all_cells():
        own, at = problems[cell.benchmark], clone / "data" / "result"
        kinds = KINDS[cell.policy].split()
        write_tests(at / cell.tests, {problem.task: problem.tests for problem in own})
        graded = {
            problem.task: [(problem.programs[kind], "pass" if kind == "right" else "fail") for kind in kinds]
            for problem in own
        }
        if cell.name == "humaneval+/llama3-8b":
            graded["HumanEval/0"][-1] = (graded["HumanEval/0"][-1][0], "fail")
        if cell.benchmark == "livecodebench":
            write_functions(at / cell.samples, {p.task: [p.programs[kind] for kind in kinds] for p in own})
            classes = {
                task: [(f"class Solution: ...  # {text}", grade) for text, grade in listed]
                for task, listed in graded.items()
            }
            write_annotated(at / cell.annotations, classes, "result")
        else:
            write_annotated(at / cell.annotations, graded)
    return PaperRecords(clone, variables)
