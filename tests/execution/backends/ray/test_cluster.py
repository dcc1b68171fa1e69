"""Programs on a real cluster: verdicts as on this machine, whatever comes, goes or is killed meanwhile."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
from helpers.execution import run_tests
from helpers.processes import is_alive, soon
from helpers.ray_clusters import SQUARE, actors, add_node, drain_node, kill_node, raylet, waiting

from coderm_eval.core.records import Verdict
from coderm_eval.execution.backends.local import LocalExecutor
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import ProgramTest

LIMITS = Limits()

PROGRAMS = {
    "right": "def f(x):\n    return x * x\n",
    "wrong": "def f(x):\n    return x * x if x else 1\n",
    "raises": "def f(x):\n    raise ValueError(x)\n",
    "gone": "def f(x):\n    import os\n    os._exit(0)\n",
    "endless": "def f(x):\n    while True: pass\n",
    "object": "def f(x):\n    return object()\n",
    "no Python": "def f(x:\n",
}


@pytest.fixture(scope="module")
def executor(cluster: Any, node: Any) -> Iterator[Any]:
    from coderm_eval.execution.backends.ray.executor import RayExecutor

    with RayExecutor(cluster.address) as executor:
        yield executor


def _tests() -> Iterator[ProgramTest[tuple[int, str, int]] | None]:
    for problem in range(3):
        for number in range(4):
            for name, program in PROGRAMS.items():
                if name != "endless" or problem == 0:
                    yield ProgramTest((problem, name, number), program, SQUARE.format(number), f"p{problem}", "f")
        yield None


def test_results_are_those_of_this_machine(executor: Any) -> None:
    def columns(results: Any) -> dict[object, object]:
        return {result.key: (result.verdict, result.output, result.reason) for result in results}

    found = list(executor.run(_tests(), LIMITS))
    assert len(found) == len({result.key for result in found})
    assert columns(found) == columns(run_tests(_tests(), LIMITS, workers=2))


def test_tests_are_rehearsed_as_on_this_machine(executor: Any) -> None:
    problems = [(name, "f", [SQUARE.format(number) for number in range(3)]) for name in "ab"]
    with LocalExecutor(workers=1) as local:
        assert dict(executor.rehearse(problems, LIMITS)) == dict(local.rehearse(problems, LIMITS))
        assert executor.self_test(LIMITS) == local.self_test(LIMITS)


def test_libraries_and_no_work_at_all(executor: Any) -> None:
    looks = f"import sys\n\nassert 'colorsys' in sys.modules\n{SQUARE.format(3)}"
    [result] = executor.run([ProgramTest(0, PROGRAMS["right"], looks, "p", "f")], LIMITS, ("colorsys",))
    assert result.verdict == Verdict.PASSED
    assert list(executor.run([], LIMITS)) == list(executor.run([None, None], LIMITS)) == []


def test_what_was_lost_is_run_again_and_nothing_twice(cluster: Any, node: Any, executor: Any) -> None:
    """The only actor is killed; a node comes; once it works, the first one's actor is killed, and then it vanishes."""
    other = None
    keys = []
    for result in executor.run(waiting(150), LIMITS):
        assert result.verdict == Verdict.PASSED
        keys.append(result.key)
        if len(keys) == 5:
            [actor] = actors(node)
            os.kill(actor, signal.SIGKILL)
        elif len(keys) == 20:
            other = add_node(cluster)
        elif other and actors(other) and len(keys) > 60:
            kill_node(cluster, other)
            other = None
    assert sorted(keys) == list(range(150))
    assert other is None


@pytest.mark.parametrize("killed", [False, True])
def test_a_node_that_drains_ends_what_it_has_begun(cluster: Any, node: Any, executor: Any, killed: bool) -> None:
    """Without work Ray stops it; where it is killed before, the rest is run elsewhere."""
    other = add_node(cluster)
    process = raylet(other)
    keys, drained_at, many = [], 0, False

    def works() -> bool:
        return any("run" in name for name in actors(other).values())

    def few_until_it_works() -> Iterator[ProgramTest[int] | None]:
        nonlocal many
        tests = waiting(5000)
        while not works():
            yield from islice(tests, 5)  # more than one node can do by the next time
            yield None
            time.sleep(0.2)
        many = True
        yield from islice(tests, 150)

    for result in executor.run(few_until_it_works(), LIMITS):
        assert result.verdict == Verdict.PASSED
        keys.append(result.key)
        if many and not drained_at and works():
            drain_node(other)
            drained_at = len(keys)
        elif killed and drained_at and len(keys) == drained_at + 5:
            kill_node(cluster, other)
    assert sorted(keys) == list(range(len(keys)))
    assert drained_at
    assert soon(lambda: not is_alive(process))
    if not killed:
        kill_node(cluster, other)


def test_what_ray_prints_of_lost_nodes_is_kept_off_the_output(
    executor: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from ray._private.worker import print_to_stdstream

    print_to_stdstream({"lines": ["Raylet is terminated."], "pid": "raylet", "is_err": False}, ignore_prefix=False)
    assert capsys.readouterr().out == ""


def test_what_is_not_wanted_any_more_is_ended(node: Any, executor: Any) -> None:
    running = executor.run(waiting(1000), LIMITS)
    next(running)
    [actor] = actors(node)
    running.close()
    assert soon(lambda: not is_alive(actor))
    assert [result.key for result in executor.run(waiting(1), LIMITS)] == [0]
