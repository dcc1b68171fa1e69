"""What agreement on probing inputs gives without any test, on the candidates and grades of a run.

    python -m perf.no_tests RUN --benchmark humaneval+ [--every 2] [--tests] [--scores scores.json]

RUN is a graded run directory. Seeds are the calls that statements show. Printed are the problems that have inputs, and
the expected pass@1 of `agreement` with more and more inputs, on all distinct candidates and on the most frequent ones.
With --tests the rules that see all tests of RUN are there too. Each has its paired gain over a random sample, and that
of `agreement` with all inputs and candidates over it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from coderm_eval.core.records import Probes, ProblemCandidates, RerankResult, Selection, Verdicts
from coderm_eval.core.store import Store
from coderm_eval.execution.backends.base import Executor
from coderm_eval.execution.probing import make_probe
from coderm_eval.generation.recorded.readers import read_by_task
from coderm_eval.report.run_directory import RunDirectory
from coderm_eval.report.scores import random_pass_at_1, tied_pass_at_1
from coderm_eval.report.statistics import gain_interval
from coderm_eval.selection import select
from perf._common import argument_parser, print_table
from perf.probing import EXECUTION, candidates, grades_by_task, run_tests, with_executor

INPUTS = (10, 20, 40)
ALL = 1_000
MOST = (16, ALL)
"""Candidates that are run on inputs: the most frequent, and among equals the earliest."""

Scores = dict[str, list[float]]


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--tests", action="store_true")
    parser.add_argument("--scores", type=Path, help="write each problem's scores, by row")
    options = parser.parse_args()
    problems = candidates(options.run, options.benchmark, options.every)
    results, cpu = with_executor(lambda executor, store: run_inputs(executor, store, problems))
    inputs = [result.probes.verdicts.matrix.shape[1] for result in results if result.probes]
    print(f"{len(results)} problems, {sum(map(bool, inputs))} with inputs; CPU seconds: inputs {cpu:.0f}", end="")
    tested: Sequence[RerankResult] = ()
    if options.tests:
        tests = read_by_task(options.run / "tests.jsonl", "test")
        tested, cpu = with_executor(lambda executor, store: run_tests(executor, store, problems, tests))
        print(f", tests {cpu:.0f}", end="")
    scores = all_scores(results, tested, RunDirectory(options.run))
    if options.scores:
        options.scores.write_text(json.dumps(scores))
    print("\n")
    print_table(["", "pass@1", "over random", "agreement minus it"], list(rows(scores)))


def run_inputs(executor: Executor, store: Store, problems: Sequence[ProblemCandidates]) -> list[RerankResult]:
    """Run all candidates on the most inputs."""
    probe = make_probe(executor, store, EXECUTION, "perf", max(INPUTS))
    assert probe
    found = probe([(item, ()) for item in problems])
    return [_result(item, found[item.problem.task_id]) for item in problems]


def _result(item: ProblemCandidates, probes: Verdicts) -> RerankResult:
    count = len(item.candidates)
    return RerankResult(
        item.problem, item.candidates, (), Verdicts.not_run(count, 0), {}, Probes(tuple(range(count)), probes)
    )


def all_scores(results: Sequence[RerankResult], tested: Sequence[RerankResult], run: RunDirectory) -> Scores:
    """Return the expected pass@1 of each problem, by row of the table."""
    grades = grades_by_task(run)

    def score(selection: Selection, result: RerankResult) -> float:
        listed = [grades[result.problem.task_id][candidate.samples[0]] for candidate in result.candidates]
        return tied_pass_at_1(selection, result.candidates, listed)

    scores: Scores = {"random": [], "first": []}
    for result in results:
        listed = [grades[result.problem.task_id][candidate.samples[0]] for candidate in result.candidates]
        scores["random"].append(random_pass_at_1(result, listed))
        scores["first"].append(float(bool(grades[result.problem.task_id][0].passed)))
    for most in MOST:
        for number in INPUTS:
            scores[_name(number, most)] = [score(pick(result, number, most), result) for result in results]
    for rule in tested[0].selections if tested else ():
        scores[f"{rule}, all tests"] = [score(result.selections[rule], result) for result in tested]
    return scores


def _name(inputs: int, most: int) -> str:
    return f"agreement, {inputs} inputs, {'all' if most == ALL else most} candidates"


def pick(result: RerankResult, inputs: int, most: int) -> Selection:
    """Return the pick by the first so many inputs, of at most so many candidates."""
    order = sorted(result.probes.rows if result.probes else (), key=lambda row: _frequency(result, row))
    kept = tuple(sorted(order[:most]))
    assert result.probes
    verdicts = result.probes.verdicts
    part = Verdicts(verdicts.matrix[list(kept)], verdicts.cpu_seconds[list(kept)], verdicts.outputs[list(kept)])
    probes = replace(result.probes, rows=kept, verdicts=part.of_tests(slice(inputs)))
    rule = "agreement"
    return select([rule], result.candidates, (), result.verdicts, stopped="perf", probes=probes)[rule]


def _frequency(result: RerankResult, row: int) -> tuple[int, int]:
    candidate = result.candidates[row]
    return -candidate.multiplicity, candidate.samples[0]


def rows(scores: Mapping[str, Sequence[float]]) -> Iterator[list[str]]:
    random = np.array(scores["random"])
    best = np.array(scores[_name(max(INPUTS), ALL)])
    for name, listed in scores.items():
        found = np.array(listed)
        yield [name, f"{100 * np.mean(found):.1f}", _gain(found - random), _gain(best - found)]


def _gain(differences: np.ndarray) -> str:
    gain = gain_interval(differences)
    return f"{100 * gain.value:+.1f} ({100 * gain.low:+.1f} to {100 * gain.high:+.1f})"


if __name__ == "__main__":
    main()
