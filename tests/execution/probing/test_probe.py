"""Candidates on probing inputs, in the real executor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from coderm_eval.core.records import (
    NO_OUTPUT,
    Form,
    Problem,
    ProblemCandidates,
    UnitTest,
    Verdict,
    Verdicts,
    deduplicate_candidates,
)
from coderm_eval.core.store import open_store
from coderm_eval.execution.executor import make_executor
from coderm_eval.execution.probing import make_probe
from coderm_eval.execution.settings import ExecutionSettings

PROBLEM = Problem("list/1", "f", "", "")
TEST = UnitTest(
    "import unittest\n\n\nclass TestF(unittest.TestCase):\n    def test_f(self):\n"
    "        self.assertEqual(f([3, 1, 2]), [1, 2, 3])\n        self.assertEqual(f([5]), [5])\n",
    (0,),
)


def probed(
    folder: Path,
    *programs: str,
    tests: tuple[UnitTest, ...] = (TEST,),
    number: int = 20,
    workers: int = 1,
    problem: Problem = PROBLEM,
) -> Verdicts:
    settings = ExecutionSettings(workers=workers)
    item = ProblemCandidates(problem, deduplicate_candidates(programs))
    with open_store(folder) as store, make_executor(settings) as executor:
        probe = make_probe(executor, store, settings, "strong", number)
        assert probe
        return probe([(item, tests)])["list/1"]


SORTED = "def f(x):\n    return sorted(x)\n"
OTHERWISE_SORTED = "def f(x):\n    y = list(x)\n    y.sort()\n    return y\n"
UNIQUE = "def f(x):\n    return sorted(set(x))\n"
RAISES = "def f(x):\n    raise ValueError(len(x))\n"
RAISES_OTHERWISE = "def f(x):\n    raise ValueError('no')\n"
BROKEN = "def f(x:\n"
NEVER = "def f(x):\n    while True:\n        pass\n"
OBJECT = "class A:\n    def m(self):\n        return 1\n\n\ndef f(x):\n    return A()\n"
ADDRESS = "def f(x):\n    return [repr(f), x]\n"
STATEFUL = "calls = []\n\n\ndef f(x):\n    calls.append(x)\n    return len(calls)\n"


def test_programs_that_no_test_tells_apart_are_told_apart(tmp_path: Path) -> None:
    found = probed(tmp_path, SORTED, OTHERWISE_SORTED, UNIQUE)
    assert found.matrix.tolist() == [[Verdict.PASSED] * 20] * 3
    one, other, unlike = found.outputs
    assert one.tolist() == other.tolist() and 0 < (one == unlike).sum() < 20


def test_exceptions_of_one_type_are_the_same_answer(tmp_path: Path) -> None:
    found = probed(tmp_path, RAISES, RAISES_OTHERWISE)
    assert found.matrix.tolist() == [[Verdict.FAILED] * 20] * 2
    assert len(np.unique(found.outputs)) == 1 and NO_OUTPUT not in found.outputs


ENDS = {
    BROKEN: Verdict.FAILED,
    NEVER: Verdict.TIMED_OUT,
    "import os\n\n\ndef f(x):\n    os._exit(0)\n": Verdict.CRASHED,
}


@pytest.mark.parametrize(("program", "verdict"), ENDS.items(), ids=["broken", "endless", "exit"])
def test_a_program_that_gives_no_answer_has_no_output(tmp_path: Path, program: str, verdict: Verdict) -> None:
    found = probed(tmp_path, program, SORTED, number=5)
    assert found.matrix.tolist() == [[verdict] * 5, [Verdict.PASSED] * 5]
    assert (found.outputs[0] == NO_OUTPUT).all() and NO_OUTPUT not in found.outputs[1]


def test_an_answer_may_be_an_object_and_keeps_no_state(tmp_path: Path) -> None:
    """Each call is the first of its program."""
    found = probed(tmp_path, OBJECT, STATEFUL, number=5)
    assert (found.matrix == Verdict.PASSED).all()
    assert [len(np.unique(row)) for row in found.outputs] == [1, 1]


def test_the_number_of_workers_changes_nothing(tmp_path: Path) -> None:
    programs = (SORTED, UNIQUE, RAISES, BROKEN, OBJECT, STATEFUL)
    one, four = (probed(tmp_path / str(n), *programs, workers=n) for n in (1, 4))
    assert one.matrix.tolist() == four.matrix.tolist() and one.outputs.tolist() == four.outputs.tolist()


def test_what_is_stored_is_not_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = probed(tmp_path, SORTED, UNIQUE)
    monkeypatch.setattr("coderm_eval.execution.backends.process.WorkerProcess.answer", None)  # nothing runs without
    after = probed(tmp_path, SORTED, UNIQUE)
    assert before.outputs.tolist() == after.outputs.tolist()


def test_there_are_no_inputs_without_a_call_to_mutate(tmp_path: Path) -> None:
    nothing = UnitTest("import unittest\n\n\nclass T(unittest.TestCase):\n    def test(self):\n        pass\n", (0,))
    assert probed(tmp_path / "a", SORTED, tests=(nothing,)).matrix.shape == (1, 0)
    assert probed(tmp_path / "b", SORTED, tests=()).matrix.shape == (1, 0)


def test_calls_of_the_statement_are_seeds_where_no_test_makes_one(tmp_path: Path) -> None:
    shown = Problem("list/1", "f", "def f(x):\n    '''>>> f([3, 1, 2])\n    [1, 2, 3]\n    '''", "")
    tests = {"untested": (), "idle": (_test_of("pass"),), "tested": (TEST,)}
    untested, idle, tested = (
        probed(tmp_path / name, SORTED, UNIQUE, tests=given, problem=shown) for name, given in tests.items()
    )
    assert untested.matrix.shape == (2, 20) and untested.outputs.tolist() == idle.outputs.tolist()
    plain = probed(tmp_path / "plain", SORTED, UNIQUE)
    assert tested.outputs.tolist() == plain.outputs.tolist() != untested.outputs.tolist()


def _test_of(*lines: str) -> UnitTest:
    body = "".join(f"        {line}\n" for line in lines)
    return UnitTest(f"import unittest\n\n\nclass T(unittest.TestCase):\n    def test(self):\n{body}", (0,))


FORMS: list[tuple[Form, str, str, str]] = [
    ("method", "class Solution:\n    def f(self, x):\n        return {}\n", "Solution().f([3, 1, 2])", "f"),
    ("stdin", "x = sorted(map(int, input().split()))\nprint({})\n", "solve('2 1 1 3\\n')", "solve"),
]


@pytest.mark.parametrize(("form", "program", "call", "name"), FORMS, ids=[form[0] for form in FORMS])
def test_methods_and_programs_that_read_are_probed_too(
    tmp_path: Path, form: Form, program: str, call: str, name: str
) -> None:
    problem = Problem("list/1", name, "", "", form=form)
    programs = [program.format(answer) for answer in ("sorted(x)", "list(sorted(x))", "sorted(set(x))")]
    found = probed(tmp_path, *programs, tests=(_test_of(f"self.assertTrue({call})"),), problem=problem, number=10)
    assert found.matrix.shape == (3, 10)
    one, other, unlike = found.outputs
    assert one.tolist() == other.tolist() != unlike.tolist()


def test_no_inputs_are_asked_for_by_0(tmp_path: Path) -> None:
    settings = ExecutionSettings()
    with open_store(tmp_path) as store, make_executor(settings) as executor:
        assert make_probe(executor, store, settings, "strong", 0) is None


def test_addresses_are_no_part_of_what_was_answered(tmp_path: Path) -> None:
    first, second = (probed(tmp_path / name, ADDRESS) for name in ("first", "second"))
    assert (first.outputs != NO_OUTPUT).all() and first.outputs.tolist() == second.outputs.tolist()
