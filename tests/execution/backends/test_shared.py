"""One executor that many threads use at once: verdicts as without the others, limits apart, errors to those waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from coderm_eval.core.protocols import ExecutionResult
from coderm_eval.core.records import Verdict
from coderm_eval.execution.backends.base import Executor
from coderm_eval.execution.backends.local import LocalExecutor
from coderm_eval.execution.backends.shared import SharedExecutor
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import Key, ProgramTest

ROOMY = Limits(timeout_s=5)
TEST = """import unittest


class TestF(unittest.TestCase):
    def test_f(self):
        self.assertEqual(f(2), 4)
"""
PROGRAMS = {
    "right": ("def f(x):\n    return x * x\n", Verdict.PASSED),
    "wrong": ("def f(x):\n    return x + 3\n", Verdict.FAILED),
    "gone": ("def f(x):\n    import os\n    os._exit(0)\n", Verdict.CRASHED),
}


@pytest.fixture(scope="module")
def local() -> Iterator[LocalExecutor]:
    with LocalExecutor(workers=2) as executor:
        yield executor


@pytest.fixture
def shared(local: LocalExecutor) -> Iterator[SharedExecutor]:
    with SharedExecutor(local) as executor:
        yield executor


def _tests(problem: str) -> list[ProgramTest[str]]:
    return [ProgramTest(name, program, TEST, problem, "f") for name, (program, _) in PROGRAMS.items()]


def test_each_of_many_threads_gets_its_own_verdicts(shared: SharedExecutor) -> None:
    def run(thread: int) -> dict[str, Verdict]:
        return {result.key: result.verdict for result in shared.run(_tests(f"p{thread % 5}"), ROOMY)}

    with ThreadPoolExecutor(24) as threads:
        found = list(threads.map(run, range(48)))
    assert found == [{name: verdict for name, (_, verdict) in PROGRAMS.items()}] * 48


def test_threads_with_other_limits_and_libraries_take_turns(shared: SharedExecutor) -> None:
    slow = "import time\ndef f(x):\n    while time.process_time() < 0.7: pass\n    return x * x\n"
    looks = f"import sys\n\nassert 'colorsys' in sys.modules\n{TEST}"
    wanted = [
        (slow, TEST, ROOMY, (), Verdict.PASSED),
        (slow, TEST, Limits(timeout_s=0.3), (), Verdict.TIMED_OUT),
        (PROGRAMS["right"][0], looks, ROOMY, ("colorsys",), Verdict.PASSED),
    ]

    def run(number: int) -> list[Verdict]:
        program, test, limits, libraries, _ = wanted[number % 3]
        return [r.verdict for r in shared.run([ProgramTest(0, program, test, "p", "f")], limits, libraries)]

    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(run, range(6)))
    assert found == [[wanted[number % 3][-1]] for number in range(6)]


def test_results_come_while_the_next_tests_are_being_written(shared: SharedExecutor) -> None:
    """As in the loop, which would else wait for all tests of a turn before it sees a verdict."""
    seen = threading.Event()

    def tests() -> Iterator[ProgramTest[str] | None]:
        yield from _tests("first")
        while not seen.is_set():
            yield None
        yield from _tests("second")

    found = []
    for result in shared.run(tests(), ROOMY):
        found.append(result.key)
        seen.set()
    assert sorted(found) == sorted([*PROGRAMS, *PROGRAMS])


def test_rehearsals_of_many_threads_come_between_runs(shared: SharedExecutor) -> None:
    def work(number: int) -> object:
        if number % 2:
            return [result.verdict for result in shared.run(_tests("p")[:1], ROOMY)]
        [(key, calls)] = shared.rehearse([(number, "f", [TEST.replace("f(2)", f"f({number})")])], ROOMY)
        return key, str(calls)

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(work, range(16)))
    assert found[1::2] == [[Verdict.PASSED]] * 8
    for number, rehearsed in zip(range(0, 16, 2), found[::2], strict=True):
        assert isinstance(rehearsed, tuple)
        assert rehearsed[0] == number
        assert f"[{number}]" in rehearsed[1]


def test_no_tests_are_no_work(shared: SharedExecutor) -> None:
    assert list(shared.run([], ROOMY)) == list(shared.run([None, None], ROOMY)) == []
    assert list(shared.rehearse([], ROOMY)) == []


class _Broken:
    """An executor whose workers are gone."""

    def run(
        self, tests: Iterable[ProgramTest[Key] | None], limits: Limits, libraries: Sequence[str] = ()
    ) -> Iterator[ExecutionResult[Key]]:
        next(iter(tests))
        raise OSError("no more processes")

    def rehearse(
        self, problems: Iterable[tuple[Key, str, Sequence[str]]], limits: Limits
    ) -> Iterator[tuple[Key, Sequence[Sequence[str]] | None]]:
        raise OSError("no more processes")


def test_an_error_reaches_everyone_who_waits_and_stops_nobody_later() -> None:
    broken: Executor = _Broken()
    with SharedExecutor(broken) as shared:
        for _ in range(2):
            with pytest.raises(OSError, match="no more processes"):
                list(shared.run(_tests("p"), ROOMY))
            with pytest.raises(OSError, match="no more processes"):
                list(shared.rehearse([(0, "f", [TEST])], ROOMY))


@pytest.mark.parametrize("pauses", [0, 50])
def test_who_waits_when_it_is_closed_gets_an_error(local: LocalExecutor, pauses: int) -> None:
    """Whether or not its program runs by then."""
    endless = ProgramTest("endless", "def f(x):\n    while True: pass\n", TEST, "p", "f")
    begun = threading.Event()

    def tests() -> Iterator[ProgramTest[str] | None]:
        yield endless
        for number in count():
            if number == pauses:
                begun.set()
            time.sleep(0.01)
            yield None

    def wait(executor: SharedExecutor) -> str:
        with pytest.raises(RuntimeError, match="closed"):
            list(executor.run(tests(), Limits(timeout_s=60)))
        return "told"

    with ThreadPoolExecutor(1) as thread:
        with SharedExecutor(local) as closing:
            waiting = thread.submit(wait, closing)
            begun.wait()
        assert waiting.result() == "told"


def test_what_has_not_begun_when_it_is_closed_is_not_run(local: LocalExecutor) -> None:
    """Else a server that is told to end would first run all that was asked for, however long that takes."""
    endless = [ProgramTest(n, f"def f(x):\n    while True: x + {n}\n", TEST, "p", "f") for n in range(100)]
    results: list[ExecutionResult[int]] = []

    def wait(executor: SharedExecutor) -> None:
        with pytest.raises(RuntimeError, match="closed"):
            results.extend(map(noticed, executor.run(endless, Limits(timeout_s=0.5))))

    def noticed(result: ExecutionResult[int]) -> ExecutionResult[int]:
        begun.set()
        return result

    begun = threading.Event()
    with ThreadPoolExecutor(1) as thread:
        with SharedExecutor(local) as closing:
            waiting = thread.submit(wait, closing)
            begun.wait()
        waiting.result()
    assert len(results) < len(endless)
