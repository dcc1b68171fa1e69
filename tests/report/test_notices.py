"""What a run says about itself: one line for each thing that is systematically odd, in every host."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import coderm, rows, write_rows
from helpers.mini_humaneval import MiniHumanEval
from helpers.stores import everything

RIGHT_TESTS = {
    "HumanEval/0": ["assert buoy_gap(9, 4) == 5", "assert buoy_gap(1, 1) == 0"],
    "HumanEval/1": ["assert peal([4, 8]) == [8, 4]", "assert peal([]) == []"],
    "HumanEval/2": ["assert latest_tide([2, 6]) == 6", "assert latest_tide([1]) == 1"],
}
TASKS = list(RIGHT_TESTS)


class Files:
    """A samples file and a tests file of the three small problems, to be changed by a test."""

    def __init__(self, folder: Path, mini: MiniHumanEval) -> None:
        self.folder = folder
        self.programs = {task: [mini.wrong[task], mini.right[task]] for task in TASKS}
        self.tests = {task: list(listed) for task, listed in RIGHT_TESTS.items()}

    def rerank(self, *flags: object) -> tuple[int, list[str], dict[str, Any]]:
        """Exit code, the lines of standard error, and the summary."""
        samples = write_rows(self.folder / "s.jsonl", _rows("solution", self.programs))
        tests = write_rows(self.folder / "t.jsonl", _rows("test", self.tests))
        files = ["--samples", samples, "--tests", tests, "--out", "run"]
        done = coderm("rerank", "--benchmark", "humaneval+", *files, "--overwrite", *flags, cwd=self.folder)
        summary = self.folder / "run" / "summary.json"
        return done.returncode, done.stderr.splitlines(), json.loads(summary.read_text()) if summary.exists() else {}

    def notices(self, *flags: object) -> list[str]:
        """What the summary says, which is also what is printed."""
        code, printed, summary = self.rerank(*flags)
        assert code == 0, printed
        found: list[str] = summary["notices"]
        assert all(any(notice in line for line in printed) for notice in found)
        return found


def _rows(column: str, values: dict[str, list[str]]) -> list[dict[str, str]]:
    return [{"task_id": task, column: value} for task, listed in values.items() for value in listed]


@pytest.fixture
def files(tmp_path: Path, mini_humaneval: MiniHumanEval) -> Files:
    return Files(tmp_path, mini_humaneval)


def test_a_sound_run_says_nothing(files: Files) -> None:
    assert files.notices() == []


def test_a_part_of_the_benchmark_is_called_one(files: Files) -> None:
    del files.programs["HumanEval/1"]
    code, printed, _ = files.rerank()
    assert code == 2 and "nothing for 1 of its tasks (HumanEval/1)" in printed[-1]
    (notice,) = files.notices("--allow-partial")
    assert notice == "2 of the 3 problems of humaneval+ are in this run, and every score is of these"


def test_a_tests_file_that_lacks_tasks_is_refused(files: Files) -> None:
    del files.tests["HumanEval/1"], files.tests["HumanEval/2"]
    code, printed, _ = files.rerank()
    assert code == 2 and "t.jsonl: nothing for 2 of its tasks (HumanEval/1, HumanEval/2)" in printed[-1]
    assert "--allow-partial" in printed[-1]


def test_problems_without_tests_are_counted_and_not_called_decided(files: Files) -> None:
    del files.tests["HumanEval/1"]
    files.tests["HumanEval/2"] = ["x = 1"]
    found = files.notices("--allow-partial")
    assert "2 of 3 problems have no test and no probing input: their pick is the first candidate" in found
    assert "1 of 5 test samples could not be used" not in found[0]
    stopped = {r["task_id"]: r["selections"]["evidence"]["stopped"] for r in rows(files.folder / "run/verdicts.jsonl")}
    assert [stopped[task] for task in TASKS[1:]] == ["no tests", "no tests"] and stopped[TASKS[0]] != "no tests"


def test_the_tests_of_a_run_may_be_run_again_though_a_task_has_none(files: Files) -> None:
    files.tests["HumanEval/2"] = ["x = 1"]
    first = files.notices()
    tests = files.folder / "run" / "tests.jsonl"
    assert {"task_id": "HumanEval/2", "test": ""} in rows(tests)
    files.tests = {task: [row["test"] for row in rows(tests) if row["task_id"] == task] for task in TASKS}
    assert [notice for notice in first if "could not be used" not in notice] == files.notices()


def test_rejected_tests_are_counted_by_reason(files: Files) -> None:
    files.tests["HumanEval/0"] += ["x = 1", "def", "import no_such_library_at_all"]
    (notice,) = files.notices()
    assert notice.startswith("3 of 9 test samples could not be used: ")
    assert "1 not valid Python (such as HumanEval/0, sample 3)" in notice


ODD_PROGRAMS: list[tuple[str, dict[str, list[str]], str]] = [
    (
        "empty answers",
        {"HumanEval/0": ["", " \n"]},
        "2 of 6 answers held no code: they are wrong in every row; 1 of 3 ",
    ),
    ("no function", {"HumanEval/0": ["x = 1", "y = 2"]}, "2 of 6 candidates are no Python or lack the function"),
    ("no Python", {"HumanEval/0": ["def", "for"]}, "2 of 6 candidates are no Python or lack the function"),
    ("unequal", {"HumanEval/0": ["x = 1"]}, "problems have unequal numbers of candidates: from 1 to 2"),
    ("alike", {task: ["x = 1", "x = 1"] for task in TASKS}, "3 of 3 problems have one program in all their candidates"),
]


@pytest.mark.parametrize(("what", "programs", "said"), ODD_PROGRAMS, ids=[case[0] for case in ODD_PROGRAMS])
def test_odd_candidates_are_counted(files: Files, what: str, programs: dict[str, list[str]], said: str) -> None:
    files.programs |= programs
    assert any(notice.startswith(said) for notice in files.notices())


def _class(body: str, head: str = "import unittest") -> str:
    return f"{head}\n\nclass TestIt(unittest.TestCase):\n    def test_it(self):\n        {body}\n"


VACUOUS: list[tuple[str, Sequence[str], str]] = [
    ("asserts nothing", [_class("print(peal([1]))"), _class("peal([2])")], "asserts nothing"),
    (
        "constants",
        [_class("peal([1])\n        self.assertTrue(True)"), _class("assert peal or True")],
        "asserts nothing",
    ),
    ("existence", [_class("self.assertTrue(callable(peal))"), _class("assert callable(peal)")], "asserts nothing"),
    (
        "time",
        [
            _class(
                "start = time.time()\n        peal([1])\n        self.assertLess(time.time() - start, 5)",
                "import time, unittest",
            ),
            _class(
                "start = perf_counter()\n        peal([1])\n        s = perf_counter() - start\n        assert s < 5",
                "import unittest\nfrom time import perf_counter",
            ),
        ],
        "asserts only how long calls take",
    ),
    ("no call", [_class("self.assertEqual(1 + 1, 2)"), _class("self.assertEqual(len('ab'), 2)")], "does not name the"),
]


@pytest.mark.parametrize(("what", "tests", "reason"), VACUOUS, ids=[case[0] for case in VACUOUS])
def test_tests_that_say_nothing_are_said_to(files: Files, what: str, tests: Sequence[str], reason: str) -> None:
    files.tests["HumanEval/1"] = list(tests)
    first, second = files.notices()
    assert first.startswith("2 of 6 tests (33%) say nothing of any program by a fault of their own: 2 " + reason)
    assert f"for example HumanEval/1, test 0: {reason}" in first
    assert second == "1 of 3 problems have no test but such"


OWN_ERRORS: list[tuple[str, str]] = [
    (_class("self.assertEqual(peal(bells), [1])"), "NameError: name 'bells' is not defined"),
    (_class("self.assertEqual(peal(self.bells), [1])"), "AttributeError: 'TestIt' object has no attribute 'bells'"),
    (
        _class("from math import no_such_name\n        assert peal([])"),
        "ImportError: cannot import name 'no_such_name'",
    ),
    (_class("self.assertEqual(peal([1]), [1], 2, 3)"), "TypeError: "),
    (_class("assert peal([int('x')]) == 1"), "ValueError: invalid literal for int() with base 10: 'x'"),
    (_class("assert peal([1]) == [1]\n\n    def setUp(self):\n        self.x = [][0]"), "IndexError: list index out"),
    (_class("assert peal([1]) == [1]", "import unittest\nLIMIT = 1 / 0"), "ZeroDivisionError: division by zero"),
    (_class("assert peal([1]) == [1]", "import unittest\nBELLS = LOST"), "NameError: name 'LOST' is not defined"),
    (_class("return 1\n    nonlocal x\n    assert peal([1])"), "SyntaxError: it cannot be compiled"),
    (_class("raise KeyError(f'\\x1b[31m{object()} {peal}')"), "KeyError: "),
    (_class("assert peal(5) or self.lost"), "AttributeError: 'TestIt' object"),  # the right program raises a TypeError
    (_class("assert peal([1], loud=True) == [1]"), "TypeError: peal() got an unexpected keyword argument 'loud'"),
    (_class("self.skipTest('later')\n        assert peal([1])"), "skipped"),
    (_class("pytest.skip('later')\n        assert peal([1])", "import pytest, unittest"), "skipped"),
    (_class("assert peal([1])\n        self.skipTest('later')"), "skipped after a call"),
]

OTHER_PROCESS = [
    _class(
        "out = io.StringIO()\n        with redirect_stdout(out): peal([1])\n        assert out.getvalue() == '1'",
        "import io, unittest\nfrom contextlib import redirect_stdout",
    ),
    _class(
        "with patch('builtins.input', return_value='3'): self.assertEqual(peal([1]), 3)",
        "import unittest\nfrom unittest.mock import patch",
    ),
    _class(
        "saved, sys.stdout = sys.stdout, io.StringIO()\n        peal([1])\n"
        "        text, sys.stdout = sys.stdout.getvalue(), saved\n        assert text == '1'",
        "import io, sys, unittest",
    ),
]
OTHER_PROCESS += [
    _class("with self.assertWarns(UserWarning): peal([1])"),
    _class("with self.assertLogs('bells'): peal([1])"),
    _class("with NamedTemporaryFile() as f: assert peal(f.name) == [1]", "import unittest\nfrom tempfile import *"),
]
OWN_ERRORS += [(test, "replaces or captures") for test in OTHER_PROCESS]


@pytest.mark.parametrize(("test", "message"), OWN_ERRORS, ids=range(len(OWN_ERRORS)))
def test_a_test_that_ends_with_an_error_of_its_own_is_told(files: Files, test: str, message: str) -> None:
    files.tests["HumanEval/1"].append(test)
    (notice,) = files.notices("--budget", "uniform")
    assert notice.startswith("1 of 7 tests (14%) say nothing of any program by a fault of their own: 1 ")
    assert f"for example HumanEval/1, test 2: {message}" in notice
    assert "\x1b" not in notice and "object at 0x7" not in notice


@pytest.mark.parametrize("other", ["import os\nos._exit(0)", "while True: pass"], ids=["ends", "never ends"])
def test_a_candidate_that_is_never_loaded_hides_no_error_of_a_test(files: Files, other: str) -> None:
    files.programs["HumanEval/1"][-1] = other
    files.tests["HumanEval/1"] = [_class("assert peal([1]) == undefined")]
    notices = " ".join(files.notices("--budget", "uniform"))
    assert "for example HumanEval/1, test 0: NameError: name 'undefined' is not defined" in notices


ENDLESS: list[tuple[str, str]] = [
    (_class("found = peal([1])\n        while True: pass\n        assert found"), "timed out for all candidates"),
    (
        _class("import os\n        peal([1]) and os._exit(0)\n        assert peal([1]) or os._exit(0)"),
        "ended its process",
    ),
]


@pytest.mark.parametrize(("test", "reason"), ENDLESS, ids=["times out", "ends"])
def test_a_test_that_ends_no_run_is_told(files: Files, test: str, reason: str) -> None:
    files.tests["HumanEval/1"].append(test)
    (notice,) = files.notices("--budget", "uniform")
    assert notice.startswith(f"1 of 7 tests (14%) say nothing of any program by a fault of their own: 1 {reason}")


def test_candidates_that_never_end_are_no_fault_of_the_tests(files: Files) -> None:
    files.programs["HumanEval/1"] = ["def peal(bells):\n    while True: pass", "def peal(bells):\n    exit()"]
    assert not [notice for notice in files.notices("--budget", "uniform") if "fault of their own" in notice]


WEAK = [
    "assert peal([1, 2]) == 'no candidate does that'",
    "assert peal(5)",  # the right program raises a TypeError, the other returns None
    "self.fail('in any case')",
    "with self.assertRaises(ValueError):\n            peal([1])",
    "with __import__('pytest').raises(ValueError):\n            peal([1])",
]


@pytest.mark.parametrize("body", WEAK)
def test_a_test_that_all_programs_fail_is_no_fault(files: Files, body: str) -> None:
    """It may be right, and every program wrong."""
    files.tests["HumanEval/1"].append(_class(body.replace("self.fail(", "peal([1]) or self.fail(")))
    assert files.notices("--budget", "uniform") == []


def test_all_tests_of_a_writer_who_errs_alike_are_no_weak_model(files: Files) -> None:
    """Of two candidates none passes any test: the one that has the function is asked why."""
    files.programs = {task: ["def", right] for task, (_, right) in files.programs.items()}
    files.tests = {task: [_class("self.assertEqual(tested(1), 0)")] for task in TASKS}
    first, second = [notice for notice in files.notices() if "no Python" not in notice]
    assert "3 of 3 tests (100%) say nothing of any program" in first and "3 NameError; for example" in first
    assert second == "3 of 3 problems have no test but such"


def test_a_second_run_says_the_same_and_runs_nothing(files: Files) -> None:
    files.tests["HumanEval/1"].append(OWN_ERRORS[0][0])
    first = files.notices()
    before = everything(files.folder / "run" / "store")
    assert files.notices() == first
    assert everything(files.folder / "run" / "store") == before


def test_a_few_tests_that_say_nothing_are_counted_but_not_shown(files: Files) -> None:
    files.tests["HumanEval/1"] += [_class(f"self.assertEqual(peal([{n}]), [{n}])") for n in range(20)]
    files.tests["HumanEval/1"] += [_class("print(peal([1]))")]
    _, _, summary = files.rerank("--budget", "uniform")
    assert summary["notices"] == []
    assert summary["test_faults"]["by_reason"] == {
        "asserts nothing": {"test_samples": 1, "example": {"task_id": "HumanEval/1", "test": 22, "message": ""}}
    }


def test_a_report_repeats_the_notices_of_its_run(files: Files) -> None:
    files.programs["HumanEval/0"] = ["", " "]
    found = files.notices("--grade")
    done = coderm("report", "run", cwd=files.folder)
    assert done.stdout.splitlines()[-len(found) :] == [f"note: {notice}" for notice in found]
