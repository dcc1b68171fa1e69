"""The budget curve: what each policy makes of the same recorded tests, and the files that say so."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from helpers.cli import coderm, quick
from helpers.results import grades, noisy, problem

from coderm_eval.benchmarks.demo import SAMPLES, TESTS
from coderm_eval.core.protocols import Block
from coderm_eval.core.records import ProblemCandidates, Verdicts
from coderm_eval.pipeline.budget_policy import all_policies
from coderm_eval.pipeline.loop import rerank
from coderm_eval.report.budget_curve import ORDERS, BudgetPoint, budget_curve, doubling_budgets, write_curve
from coderm_eval.report.scores import expected_pass_at_1
from coderm_eval.selection.budget import SequentialBudget
from coderm_eval.selection.budget.settings import BudgetSettings
from coderm_eval.selection.budget.simulation import shuffled, simulate
from coderm_eval.selection.resampling import with_tests

RESULTS = noisy(9, 12, seed=4)
GRADES = [grades(*(row == n % 6 for row in range(6))) for n in range(9)]
RATES = {r.problem.task_id: 1 / 6 for r in RESULTS}
POLICIES = all_policies(BudgetSettings(), dict.fromkeys(RATES, 12), lambda: RATES)


@pytest.fixture(scope="module")
def points() -> list[BudgetPoint]:
    return budget_curve(RESULTS, GRADES, "majority", POLICIES, [1, 4, 12])


def at(points: list[BudgetPoint], policy: str, average: int) -> BudgetPoint:
    [found] = [point for point in points if (point.policy, point.average) == (policy, average)]
    return found


def test_every_policy_has_a_point_at_every_budget(points: list[BudgetPoint]) -> None:
    assert [(point.policy, point.average) for point in points] == [
        (policy, average) for policy in ("sequential", "uniform", "greedy", "greedy, oracle") for average in (1, 4, 12)
    ]


def test_no_policy_spends_more_than_its_budget(points: list[BudgetPoint]) -> None:
    assert all(point.tests <= point.average for point in points)
    assert at(points, "uniform", 4).tests == 4


def test_with_all_tests_the_curve_ends_where_a_run_with_all_tests_does(points: list[BudgetPoint]) -> None:
    rows = [
        expected_pass_at_1(with_tests(r, range(12), ["majority"]), g, "majority")
        for r, g in zip(RESULTS, GRADES, strict=True)
    ]
    last = at(points, "uniform", 12)
    assert last.pass_at_1.value == pytest.approx(np.mean(rows))
    assert last.pass_at_1.low == last.pass_at_1.high == pytest.approx(np.mean(rows))
    assert last.agreement == 1


def test_a_point_is_the_mean_over_orders_of_what_the_first_tests_pick(points: list[BudgetPoint]) -> None:
    """Uniform with four tests, the long way: the first four of each order."""
    means, agreements = [], []
    for order in range(ORDERS):
        recordings = shuffled(RESULTS, "majority", [0, order])
        scores = []
        for result, grade in zip(RESULTS, GRADES, strict=True):
            first = recordings[result.problem.task_id].state(4)
            samples = [sample for test in first.tests for sample in test.samples]
            drawn = with_tests(result, samples, ["majority"])
            whole = with_tests(result, range(12), ["majority"])
            scores.append(expected_pass_at_1(drawn, grade, "majority"))
            agreements.append(drawn.selections["majority"].chosen == whole.selections["majority"].chosen)
        means.append(np.mean(scores))
    point = at(points, "uniform", 4)
    assert point.pass_at_1.value == pytest.approx(np.mean(means))
    assert (point.pass_at_1.low, point.pass_at_1.high) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])))
    assert point.agreement == pytest.approx(np.mean(agreements))


def test_gains_are_over_uniform_at_the_same_budget(points: list[BudgetPoint]) -> None:
    for point in points:
        uniform = at(points, "uniform", point.average)
        gain = point.pass_at_1.value - uniform.pass_at_1.value
        assert point.gain_over_uniform.value == pytest.approx(gain)
    assert math.isnan(at(points, "uniform", 4).gain_over_uniform.low)


def test_a_problem_that_could_not_be_graded_is_left_out(points: list[BudgetPoint]) -> None:
    spoilt = [*RESULTS, problem("spoilt", "PF", "FP")]
    found = budget_curve(spoilt, [*GRADES, grades(True, None)], "majority", POLICIES, [4])
    assert found == [at(points, policy, 4) for policy in POLICIES]


def test_budgets_double_as_far_as_the_tests_reach() -> None:
    assert doubling_budgets(RESULTS) == [1, 2, 4, 8]
    assert doubling_budgets(noisy(2, 16, seed=0)) == [1, 2, 4, 8, 16]
    assert doubling_budgets([problem("a", "P"), problem("b", "PPP")]) == [1, 2]


def test_a_simulated_policy_sees_what_it_would_see_in_a_run() -> None:
    """The same policy through the real loop, with the tests of one order as they are asked for."""
    order = shuffled(RESULTS, "majority", [3])
    limits = dict.fromkeys(order, 12)
    simulated = simulate(order, SequentialBudget(50, 1, limits, tolerance=0.03, batch=4))
    by_task = {r.problem.task_id: r for r in RESULTS}
    sources = {task: [t.source for t in order[task].state(12).tests] for task in order}

    def write(wanted: Mapping[str, range]) -> Iterator[tuple[str, list[tuple[int, str]]]]:
        for task, samples in wanted.items():
            yield task, [(sample, sources[task][sample]) for sample in samples]

    def execute(blocks: Iterable[Block | None]) -> Iterator[tuple[Block, Verdicts]]:
        for block in filter(None, blocks):
            full = by_task[block.problem.task_id]
            columns = {test.source: column for column, test in enumerate(full.tests)}
            yield block, full.verdicts.of_tests([columns[test] for test in block.tests])

    ran = rerank(
        [ProblemCandidates(r.problem, r.candidates) for r in RESULTS],
        write_tests=write,
        execute=execute,
        rule="majority",
        rules=["majority"],
        budget=SequentialBudget(50, 1, limits, tolerance=0.03, batch=4),
    )
    for result in ran:
        recorded, tests = order[result.problem.task_id], simulated[result.problem.task_id]
        assert [test.source for test in result.tests] == [test.source for test in recorded.state(tests).tests]
        assert result.selections["majority"].rewards == recorded.pick(tests).rewards


def test_the_files_say_what_the_points_say_and_are_the_same_each_time(
    points: list[BudgetPoint], tmp_path: Path
) -> None:
    for folder in ("one", "two"):
        write_curve(tmp_path / folder, points, "a title")
    one, two = ((tmp_path / folder / "curve.svg").read_bytes() for folder in ("one", "two"))
    assert one == two
    assert b"a title" in one
    with (tmp_path / "one" / "curve.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert [(row["policy"], int(row["average"])) for row in rows] == [(p.policy, p.average) for p in points]
    assert all(0 <= float(row["orders_low"]) <= float(row["orders_high"]) <= 1 for row in rows)
    assert [float(row["pass@1"]) for row in rows] == pytest.approx([p.pass_at_1.value for p in points], abs=1e-6)
    assert ElementTree.fromstring(one).tag.endswith("svg")


def test_a_run_with_a_curve_uses_all_tests_and_writes_the_curve(tmp_path: Path) -> None:
    samples, tests = quick(SAMPLES, tmp_path / "samples.jsonl", 16), quick(TESTS, tmp_path / "tests.jsonl", 16)
    arguments = ["--benchmark", "demo", "--samples", samples, "--tests", tests, "--out", "run", "--allow-partial"]
    ran = coderm("rerank", *arguments, "--grade", "--curve", "--budget", "sequential", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert re.search(r"pass@1, %\|95 % of 100 orders\|over uniform, %\| +95 % +\|pick of all tests, %", ran.stdout)
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["budget"] == {"policy": "uniform", "average": 16, "samples": 48, "recorded": 48}
    with (tmp_path / "run" / "curve.csv").open() as lines:
        rows = {(row["policy"], row["average"]): row for row in csv.DictReader(lines)}
    assert float(rows["uniform", "16"]["pass@1"]) == pytest.approx(summary["rules"]["evidence"]["pass@1"]["value"])
    assert float(rows["sequential", "8"]["tests"]) <= 8


def test_a_curve_needs_grades(tmp_path: Path) -> None:
    arguments = ["--benchmark", "demo", "--samples", SAMPLES, "--tests", TESTS, "--out", "run"]
    ran = coderm("rerank", *arguments, "--budget-curve", cwd=tmp_path)
    assert ran.returncode == 2
    assert ran.stderr == (
        "coderm-eval: --budget-curve says how often picks are right, which needs grades: give --grade as well\n"
    )
