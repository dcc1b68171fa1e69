"""Throughput of a Ray cluster on this machine against the executor without Ray.

python -m perf.ray_backend                the table of docs/measurements/scale.md, in about ten minutes
python -m perf.ray_backend --seconds 10   a quick look

"computing": programs that are over at once, on one node with two workers, against two workers without Ray. "waiting":
programs that wait for half a second, on nodes with one worker each, against one worker without Ray: as these burn
no CPU, more nodes than this machine has cores can be looked at. Each run is warm: workers are there, and calls have
their size.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from coderm_eval.execution.backends.base import Executor
from coderm_eval.execution.backends.local import LocalExecutor
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import ProgramTest
from perf._common import argument_parser, interleaved, median, print_table, seconds

LIMITS = Limits(timeout_s=2)
TEST = """import unittest


class TestF(unittest.TestCase):
    def test_f(self):
        self.assertEqual(f({0}), {0} * {0})
"""
Tests = Callable[[int], Iterator[ProgramTest[tuple[int, ...]]]]


def computing(problems: int) -> Iterator[ProgramTest[tuple[int, ...]]]:
    """20 programs on 20 tests for each problem, of which half pass."""
    for problem in range(problems):
        for program in range(20):
            source = f"def f(x):\n    return x * x if x >= {program % 2 * program} else {problem}\n"
            for test in range(20):
                yield ProgramTest((problem, program, test), source, TEST.format(test), f"p{problem}", "f")


def waiting(programs: int) -> Iterator[ProgramTest[tuple[int, ...]]]:
    """Programs that wait for half a second, with one test each."""
    for number in range(programs):
        source = f"import time\ndef f(x):\n    time.sleep(0.5)\n    return x * x + {number} * 0\n"
        yield ProgramTest((number,), source, TEST.format(3), f"p{number}", "f")


@contextmanager
def cluster(*cpus: int) -> Iterator[Executor]:
    """An executor on a cluster of nodes with so many CPUs each."""
    from ray.cluster_utils import Cluster

    from coderm_eval.execution.backends.ray.executor import RayExecutor

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    try:
        for each in cpus:
            made.add_node(num_cpus=each)
        with RayExecutor(made.address) as executor:
            yield executor
    finally:
        made.shutdown()  # type: ignore[no-untyped-call]


def rate(executor: Executor, tests: Tests, size: int) -> float:
    """Tests a second."""
    done: list[object] = []
    took = seconds(lambda: done.extend(executor.run(tests(size), LIMITS)))
    return len(done) / took


def compare(tests: Tests, size: int, workers: int, nodes: tuple[int, ...], repeats: int) -> tuple[float, float]:
    """Tests a second without Ray, and with it where it has `nodes`, each of so many CPUs; both warm."""
    share = sum(nodes) // workers
    with LocalExecutor(workers=workers) as local, cluster(*nodes) as distributed:
        measures = {
            "local": partial(rate, local, tests, size),
            "ray": partial(rate, distributed, tests, size * share),
        }
        for warm_up in measures.values():
            warm_up()
        found = interleaved(measures, repeats)
    return median(found["local"]), median(found["ray"])


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--seconds", type=float, default=40, help="of one run, about")
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))  # before Ray is imported

    def rows() -> Iterator[tuple[str, ...]]:
        plans: list[tuple[str, Tests, int, int, tuple[int, ...]]] = [("computing", computing, 5, 2, (2,))]
        plans += [("waiting", waiting, 2, 1, (1,) * nodes) for nodes in (1, 2, 4)]
        for name, tests, a_second, workers, nodes in plans:
            local, ray = compare(tests, int(a_second * given.seconds), workers, nodes, given.repeats)
            efficiency = ray / (local * sum(nodes) / workers)
            yield name, f"{len(nodes)} x {nodes[0]}", f"{local:.1f}", f"{ray:.1f}", f"{efficiency:.0%}"

    print_table(("programs", "nodes x workers", "tests a second without Ray", "with Ray", "of linear"), rows())


if __name__ == "__main__":
    main()
