"""EvalPlus's tests in the executor: what it calls right is right, its limits hold, and nothing deceives it."""

from __future__ import annotations

import gzip
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from evalplus.eval import untrusted_check
from helpers import execution
from helpers.attacks import ATTACKS
from helpers.judged_calls import calls_of_judge, calls_of_test
from helpers.mini_humaneval import MiniHumanEval, compute_here, mini_row, point_evalplus

from coderm_eval.benchmarks import GradeTask, load_benchmark
from coderm_eval.benchmarks.evalplus.comparison import check, with_tolerances
from coderm_eval.benchmarks.evalplus.gold_tests import loads_test, statuses, suite_test
from coderm_eval.benchmarks.evalplus.reference_answers import Answers
from coderm_eval.core.errors import SettingsError
from coderm_eval.core.programs.source import module_names
from coderm_eval.core.records import Verdict
from coderm_eval.execution.wire.encoding import decode, encode
from coderm_eval.pipeline.settings import load_settings

PASSED, FAILED, TIMED_OUT, CRASHED, NOT_RUN = Verdict


@pytest.fixture(autouse=True)
def _expected_outputs_are_computed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    compute_here(monkeypatch)


# The comparison

COMPARED: list[tuple[str, tuple[Any, ...], Any, str, float]] = [
    ("gauge", (), 3, "3", 0),
    ("gauge", (), 3, "4", 0),
    ("gauge", (), 3, "3.0", 0),
    ("gauge", (), 1, "True", 0),
    ("gauge", (), None, "None", 0),
    ("gauge", (), None, "0", 0),
    ("gauge", (), "ebb", '"ebb"', 0),
    ("gauge", (), [1, 2], "(1, 2)", 0),
    ("gauge", (), (1, 2), "[1, 2]", 0),
    ("gauge", (), [1, 2], "[2, 1]", 0),
    ("gauge", (), {1: 2}, "Counter({1: 2})", 0),
    ("gauge", (), {1: 2}, "OrderedDict({1: 2})", 0),
    ("gauge", (), Counter({1: 2}), "{1: 2}", 0),
    ("gauge", (), {1, 2}, "frozenset({2, 1})", 0),
    ("gauge", (), [1, 2], "deque([1, 2])", 0),
    ("gauge", (), 2, "np.int64(2)", 0),
    ("gauge", (), [1, 2], "np.array([1, 2])", 0),
    ("gauge", (), True, "np.bool_(True)", 0),
    ("gauge", (), 0.5, "Fraction(1, 2)", 0),
    ("gauge", (), 0.5, "0.5000001", 0),
    ("gauge", (), 0.5, "0.51", 0),
    ("gauge", (), 0.5, "1", 0),
    ("gauge", (), 2.0, "2", 0),
    ("gauge", (), 2.0, "2 + 1e-7", 0),
    ("gauge", (), 0.5, "np.float64(0.5)", 0),
    ("gauge", (), [0.5], "[nan]", 0),
    ("gauge", (), [math.nan], "[float('nan')]", 0),
    ("gauge", (), 0.5, "np.float64(0.5000001)", 0),
    ("gauge", (), math.nan, "nan", 0),
    ("gauge", (), math.inf, "inf", 0),
    ("gauge", (), 0.5, '"0.5"', 0),
    ("gauge", (), [0.1, 0.2], "[0.1, 0.2000000001]", 0),
    ("gauge", (), [0.1, 0.2], "[0.1]", 0),
    ("gauge", (), [0.1, 0.2], "(0.1, 0.2)", 0),
    ("gauge", (), [0.1, 2], "[0.1, 2.0000000001]", 0),
    ("gauge", (), (0.1, 0.2), "(0.1, 0.2000000001)", 0),
    ("gauge", (), [[0.1]], "[[0.1000000001]]", 0),
    ("gauge", (), 10, "10.00001", 1e-4),
    ("gauge", (), 10.0, "10.00001", 1e-4),
    ("gauge", (), 10.0, "10.01", 1e-4),
    ("gauge", (), "deep", '"shallow"', 1e-4),
]
"""Name of the function, arguments, expected answer, a program's answer as source, tolerance of the dataset."""

NAMES = """
from collections import Counter, OrderedDict, deque
from fractions import Fraction
from math import inf, nan
import numpy as np
"""

COMPARED_IN_MBPP: list[tuple[str, tuple[Any, ...], Any, str, float]] = [
    ("are_equivalent", (1, 2), True, "False", 0),
    ("sum_div", (8,), 7, "0", 0),
    ("sum_div", (8,), 7, "7", 0),
    ("sum_div", (8,), 7, "8", 0),
    ("surface_Area", (3, 4), 33, "33", 0),
    ("surface_Area", (3, 4), 33, "34", 0),
    ("surface_Area", (3, 4), 33, "None", 0),
    ("surface_Area", (4, 5), 50, "59", 0),
    ("digit_distance_nums", (1, 23), 3, "4", 0),
    ("digit_distance_nums", (1, 23), 3, "5", 0),
    ("similar_elements", ((1, 2),), (1, 2), "[2, 1]", 0),
    ("similar_elements", ((1, 2),), (1, 2), "(2, 2, 1)", 0),
    ("similar_elements", ((1, 2),), (1, 2), "(1, 3)", 0),
    ("similar_elements", ((1, 2),), (1, 2), "iter([2, 1])", 0),
    ("similar_elements", ((1, 2),), (1, 2), "12", 0),
    ("check_str", ("ebb",), True, '"a match"', 0),
    ("check_str", ("ebb",), False, "None", 0),
    ("check_str", ("ebb",), True, "None", 0),
    ("check_str", ("ebb",), True, "False", 0),
    ("check_str", ("ebb",), False, "False", 0),
]


def status_there(
    dataset: str, name: str, program: str, given: Sequence[Any], expected: list[Any], atol: float = 0
) -> str:
    """Return EvalPlus's own status for one call; its usual second of wall time is too short on a busy machine."""
    status: str
    status, _ = untrusted_check(
        dataset, program, [given], name, expected, atol, [0.0], fast_check=True, min_time_limit=50
    )
    return status


@pytest.mark.parametrize(
    ("dataset", "name", "given", "wanted", "got", "atol"),
    [("humaneval", *case) for case in COMPARED] + [("mbpp", *case) for case in COMPARED_IN_MBPP],
    ids=str,
)
def test_an_answer_is_right_where_evalplus_says_so(
    dataset: str, name: str, given: tuple[Any, ...], wanted: Any, got: str, atol: float
) -> None:
    program = f"{NAMES}\n\n\ndef {name}(*arguments):\n    return {got}\n"
    expected = [wanted]
    status = status_there(dataset, name, program, given, expected, atol)
    [(_, tolerance)] = with_tolerances(expected, atol)
    names: dict[str, Any] = {}
    exec(NAMES, names)
    answer = decode(encode(eval(got, names)))  # as it comes to a test
    assert (_complaint(name, given, answer, wanted, tolerance) is None) == (status == "pass")


def _complaint(*comparison: Any) -> Exception | None:
    try:
        check(*comparison)
    except Exception as error:
        return error
    return None


def _judge(name: str, given: tuple[Any, ...], wanted: Any, atol: float) -> Any:
    """The judge of a suite with this one call."""
    row = mini_row(0, name, "*arguments", "Invented.", "pass", [], []) | {"atol": atol}
    names: dict[str, Any] = {}
    exec(suite_test(row, Answers([encode(list(given))], [encode(wanted)], {}, 0.0)), names)
    return names["_judge_answer"]


@pytest.mark.parametrize(("name", "given", "wanted", "got", "atol"), [*COMPARED, *COMPARED_IN_MBPP], ids=str)
def test_a_judge_says_of_an_answer_what_the_comparison_says(
    name: str, given: tuple[Any, ...], wanted: Any, got: str, atol: float
) -> None:
    names: dict[str, Any] = {}
    exec(NAMES, names)
    text = encode(eval(got, names))
    [(_, tolerance)] = with_tolerances([wanted], atol)
    right = _complaint(name, given, decode(text), wanted, tolerance) is None
    assert _judge(name, given, wanted, atol)(1, f'["returned",{text},null,null]') == ("P" if right else "F")


JUDGED: list[tuple[int, str, str | None]] = [
    (0, '["function"]', ""),
    (0, '["absent"]', None),
    (1, '["raised","KeyError","KeyError",[3]]', "F"),
    (1, '["returned",{"object":[0,"Buoy"]},null,null]', None),
    (1, '["returned",3,[[4],{"dict":[]}],null]', None),
    (1, '["coroutine",["returned",3,null,null]]', None),
    (1, "[]", None),
    (1, "3", None),
    (1, "no answer", None),
]


@pytest.mark.parametrize(("number", "answer", "said"), JUDGED)
def test_a_judge_leaves_to_the_test_what_it_cannot_tell(number: int, answer: str, said: str | None) -> None:
    assert _judge("gauge", (2,), 3, 0)(number, answer) == said


INPUTS: list[tuple[str, list[list[Any]]]] = [
    ("gauge", [[], [1], [(2, "é"), {3: None}]]),
    ("find_zero", [[[1.0, -2.0]]]),
]


@pytest.mark.parametrize(("name", "inputs"), INPUTS, ids=str)
def test_the_calls_of_a_judge_are_those_of_the_test(name: str, inputs: list[list[Any]]) -> None:
    row = mini_row(0, name, "*arguments", "Invented.", "return 0", [], [])
    digests = {str(number): "0" for number in range(1, len(inputs))}
    test = suite_test(row, Answers([*map(encode, inputs)], ["0", *["null"] * len(digests)], digests, 0.0))
    assert calls_of_judge(test) == calls_of_test(test, name)
    assert calls_of_judge(loads_test(row)) == calls_of_test(loads_test(row), name)


def test_from_the_first_float_on_every_answer_of_a_suite_has_a_tolerance() -> None:
    assert list(with_tolerances([1, 0.5, 2], 0)) == [(1, 0), (0.5, 1e-6), (2, 1e-6)]
    assert list(with_tolerances([1, 0.5], 0.01)) == [(1, 0.01), (0.5, 0.01)]


STATUSES: list[tuple[dict[str, Verdict], dict[str, str]]] = [
    ({"base": PASSED, "plus": PASSED, "loads": PASSED}, {"base": "pass", "plus": "pass"}),
    ({"base": PASSED, "loads": PASSED}, {"base": "pass"}),
    ({"base": FAILED, "plus": TIMED_OUT, "loads": PASSED}, {"base": "fail", "plus": "fail"}),
    ({"base": CRASHED, "plus": PASSED, "loads": PASSED}, {"base": "timeout", "plus": "pass"}),
    ({"base": FAILED, "plus": FAILED, "loads": FAILED}, {"base": "fail", "plus": "fail"}),
    ({"base": TIMED_OUT, "plus": TIMED_OUT, "loads": TIMED_OUT}, {"base": "timeout", "plus": "timeout"}),
    ({"base": CRASHED, "plus": CRASHED, "loads": CRASHED}, {"base": "timeout", "plus": "timeout"}),
    ({"base": PASSED, "plus": NOT_RUN, "loads": PASSED}, {}),
]


@pytest.mark.parametrize(("verdicts", "expected"), STATUSES)
def test_verdicts_have_evalplus_names(verdicts: Mapping[str, Verdict], expected: Mapping[str, str]) -> None:
    assert statuses(verdicts) == expected


def test_no_name_of_a_test_is_one_that_a_problem_may_ask_for() -> None:
    row = mini_row(0, "check", "x", "Checks.", "return x", [[1]], [[2]])
    bound = module_names(suite_test(row, Answers(["[1]"], ["1"], {}, 0.0)))
    assert bound and all(name.startswith("_") for name in bound)


# Whole programs, graded

BUOYS = "def buoy_gap(a, b):\n    return abs(a - b)\n"
GUARDED: list[tuple[str, str]] = [
    ("a function of os", "import os\n\n\ndef buoy_gap(a, b):\n    os.getcwd()\n    return abs(a - b)\n"),
    ("one of several modules", "import math, os\n\nos.getcwd()\n\n\ndef buoy_gap(a, b):\n    return abs(a - b)\n"),
    ("from a module", "from os import getcwd\n\n\ndef buoy_gap(a, b):\n    return getcwd() and abs(a - b)\n"),
    ("a file", "def buoy_gap(a, b):\n    open('/dev/null')\n    return abs(a - b)\n"),
    ("a module", "def buoy_gap(a, b):\n    import resource\n\n    return abs(a - b)\n"),
    ("after a future", f"from __future__ import annotations\nimport os\n\nos.getcwd()\n\n\n{BUOYS}"),
    ("without any harm", "import os\n\n\ndef buoy_gap(a, b):\n    return os.sep and abs(a - b)\n"),
    ("with modules that compute", f"from typing import List\nimport math\n\n\n{BUOYS}"),
    ("reads standard input", f"import sys\n\nsys.stdin.read()\n\n\n{BUOYS}"),
    ("has a buffer", f"import sys\n\nread = sys.stdin.buffer\n\n\n{BUOYS}"),
    ("prints", f"import sys\n\nprint(3, file=sys.stderr)\n\n\n{BUOYS}"),
    *(
        (library, f"import {library}\n\n\n{BUOYS}")
        for library in ("numpy", "pandas", "scipy", "sklearn.metrics", "sympy")
    ),
    ("with names that the guard knows", f"import os\n\nOptional, faulthandler\n\n\n{BUOYS}"),
]
"""Programs that EvalPlus's guard may stop."""


def graded(programs: Mapping[str, str], workers: int = 1, **chosen: Any) -> dict[str, dict[str, str]]:
    """{name: statuses} of programs for one problem of HumanEval+, under these settings of EvalPlus's."""
    benchmark = load_benchmark("humaneval+", load_settings({"evalplus": chosen}, source="test").evalplus)
    tasks = [GradeTask(name, "HumanEval/0", program) for name, program in programs.items()]
    return execution.graded(benchmark, tasks, workers=workers)


PASS = {"base": "pass", "plus": "pass"}
FAIL = {"base": "fail", "plus": "fail"}
BASE_ONLY = {"base": "pass", "plus": "fail"}


def test_a_program_finds_what_evalplus_takes_away_missing(mini_humaneval: MiniHumanEval) -> None:
    found = graded(dict(GUARDED), base_only=True)
    wanted = {name: status_there("humaneval", "buoy_gap", program, [2, 5], [3]) for name, program in GUARDED}
    assert found == {name: {"base": status} for name, status in wanted.items()}
    assert {said["base"] for said in found.values()} == {"pass", "fail"}


def put(mini: MiniHumanEval, *rows: dict[str, object]) -> None:
    """These problems are the dataset."""
    mini.path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.usefixtures("short_loading")
def test_no_attack_passes_and_none_keeps_others_from_being_graded(mini_humaneval: MiniHumanEval) -> None:
    put(
        mini_humaneval,
        mini_row(0, "rungs", "height", "Rungs of a ladder.", "return height * 3", [[2]], [[9], [10]]),
    )
    programs = {f"{attack.kind}: {attack.name}": attack.program for attack in ATTACKS}
    programs["honest"] = "def rungs(height):\n    return 3 * height\n"
    found = graded(programs, workers=2, min_time_limit=0.15)
    assert set(found) == set(programs) and found.pop("honest") == PASS
    assert [name for name, said in found.items() if not said or "pass" in said.values()] == []


LARGE = mini_row(0, "wake", "n", "Waves behind a ship.", "return [n // 2 * 2, *range(n)]", [[3]], [[60_000], [4]])
"""Two hundred thousand characters of expected output."""

WAKES: list[tuple[str, str, dict[str, str]]] = [
    ("right", "return [n // 2 * 2] + list(range(n))", PASS),
    ("equal, but of floats", "return [float(n // 2 * 2)] + list(map(float, range(n)))", PASS),
    ("a tuple", "return (n // 2 * 2, *range(n))", FAIL),
    ("wrong in its last number", "return [n // 2 * 2, *range(n - 1), n - 1 + (n > 9)]", BASE_ONLY),
    ("wrong where it is small", "return [n // 2 * 2 + (n == 4), *range(n)]", BASE_ONLY),
    ("nothing", "return None", FAIL),
    (
        "with names of built-in functions",
        "return [n // 2 * 2, *range(n)]\n\n\nhex = int = repr = type = float = 3",
        PASS,
    ),
    ("changes what it is given", "n -= 1\n    return [(n + 1) // 2 * 2, *range(n + 1)]", PASS),
]


def test_large_answers_are_told_by_their_digests(mini_humaneval: MiniHumanEval) -> None:
    put(mini_humaneval, LARGE)
    found = graded({name: f"def wake(n):\n    {body}\n" for name, body, _ in WAKES})
    assert found == {name: expected for name, _, expected in WAKES}
    [kept] = mini_humaneval.path.parent.glob("cache/evalplus/*.coderm4.json")
    assert kept.stat().st_size < 1_000


def test_a_program_that_makes_up_its_digest_is_wrong(mini_humaneval: MiniHumanEval) -> None:
    put(mini_humaneval, LARGE)
    lies = {
        "its own hashing": "import hashlib\nhashlib.sha256 = lambda _: open('/dev/null')\n",
        "its own representation": "class R(list):\n    def __repr__(self):\n        return 'wake'\n",
        "its own text": "import builtins\nbuiltins.repr = lambda _: 'wake'\n",
    }
    found = graded({name: f"{lie}def wake(n):\n    return [n]\n" for name, lie in lies.items()})
    assert found == dict.fromkeys(lies, FAIL)


def test_huge_integers_are_told_by_their_digests(mini_humaneval: MiniHumanEval) -> None:
    """A million decimal digits would take Python seconds to write, and more than it allows."""
    put(mini_humaneval, mini_row(0, "spray", "n", "Drops.", "return 1 << n", [[5]], [[2_000_000]]))
    found = graded({"right": "def spray(n):\n    return 2**n\n", "off": "def spray(n):\n    return 2**n + (n > 9)\n"})
    assert found == {"right": PASS, "off": BASE_ONLY}


def test_what_a_program_does_to_its_arguments_decides_nothing(mini_humaneval: MiniHumanEval) -> None:
    put(mini_humaneval, mini_row(0, "peal", "bells", "Bells.", "return bells[::-1]", [[[1, 2]]], [[[3]]]))
    program = "def peal(bells):\n    answer = bells[::-1]\n    bells.append(bells)\n    return answer\n"
    assert status_there("humaneval", "peal", program, [[1, 2]], [[2, 1]]) == "pass"
    assert graded({"spoils": program}) == {"spoils": PASS}


SLOW = """
import time


def buoy_gap(a, b):
    end = time.process_time() + 0.4
    while time.process_time() < end:
        pass
    return abs(a - b)
"""


def test_the_time_limits_are_those_that_are_set(mini_humaneval: MiniHumanEval) -> None:
    assert graded({"slow": SLOW}) == {"slow": PASS}
    assert graded({"slow": SLOW}, min_time_limit=0.2) == {"slow": FAIL}


def test_a_wrong_program_has_as_much_time_as_a_right_one(mini_humaneval: MiniHumanEval) -> None:
    wrong = SLOW.replace("def buoy_gap(a, b):", "def buoy_gap(a, b):\n    if (a, b) == (2, 5):\n        return 0")
    assert graded({"wrong": wrong, "right": SLOW}) == {"wrong": {"base": "fail", "plus": "pass"}, "right": PASS}


def test_a_slow_reference_solution_gives_time_in_proportion(mini_humaneval: MiniHumanEval) -> None:
    reference = mini_row(0, "buoy_gap", "a, b", "Gap of buoys.", "pass", [[2, 5]], [[1, 1]])
    put(mini_humaneval, reference | {"canonical_solution": SLOW})
    assert graded({"slow": SLOW}, min_time_limit=0.2) == {"slow": PASS}
    assert graded({"slow": SLOW}, min_time_limit=0.2, gt_time_limit_factor=0.001) == {"slow": FAIL}


@pytest.mark.parametrize(("answer", "right"), [("2.00001", True), ("2.1", False), ("None", False)])
def test_a_zero_is_right_where_the_polynomial_nearly_is_one(answer: str, right: bool) -> None:
    assert (_complaint("find_zero", ([-2, 1],), eval(answer), 2.0, 1e-4) is None) == right


def test_a_problem_that_evalplus_lets_nobody_pass_is_in_the_errata(
    mini_humaneval: MiniHumanEval,
) -> None:
    put(mini_humaneval, mini_row(0, "find_zero", "xs", "A zero.", "return 2.0", [[[-2, 1]]], [[[-4, 2]]]))
    program = "def find_zero(xs):\n    return 2.0\n"
    status = status_there("humaneval", "find_zero", program, [[-2, 1]], [2.0])
    assert graded({"right": program}) == {"right": {"base": status, "plus": status}}
    assert load_benchmark("humaneval+").errata == (frozenset() if status == "pass" else {"HumanEval/0"})


LOOPS = "def buoy_gap(a, b):\n    while {}:\n        pass\n    return abs(a - b)\n"


@pytest.mark.parametrize(
    ("when", "expected"),
    [("a == 2", {"base": "fail", "plus": "pass"}), ("b == 2", BASE_ONLY), ("True", FAIL), ("a == b", BASE_ONLY)],
)
def test_a_loop_in_one_suite_says_nothing_of_the_other(
    mini_humaneval: MiniHumanEval, when: str, expected: dict[str, str]
) -> None:
    assert graded({"loops": LOOPS.format(when)}, min_time_limit=0.3) == {"loops": expected}


def test_loading_may_take_longer_than_a_call(mini_humaneval: MiniHumanEval) -> None:
    loads = SLOW.replace("def buoy_gap(a, b):", "def sieve(a, b):") + f"\n\nsieve(1, 2)\n\n\n{BUOYS}"
    assert graded({"loads": loads}, min_time_limit=0.2) == {"loads": PASS}


def test_a_deep_recursion_has_the_stack_that_it_has_there(mini_humaneval: MiniHumanEval) -> None:
    program = "import sys\nfrom functools import lru_cache\n\nsys.setrecursionlimit(10**6)\n\n\n@lru_cache(None)\n"
    program += f"def deep(n):\n    return n and deep(n - 1)\n\n\n{BUOYS.replace('return', 'return deep(50_000) or')}"
    status = status_there("humaneval", "buoy_gap", program, [2, 5], [3])
    assert graded({"deep": program}, base_only=True) == {"deep": {"base": status}}


def test_base_only_leaves_the_extra_tests_out(mini_humaneval: MiniHumanEval) -> None:
    near = "def buoy_gap(a, b):\n    return b - a\n"
    assert graded({"near": near}, base_only=True) == {"near": {"base": "pass"}}


@pytest.mark.parametrize("setting", [{"base_only": True}, {"min_time_limit": 3}, {"gt_time_limit_factor": 9}])
def test_a_stored_grade_belongs_to_its_tests_and_limits(mini_humaneval: MiniHumanEval, setting: dict[str, Any]) -> None:
    graders = {
        load_benchmark("humaneval+", load_settings({"evalplus": chosen}, source="test").evalplus).grader()
        for chosen in ({}, setting)
    }
    assert len(graders) == 2


def test_a_selection_of_mbpp_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SettingsError, match="MBPP\\+ has no mini version"):
        load_benchmark("mbpp+", load_settings({"evalplus": {"mini": True}}, source="test").evalplus)


def test_two_selections_exclude_each_other() -> None:
    with pytest.raises(SettingsError, match="exclude each other"):
        load_settings({"evalplus": {"mini": True, "noextreme": True}}, source="test")


# Real data


@pytest.mark.parametrize(
    ("name", "variable", "file", "tasks"),
    [
        ("humaneval+", "HUMANEVAL_OVERRIDE_PATH", "HumanEvalPlus-v0.1.10.jsonl.gz", (0, 2, 33, 88)),
        ("mbpp+", "MBPP_OVERRIDE_PATH", "MbppPlus-v0.2.0.jsonl.gz", (0, 4, 25, 60, 88)),
    ],
)
def test_reference_solutions_of_a_few_real_problems_pass(
    recorded_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    variable: str,
    file: str,
    tasks: tuple[int, ...],
) -> None:
    few = tmp_path / "few.jsonl"
    with gzip.open(recorded_data / "evalplus" / file, "rt", encoding="utf-8") as lines:
        few.write_text("".join(line for number, line in enumerate(lines) if number in tasks))
    point_evalplus(monkeypatch, {variable: str(few), "XDG_CACHE_HOME": str(tmp_path / "cache")})
    benchmark = load_benchmark(name)
    rows = map(json.loads, few.read_text().splitlines())
    given = [GradeTask(row["task_id"], row["task_id"], row["prompt"] + row["canonical_solution"]) for row in rows]
    assert execution.graded(benchmark, given) == {task.key: PASS for task in given}
