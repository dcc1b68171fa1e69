"""What probing inputs give and cost, on the candidates, tests and grades of a run.

    python -m perf.probing RUN --benchmark humaneval+ [--every 2] [--tests 4] [--scores scores.json]

RUN is a graded run directory. Everything is run anew: here every second problem with its first four tests, whose calls
are the seeds. Printed are the expected pass@1 of `evidence` without probing inputs and with more and more of them, the
paired gain, the own time of the rule, and the CPU time of all processes for the tests and for the inputs.
"""

from __future__ import annotations

import json
import resource
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from coderm_eval.benchmarks import load_benchmark
from coderm_eval.core.protocols import Execute, Probe
from coderm_eval.core.records import Grade, Probes, ProblemCandidates, RerankResult, Selection, deduplicate_candidates
from coderm_eval.core.store import Store, open_store
from coderm_eval.execution.backends.base import Executor
from coderm_eval.execution.cached import cached_execution
from coderm_eval.execution.executor import make_executor
from coderm_eval.execution.probing import make_probe
from coderm_eval.execution.settings import ExecutionSettings
from coderm_eval.generation.recorded.readers import read_by_task
from coderm_eval.pipeline.loop import rerank
from coderm_eval.report.rows import read_grade
from coderm_eval.report.run_directory import RunDirectory
from coderm_eval.report.scores import tied_pass_at_1
from coderm_eval.report.statistics import gain_interval
from coderm_eval.selection import finalists, select
from coderm_eval.selection.budget import UniformBudget
from perf._common import argument_parser, print_table, seconds

INPUTS = (0, 5, 10, 20, 40)
RULE = "evidence"
EXECUTION = ExecutionSettings()

Done = TypeVar("Done")


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--tests", type=int, default=1_000)
    parser.add_argument("--scores", type=Path, help="write each problem's scores, by the number of inputs")
    options = parser.parse_args()
    grades = grades_by_task(RunDirectory(options.run))
    problems = candidates(options.run, options.benchmark, options.every)
    tests = first_tests(options.run, options.tests)
    results, cpu = run(problems, tests)
    graded = [(result, grades[result.problem.task_id]) for result in results]
    scores = {number: [score(result, listed, number) for result, listed in graded] for number in INPUTS}
    if options.scores:
        options.scores.write_text(json.dumps(scores))
    print(f"{len(results)} problems; CPU seconds: tests {cpu[0]:.0f}, inputs {cpu[1]:.0f}\n")
    print_table(["inputs", "pass@1", "gain", "rule's time"], list(rows(results, scores)))


def rows(results: Sequence[RerankResult], scores: Mapping[int, Sequence[float]]) -> Iterator[list[str]]:
    before = np.array(scores[0])
    plain = seconds(lambda: [pick(result, 0) for result in results])
    for number, found in scores.items():
        gain = gain_interval(np.array(found) - before)
        taken = seconds(lambda number=number: [pick(result, number) for result in results])  # type: ignore[misc]
        interval = f"{100 * gain.value:+.1f} ({100 * gain.low:+.1f} to {100 * gain.high:+.1f})"
        yield [str(number), f"{100 * np.mean(found):.1f}", interval, f"{taken / plain:.2f}"]


def grades_by_task(directory: RunDirectory) -> dict[str, dict[int, Grade]]:
    """Return the grades by task id and sample."""
    return {
        row["task_id"]: {sample: read_grade(grade) for grade in row["grades"] for sample in grade["samples"]}
        for row in directory.rows("grades.jsonl")
    }


def first_tests(run: Path, most: int) -> dict[str, Sequence[str]]:
    """Return the first tests of each problem of a run, by task id."""
    return {task: listed[:most] for task, listed in read_by_task(run / "tests.jsonl", "test").items()}


def candidates(run: Path, benchmark: str, every: int) -> list[ProblemCandidates]:
    known = load_benchmark(benchmark).problem_by_id()
    samples = read_by_task(run / "samples.jsonl", "solution")
    return [ProblemCandidates(known[task], deduplicate_candidates(samples[task])) for task in list(samples)[::every]]


def run(
    problems: Sequence[ProblemCandidates], tests: Mapping[str, Sequence[str]]
) -> tuple[list[RerankResult], tuple[float, float]]:
    """Run all tests, and then the most inputs; returns the CPU seconds of each, too."""

    def run_inputs(executor: Executor, store: Store) -> list[RerankResult]:
        probe: Probe | None = make_probe(executor, store, EXECUTION, "perf", max(INPUTS))
        assert probe
        rows = {r.problem.task_id: finalists(r.candidates, r.tests, r.verdicts) for r in results}
        found = probe([(_part(result, rows[result.problem.task_id]), result.tests) for result in results])
        probes = {task: Probes(rows[task], verdicts) for task, verdicts in found.items()}
        return [replace(result, probes=probes[result.problem.task_id]) for result in results]

    results, cpu_of_tests = with_executor(lambda executor, store: run_tests(executor, store, problems, tests))
    results, cpu_of_inputs = with_executor(run_inputs)
    return results, (cpu_of_tests, cpu_of_inputs)


def run_tests(
    executor: Executor, store: Store, problems: Sequence[ProblemCandidates], tests: Mapping[str, Sequence[str]]
) -> list[RerankResult]:
    """Run all tests; the results have the picks of `evidence` and of `majority`."""

    def written(wanted: Mapping[str, range]) -> Iterator[tuple[str, list[tuple[int, str]]]]:
        for task, samples in wanted.items():
            yield task, [(n, tests[task][n]) for n in samples if n < len(tests.get(task, ()))]

    execute: Execute = cached_execution(executor, store.verdicts(), EXECUTION, "perf")
    budget = UniformBudget(max(map(len, tests.values())))
    rules = [RULE, "majority"]
    return rerank(problems, write_tests=written, execute=execute, rule=RULE, rules=rules, budget=budget)


def _part(result: RerankResult, rows: Sequence[int]) -> ProblemCandidates:
    return ProblemCandidates(result.problem, tuple(result.candidates[row] for row in rows))


def with_executor(work: Callable[[Executor, Store], Done]) -> tuple[Done, float]:
    """Return what the work gives, and the CPU seconds of the processes that it started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store(Path(folder)) as store,
        make_executor(EXECUTION) as executor,
    ):
        done = work(executor, store)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def pick(result: RerankResult, inputs: int) -> Selection:
    """Return the rule's pick with the first so many inputs."""
    probes = result.probes and replace(result.probes, verdicts=result.probes.verdicts.of_tests(slice(inputs)))
    return select([RULE], result.candidates, result.tests, result.verdicts, stopped="perf", probes=probes)[RULE]


def score(result: RerankResult, grades: Mapping[int, Grade], inputs: int) -> float:
    """Return the expected pass@1 with the first so many inputs."""
    listed = [grades[candidate.samples[0]] for candidate in result.candidates]
    return tied_pass_at_1(pick(result, inputs), result.candidates, listed)


if __name__ == "__main__":
    main()
