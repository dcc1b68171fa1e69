"""Files in the formats of CodeRM's authors, made of recorded candidates and tests of others, to stand in for theirs.

Candidates of each policy are another stretch of the same recorded ones, repeated up to 100. A test is a class of three
to six methods, each an assertion drawn from those recorded for the problem; of LiveCodeBench from its own cases, of
which a tenth are made wrong. All candidates are recorded as wrong.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from coderm_eval.benchmarks import load_benchmark
from coderm_eval.benchmarks.livecodebench.rows import lines_of, parse_row
from coderm_eval.core.programs.forms import paper_function
from coderm_eval.generation.recorded.coderm_files import Cell, all_cells

__all__ = ["VARIABLES", "write_records"]

VARIABLES = {
    "HUMANEVAL_OVERRIDE_PATH": "evalplus/HumanEvalPlus-v0.1.10.jsonl.gz",
    "MBPP_OVERRIDE_PATH": "evalplus/MbppPlus-v0.2.0.jsonl.gz",
    "LIVECODEBENCH_PATH": "livecodebench/leetcode_slice.jsonl.gz",
}
"""By the variable that names it, a benchmark's file in the folder of recorded data."""

_CANDIDATES = {
    "humaneval+": (
        "recorded/humaneval_pool8x10.samples.jsonl.gz",
        "recorded/humaneval_codegen16b_n100.samples.jsonl.gz",
    ),
    "mbpp+": ("recorded/mbpp_fewshot_n20.samples.jsonl.gz",),
    "livecodebench": ("livecodebench/leetcode_slice_models.samples.jsonl.gz",),
}
_ASSERTIONS = {
    "humaneval+": ("recorded/humaneval_gpt35_asserts_n10.tests.jsonl.gz",),
    "mbpp+": ("recorded/mbpp_gpt35_asserts_n5.tests.jsonl.gz",),
    "livecodebench": (),
}
_MOST = 100
_WRONG = 0.1

Texts = dict[str, list[str]]


def write_records(data: Path, folder: Path) -> None:
    """Write the files of all cells.

    Args:
        data: recorded data, to whose benchmarks VARIABLES point.
        folder: with a folder of each benchmark.
    """
    for benchmark, cells in itertools.groupby(all_cells(), lambda cell: cell.benchmark):
        programs, assertions = _candidates(data, benchmark), _assertions(data, benchmark)
        for place, cell in enumerate(cells):
            _write_candidates(folder, cell, programs, place)
            _write(folder / cell.tests, "unit_tests", {task: _tests(task, own) for task, own in assertions.items()})


def _candidates(data: Path, benchmark: str) -> Texts:
    """The recorded candidates of each task; of one without any, a stub and what is no Python."""
    recorded = _texts(data, _CANDIDATES[benchmark], "solution")
    return {
        problem.task_id: recorded.get(problem.task_id)
        or [f"def {problem.entry_point}(*given):\n    return {value}\n" for value in ("None", "0", "[]", "(")]
        for problem in load_benchmark(benchmark).problems
    }


def _write_candidates(folder: Path, cell: Cell, programs: Texts, place: int) -> None:
    def some(own: Sequence[str]) -> list[str]:
        start = place * len(own) // 4
        return list(itertools.islice(itertools.cycle([*own[start:], *own[:start]]), _MOST))

    texts = {task: some(own) for task, own in programs.items()}
    key = "result" if cell.benchmark == "livecodebench" else "plus_status"
    graded = {task: [{"solution": text, key: "fail"} for text in own] for task, own in texts.items()}
    _write(folder / cell.annotations, "solutions", graded)
    if cell.benchmark == "livecodebench":
        _write(
            folder / cell.samples, "solutions", {t: [paper_function(text) for text in own] for t, own in texts.items()}
        )


def _assertions(data: Path, benchmark: str) -> Texts:
    """Statements that assert, by task; of a task without any, one that calls the function."""
    recorded = dict(_cases(data)) if benchmark == "livecodebench" else _texts(data, _ASSERTIONS[benchmark], "test")
    return {
        problem.task_id: recorded.get(problem.task_id) or [f"assert callable({problem.entry_point})"]
        for problem in load_benchmark(benchmark).problems
    }


def _cases(data: Path) -> Iterator[tuple[str, list[str]]]:
    """The cases of LiveCodeBench's problems as assertions; long ones are left out, as no model writes them."""
    path = data / VARIABLES["LIVECODEBENCH_PATH"]
    for number, line in lines_of(path):
        row = parse_row(path, number, line)
        chance = random.Random(number)
        yield (
            row.question_id,
            [
                f"assert {row.function_name}({', '.join(map(repr, map(json.loads, case.input.splitlines())))}) == "
                f"{json.loads(case.output) if chance.random() > _WRONG else None!r}"
                for case in row.cases()
                if len(case.input) < 300
            ],
        )


def _tests(task: str, assertions: Sequence[str]) -> list[str]:
    """Up to 100 distinct classes."""
    chance = random.Random(task)
    found = dict.fromkeys(
        _test(chance.sample(assertions, min(chance.randint(3, 6), len(assertions)))) for _ in range(2 * _MOST)
    )
    return list(found)[:_MOST]


def _test(assertions: Sequence[str]) -> str:
    lines = ["import unittest", "", "class TestCandidate(unittest.TestCase):"]
    for number, assertion in enumerate(assertions):
        lines += [f"    # case {number}", f"    def test_{number}(self):"]
        lines += [f"        {line}" for line in assertion.splitlines()]
    return "\n".join(lines) + (
        "\n\nsuite = unittest.TestLoader().loadTestsFromTestCase(TestCandidate)\n"
        "runner = unittest.TextTestRunner(stream=output, verbosity=2)\n"
        "result = runner.run(suite)\nlocals_dict['result'] = result\n"
    )


def _texts(data: Path, files: Sequence[str], column: str) -> Texts:
    """The texts of the first of the files that has any of a task."""
    found: Texts = {}
    for name in files:
        own: Texts = {}
        for _, line in lines_of(data / name):
            row = json.loads(line)
            own.setdefault(row["task_id"], []).append(row[column])
        found = {**own, **found}
    return found


def _write(path: Path, column: str, rows: Mapping[str, Sequence[Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps({"task_id": task, column: listed}) + "\n" for task, listed in rows.items()))
