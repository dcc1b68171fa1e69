"""Whatever happens to a worker's processes, a run goes on: nothing waits for ever, and no program is blamed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.processes import our_processes, soon

from coderm_eval.core.records import Verdict
from coderm_eval.execution.backends import local
from coderm_eval.execution.backends.local import LocalExecutor
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import ProgramTest

RUNGS = "def rungs(height):\n    return height * 3\n"
TEST = """
import unittest


class TestRungs(unittest.TestCase):
    def test_rungs(self):
        self.assertEqual(rungs({n}), {n} * 3)
"""

PROCESSES = ("worker", "controller", "tests: who stays behind", "tests", "programs: who stays behind", "programs")


def _children(process: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _tree(worker: int) -> dict[str, int]:
    """The processes of a worker by name: it starts the programs' sandbox first; a sandbox leaves a process behind."""
    programs, tests, controller = _children(worker)
    pids = (worker, controller, tests, _children(tests)[0], programs, _children(programs)[0])
    return dict(zip(PROCESSES, pids, strict=True))


def _problems(count: int) -> Iterator[ProgramTest[int]]:
    for n in range(count):
        yield ProgramTest(n, f"{RUNGS}MARK = {n}\n", TEST.format(n=n), str(n), "rungs")


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_of_a_worker_that_is_killed_costs_no_verdict(name: str) -> None:
    before = our_processes()
    with LocalExecutor(workers=1) as executor:
        results = executor.run(_problems(20), Limits(timeout_s=5))
        verdicts = [next(results).verdict]
        [worker] = our_processes() - before
        os.kill(_tree(worker)[name], signal.SIGKILL)
        verdicts += [result.verdict for result in results]
    assert verdicts == [Verdict.PASSED] * 20
    assert soon(lambda: our_processes() <= before)


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_of_a_worker_that_is_stuck_holds_nobody_up(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "silence_s", lambda _: 3)
    before = our_processes()
    with LocalExecutor(workers=1) as executor:
        results = executor.run(_problems(20), Limits(timeout_s=5))
        verdicts = {next(results).verdict}
        [worker] = our_processes() - before
        os.kill(_tree(worker)[name], signal.SIGSTOP)
        verdicts |= {result.verdict for result in results}
    assert verdicts <= {Verdict.PASSED, Verdict.NOT_RUN}
    assert soon(lambda: our_processes() <= before)


def test_a_consumer_that_stops_waits_for_no_running_program() -> None:
    before = our_processes()
    sleeps = f"import time\n{RUNGS}time.sleep(300)\n"
    tests = [ProgramTest(0, RUNGS, TEST.format(n=0), "0"), ProgramTest(1, sleeps, TEST.format(n=1), "1")]
    start = time.monotonic()
    with LocalExecutor(workers=1) as executor:
        results = executor.run(tests, Limits(timeout_s=200))
        next(results)
        results.close()  # type: ignore[attr-defined]
    assert time.monotonic() - start < 300  # what it sleeps
    assert our_processes() <= before
