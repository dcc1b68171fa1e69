"""What `sequential` gives with probing inputs: with few tests, with a quarter and half of them, and where it stops.

    python -m perf.probing_budgets RUN --benchmark humaneval+ [--every 3] [--tests 30] [--orders 2]

RUN is a graded run directory. Tests and inputs are run anew. The tests come in random orders, over which figures are
means; inputs are made, as in every run, from the calls of those tests that were asked for. "Final picks" is the share
of the picks that are those of all tests with inputs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from coderm_eval.core.protocols import Block, Probe
from coderm_eval.core.records import Grade, ProblemCandidates, RerankResult, Verdicts
from coderm_eval.core.store import open_store
from coderm_eval.execution.executor import make_executor
from coderm_eval.execution.probing import make_probe
from coderm_eval.pipeline.loop import rerank
from coderm_eval.report.run_directory import RunDirectory
from coderm_eval.report.scores import tied_pass_at_1
from coderm_eval.selection.budget import BudgetPolicy, SequentialBudget, UniformBudget
from perf._common import argument_parser, print_table
from perf.probing import EXECUTION, RULE, candidates, first_tests, grades_by_task, run_tests, with_executor

INPUTS = 30
FEW = 4
TOLERANCE = 0.03
FINAL = "all, with inputs"

Grades = Mapping[str, Mapping[int, Grade]]
Orders = Mapping[str, Sequence[int]]
"""By task id, the columns of a problem's tests in the order in which they are written."""


class Outcome(NamedTuple):
    """What one budget gives in one order."""

    pass_at_1: float
    tests: float
    """The share of all tests that was spent."""
    picks: npt.NDArray[np.int64]
    """A row of each problem's matrix."""


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--tests", type=int, default=1_000)
    parser.add_argument("--orders", type=int, default=2)
    options = parser.parse_args()
    problems = candidates(options.run, options.benchmark, options.every)
    tests = first_tests(options.run, options.tests)
    results, _ = with_executor(lambda executor, store: run_tests(executor, store, problems, tests))
    grades = grades_by_task(RunDirectory(options.run))
    rows = measure(results, grades, options.orders)
    print_table(["tests", "pass@1, %", "tests spent, %", "final picks, %"], rows)


def measure(results: Sequence[RerankResult], grades: Grades, orders: int) -> list[list[str]]:
    """Return a row for each budget, with means over so many orders of the tests."""
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store(Path(folder)) as store,
        make_executor(EXECUTION) as executor,
    ):
        probe = make_probe(executor, store, EXECUTION, "perf", INPUTS)
        found = [_figures(dict(_outcomes(results, grades, _shuffled(results, n), probe))) for n in range(1, orders + 1)]
    return [[name, *(f"{100 * x:.1f}" for x in np.mean([f[name] for f in found], axis=0))] for name in found[0]]


def _figures(outcomes: Mapping[str, Outcome]) -> dict[str, tuple[float, float, float]]:
    """Return pass@1, the share of the tests and the share of the final picks, by the budget."""
    final = np.array(outcomes[FINAL].picks)
    return {name: (o.pass_at_1, o.tests, float(np.mean(o.picks == final))) for name, o in outcomes.items()}


def _outcomes(
    results: Sequence[RerankResult], grades: Grades, orders: Orders, probe: Probe | None
) -> Iterator[tuple[str, Outcome]]:
    most = {task: len(columns) for task, columns in orders.items()}
    every, few = sum(most.values()), FEW * len(most)

    def sequential(total: int, tolerance: float = 0.0) -> BudgetPolicy:
        limit = max(1, 4 * round(total / len(most)))
        return SequentialBudget(total, 1, {task: min(limit, n) for task, n in most.items()}, tolerance=tolerance)

    def outcome(budget: BudgetPolicy, probe: Probe | None = probe) -> Outcome:
        done = _rerank(results, orders, budget, probe)
        right = [_score(result, grades) for result in done]
        return Outcome(
            float(np.mean(right)),
            sum(len(r.tests) for r in done) / every,
            np.array([r.selections[RULE].chosen for r in done]),
        )

    yield "all", outcome(UniformBudget(max(most.values())), None)
    yield FINAL, outcome(UniformBudget(max(most.values())))
    yield f"{FEW}, uniform", outcome(UniformBudget(FEW), None)
    yield f"{FEW}, uniform, with inputs", outcome(UniformBudget(FEW))
    yield f"{FEW}, with inputs", outcome(sequential(few))
    yield "a quarter, with inputs", outcome(sequential(every // 4))
    yield "half, with inputs", outcome(sequential(every // 2))
    yield "where it stops, with inputs", outcome(sequential(every, TOLERANCE))


def _shuffled(results: Sequence[RerankResult], seed: int) -> Orders:
    rng = np.random.default_rng([0, seed])
    return {result.problem.task_id: rng.permutation(len(result.tests)).tolist() for result in results}


def _rerank(
    results: Sequence[RerankResult], orders: Orders, budget: BudgetPolicy, probe: Probe | None
) -> list[RerankResult]:
    """Return what a run gives whose tests come in these orders, with the verdicts that are recorded."""
    recorded = {result.problem.task_id: result for result in results}
    columns = {task: {test.source: n for n, test in enumerate(r.tests)} for task, r in recorded.items()}

    def write_tests(wanted: Mapping[str, range]) -> Iterator[tuple[str, list[tuple[int, str]]]]:
        for task, samples in wanted.items():
            order = orders[task]
            yield task, [(n, recorded[task].tests[order[n]].source) for n in samples if n < len(order)]

    def execute(blocks: Iterable[Block | None]) -> Iterator[tuple[Block, Verdicts]]:
        for block in filter(None, blocks):
            task = block.problem.task_id
            yield block, recorded[task].verdicts.of_tests([columns[task][test] for test in block.tests])

    problems = [ProblemCandidates(result.problem, result.candidates) for result in results]
    return rerank(
        problems, write_tests=write_tests, execute=execute, rule=RULE, rules=[RULE], budget=budget, probe=probe
    )


def _score(result: RerankResult, grades: Grades) -> float:
    graded = grades[result.problem.task_id]
    listed = [graded[candidate.samples[0]] for candidate in result.candidates]
    return tied_pass_at_1(result.selections[RULE], result.candidates, listed)


if __name__ == "__main__":
    main()
