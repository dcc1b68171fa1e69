"""Measure how fast the executor runs a matrix of programs and tests, against peers on the same cells in the same run.

    python -m perf.executor --samples S.jsonl.gz --tests T.jsonl.gz --dataset HumanEvalPlus.jsonl.gz \\
        --coderm docker_source/main.py

Peers: the CodeRM authors' `docker_source/main.py` as a plain script (--coderm: a copy of it), one process per pair with
`multiprocessing`, and EvalPlus's `untrusted_check` on one input per pair. Bounds: the cells in one process without any
isolation, and a bare fork, exit and wait.

Rows with a cell that runs out of time are left out of the matrix and timed apart. The executor and the bound without
isolation run all distinct cells. Peers run a sample of them, since each cell costs a peer the same.
"""

from __future__ import annotations

import argparse
import gzip
import json
import multiprocessing
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from coderm_eval.core.records import Verdict
from coderm_eval.execution.backends.local import LocalExecutor
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import ProgramTest
from coderm_eval.execution.static_analysis import analyse, analyse_test
from coderm_eval.generation.extraction.unit_tests import recorded_tests
from coderm_eval.generation.recorded.readers import read_by_task
from perf._common import argument_parser, execute, interleaved, median, print_table

LIMITS = Limits()


class Cell(NamedTuple):
    task_id: str
    entry_point: str
    program: str
    test: str


class Matrix(NamedTuple):
    """All pairs of samples and tests, and the distinct cells among them."""

    pairs: list[Cell]
    cells: list[Cell]


def main() -> None:
    options = parse_options()
    everything = read_matrix(options)
    slow = slow_programs(everything, options.workers)
    matrix = without(everything, slow)
    with LocalExecutor(workers=1) as executor:
        isolation = executor.self_test(LIMITS)
    print(f"isolation {isolation}, {options.workers} workers, medians of {options.repeats} runs")
    print(f"{len(matrix.pairs)} pairs of a sample and a test, {len(matrix.cells)} distinct cells; ", end="")
    print(f"{len(slow)} programs that ran out of time are left out\n")
    sample = random.Random(0).sample(matrix.cells, min(options.sample, len(matrix.cells)))
    rows = {
        "this executor": (lambda: ours(matrix, options.workers), len(matrix.pairs)),
        "in one process, no isolation (bound)": (lambda: in_process(matrix), len(matrix.pairs)),
        "process a pair (multiprocessing)": (lambda: process_a_pair(sample, options.workers), len(sample)),
        "EvalPlus untrusted_check": (lambda: untrusted_checks(sample), len(sample)),
    }
    if options.coderm:
        rows["CodeRM docker_source/main.py"] = (lambda: coderm(options.coderm, sample, options.workers), len(sample))
    report(rows, matrix, options)
    print(f"\nbare fork, exit and wait (bound): {1e3 * median(bare_forks() for _ in range(5)):.2f} ms")
    report_loops(everything, slow, options.workers)


def parse_options() -> argparse.Namespace:
    parser = argument_parser(__doc__)
    parser.add_argument("--samples", type=Path, required=True, help='{"task_id", "solution"} lines')
    parser.add_argument("--tests", type=Path, required=True, help='{"task_id", "test"} lines')
    parser.add_argument("--dataset", type=Path, required=True, help="EvalPlus's file, for the names of the functions")
    parser.add_argument("--coderm", type=Path, help="the CodeRM authors' docker_source/main.py")
    parser.add_argument("--every", type=int, default=8, help="take one problem in this many")
    parser.add_argument("--sample", type=int, default=1000, help="cells that peers run")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--repeats", type=int, default=5)
    return parser.parse_args()


def read_matrix(options: argparse.Namespace) -> Matrix:
    with gzip.open(options.dataset) as lines:
        names = {row["task_id"]: row["entry_point"] for row in map(json.loads, lines)}
    samples, tests = read_by_task(options.samples, "solution"), read_by_task(options.tests, "test")
    pairs = [
        Cell(task_id, names[task_id], program, test)
        for task_id in list(samples)[:: options.every]
        for line in tests.get(task_id, [])
        for test in recorded_tests(line, names[task_id]).sources
        for program in samples[task_id]
    ]
    return Matrix(*sorted_by_problem(pairs))


def sorted_by_problem(pairs: list[Cell]) -> tuple[list[Cell], list[Cell]]:
    """Return the pairs whose program can be parsed, program by program, and one of each distinct cell."""
    programs = {program: analyse(program) for program in {pair.program for pair in pairs}}
    tests = {test: analyse_test(test) for test in {pair.test for pair in pairs}}
    readable = sorted((p for p in pairs if programs[p.program]), key=lambda p: (p.task_id, p.program))
    distinct: dict[Any, Cell] = {}
    for pair in readable:
        source = programs[pair.program]
        distinct.setdefault((pair.task_id, source and source.identity, tests[pair.test]), pair)
    return readable, list(distinct.values())


def slow_programs(matrix: Matrix, workers: int) -> list[str]:
    results = execute(program_tests(matrix.cells), workers, LIMITS)
    return list(dict.fromkeys(r.key.program for r in results if r.verdict in (Verdict.TIMED_OUT, Verdict.CRASHED)))


def without(matrix: Matrix, programs: list[str]) -> Matrix:
    """Return the matrix without these programs and those that differ from them in docstrings and comments only."""
    left_out = {source.identity for program in programs if (source := analyse(program))}
    keep = {p for p in {c.program for c in matrix.pairs} if (s := analyse(p)) and s.identity not in left_out}
    return Matrix(*([cell for cell in cells if cell.program in keep] for cells in matrix))


def program_tests(cells: list[Cell]) -> Iterator[ProgramTest[Cell]]:
    return (ProgramTest(cell, cell.program, cell.test, cell.task_id, cell.entry_point) for cell in cells)


def ours(matrix: Matrix, workers: int) -> None:
    assert sum(1 for _ in execute(program_tests(matrix.pairs), workers, LIMITS)) == len(matrix.pairs)


def in_process(matrix: Matrix) -> None:
    """Run each distinct cell once, with code compiled once and no formatting, in a child whose time can be counted."""
    child = os.fork()
    if child == 0:
        try:
            silence()
            run_cells(matrix.cells)
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def silence() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)


def run_cells(cells: list[Cell]) -> None:
    codes: dict[str, Any] = {}
    for cell in cells:
        for source in (cell.program, cell.test):
            if source not in codes:
                try:
                    codes[source] = compile(source, "<cell>", "exec")
                except SyntaxError:
                    codes[source] = compile("raise SyntaxError", "<cell>", "exec")
        run_cell(codes[cell.program], codes[cell.test])


def run_cell(program: Any, test: Any) -> bool:
    """Say whether the test passes, with the semantics of the authors' script and without its formatting."""
    import types
    import unittest

    class Result(unittest.TestResult):
        failfast = True

        def _exc_info_to_string(self, err: object, test: object) -> str:
            return ""

    module = types.ModuleType("cell")
    sys.modules["cell"] = module
    try:
        exec(program, module.__dict__)
        exec(test, module.__dict__)
        cases = [
            value
            for value in vars(module).values()
            if isinstance(value, type) and issubclass(value, unittest.TestCase) and value.__module__ == "cell"
        ]
        suite = unittest.TestSuite(map(unittest.defaultTestLoader.loadTestsFromTestCase, cases))
        result = Result()
        suite.run(result)
    except BaseException:
        return False
    return result.testsRun > 0 and result.wasSuccessful()


def process_a_pair(cells: list[Cell], workers: int) -> None:
    """Run each cell in a `multiprocessing.Process` with a pipe for its verdict, `workers` at a time."""
    context = multiprocessing.get_context("fork")
    running: list[tuple[Any, Any]] = []
    for cell in cells:
        receiving, sending = context.Pipe(duplex=False)
        process = context.Process(target=report_cell, args=(cell, sending))
        process.start()
        sending.close()
        running.append((process, receiving))
        if len(running) >= workers:
            finish(*running.pop(0))
    for process, receiving in running:
        finish(process, receiving)


def report_cell(cell: Cell, sending: Any) -> None:
    silence()
    sending.send(run_cell(compile_or_fail(cell.program), compile_or_fail(cell.test)))


def compile_or_fail(source: str) -> Any:
    try:
        return compile(source, "<cell>", "exec")
    except SyntaxError:
        return compile("raise SyntaxError", "<cell>", "exec")


def finish(process: Any, receiving: Any) -> None:
    if receiving.poll(2):
        receiving.recv()
    else:
        process.kill()
    process.join()


def untrusted_checks(cells: list[Cell]) -> None:
    """Run EvalPlus's checker on one input, `(1,)`, per cell: the cost of its process, whatever the program answers."""
    from evalplus.eval import untrusted_check

    for cell in cells:
        untrusted_check("humaneval", cell.program, [(1,)], cell.entry_point, [1], 0, [0.01], fast_check=True)


def coderm(script: Path, cells: list[Cell], workers: int) -> None:
    """Run the authors' script on files in its own format, with the lines that their preprocessing adds to a test."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [
            {"task_id": cell.task_id, "sol_id": n, "ut_id": 0, "code": f"{cell.program}\n\n{cell.test}\n{RUN_CLASS}"}
            for n, cell in enumerate(cells)
        ]
        (Path(folder) / "in.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        command = [sys.executable, str(script), "--input_path", "in.jsonl", "--output_path", "out.jsonl"]
        subprocess.run(
            [*command, "--mp_num", str(workers)],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


RUN_CLASS = """
case = next(v for v in list(globals().values()) if isinstance(v, type) and issubclass(v, unittest.TestCase))
suite = unittest.TestLoader().loadTestsFromTestCase(case)
locals_dict['result'] = unittest.TextTestRunner(stream=output, verbosity=2).run(suite)
"""


class Usage(NamedTuple):
    wall: float
    cpu: float


def used(work: Callable[[], None]) -> Usage:
    def cpu() -> float:
        usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)

    wall_start, cpu_start = time.perf_counter(), cpu()
    work()
    return Usage(time.perf_counter() - wall_start, cpu() - cpu_start)


def report(rows: dict[str, tuple[Callable[[], None], int]], matrix: Matrix, options: argparse.Namespace) -> None:
    usages = interleaved({name: partial(used, work) for name, (work, _) in rows.items()}, options.repeats)
    rates = {name: rows[name][1] / median(u.wall for u in usages[name]) for name in rows}
    whole = {"this executor", "in one process, no isolation (bound)"}
    base = rates.get("CodeRM docker_source/main.py", rates["process a pair (multiprocessing)"])
    table = []
    for name in rows:
        cells = len(matrix.cells) if name in whole else rows[name][1]
        cpu = median(u.cpu for u in usages[name]) / cells
        table.append([name, f"{rates[name]:.0f}", f"{rates[name] / base:.1f}", f"{1e3 * cpu:.3f}", f"{1 / cpu:.0f}"])
    print_table(["", "pairs/s", "ratio", "CPU ms per distinct cell", "cells/s on one core"], table)


def bare_forks(count: int = 300) -> float:
    start = time.perf_counter()
    for _ in range(count):
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
    return (time.perf_counter() - start) / count


def report_loops(matrix: Matrix, slow: list[str], workers: int) -> None:
    """Report the cost of programs that do not end: at most two limits each, whatever the number of their tests."""
    cells = [cell for cell in matrix.cells if cell.program in set(slow)]
    if not cells:
        return
    start = time.perf_counter()
    results = list(execute(program_tests(cells), workers, LIMITS))
    wall = time.perf_counter() - start
    late = sum(r.verdict == Verdict.TIMED_OUT for r in results)
    print(f"\n{len(slow)} programs that ran out of time, {len(cells)} cells, {late} timed out: {wall:.1f} s, ", end="")
    print(f"{wall * workers / len(slow):.2f} s of one worker a program (limit {LIMITS.timeout_s} s, two strikes)")


if __name__ == "__main__":
    main()
