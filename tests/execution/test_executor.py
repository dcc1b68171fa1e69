"""The executor with real processes: programs that misbehave, tests that say nothing, and the limits."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping

import pytest
from helpers.execution import run_kept, run_tests
from helpers.other_hosts import granted
from helpers.processes import our_processes

from coderm_eval.core.errors import IncompleteRunError
from coderm_eval.core.protocols import ExecutionResult
from coderm_eval.core.records import NO_OUTPUT, Verdict
from coderm_eval.execution.backends.local import LocalExecutor
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.limits_fingerprint import limits_fingerprint
from coderm_eval.execution.program_test import ProgramTest

PASSED, FAILED, TIMED_OUT, CRASHED, NOT_RUN = Verdict

ROOMY = Limits(timeout_s=5)
"""For programs that end by themselves: a loaded machine must not time them out."""
TIGHT = Limits(timeout_s=0.2)
"""For programs that do not: those use all of it."""

RIGHT = "def rungs(height):\n    return height * 3\n"
WRONG = "def rungs(height):\n    return height * 4\n"
TEST = """
import unittest


class TestRungs(unittest.TestCase):
    def test_low_ladder(self):
        self.assertEqual(rungs(2), 6)

    def test_tall_ladder(self):
        self.assertEqual(rungs(9), 27)
"""


def _doing(*lines: str) -> str:
    """A program whose function does `lines` before it gives the right answer."""
    body = "".join(f"    {line}\n" for line in lines)
    imports = "import os, signal, sys, threading, time, unittest\n\n\n"
    return f"{imports}def rungs(height):\n{body}    return height * 3\n"


KILLS_ITS_PARENT = f"""
import os, signal
try:
    os.kill(os.getppid(), signal.SIGKILL)
except PermissionError:
    pass
{RIGHT}"""
"""The first process of a pid namespace cannot be killed from inside of it."""

FORGES = """
import os

for descriptor in range(3, 256):
    for forged in (b"\\0" * 17, b'{"verdict": 0, "cpu_seconds": 0.1}\\n', b"OK\\n"):
        try:
            os.write(descriptor, forged)
        except OSError:
            pass
os._exit(0)
"""

MISBEHAVING: list[tuple[str, str, Verdict]] = [
    ("right", RIGHT, PASSED),
    ("wrong", WRONG, FAILED),
    ("empty", "", FAILED),
    ("not Python", "def rungs(height:\n", FAILED),
    ("prose", "Here is a ladder that passes.", FAILED),
    ("NUL", f"{RIGHT}\0", FAILED),
    ("lone surrogate", f"{RIGHT}# \ud800\n", FAILED),
    ("another name", "def steps(height):\n    return height * 3\n", FAILED),
    ("annotation that nobody imported", "def rungs(height: Optional[int]):\n    return height * 3\n", FAILED),
    ("exit at import", f"{RIGHT}exit(0)\n", FAILED),
    ("SystemExit at import", f"{RIGHT}raise SystemExit(0)\n", FAILED),
    ("KeyboardInterrupt at import", f"{RIGHT}raise KeyboardInterrupt\n", FAILED),
    ("SkipTest at import", f"import unittest\n{RIGHT}raise unittest.SkipTest\n", FAILED),
    ("os._exit at import", f"import os\n{RIGHT}os._exit(0)\n", CRASHED),
    ("SystemExit in the function", _doing("raise SystemExit(0)"), FAILED),
    ("KeyboardInterrupt in the function", _doing("raise KeyboardInterrupt"), FAILED),
    ("SkipTest in the function", _doing("raise unittest.SkipTest"), FAILED),
    ("SkipTest in some cases", _doing("if height > 5: raise unittest.SkipTest"), FAILED),
    ("os._exit in the function", _doing("os._exit(0)"), CRASHED),
    ("sys.exit in a thread", _doing("threading.Thread(target=sys.exit).start()"), PASSED),
    ("a thread that sleeps on", _doing("threading.Thread(target=time.sleep, args=(999,)).start()"), PASSED),
    ("SIGKILL to itself", _doing("os.kill(os.getpid(), signal.SIGKILL)"), CRASHED),
    ("SIGTERM to itself", _doing("os.kill(os.getpid(), signal.SIGTERM)"), CRASHED),
    ("SIGSEGV to itself", _doing("os.kill(os.getpid(), signal.SIGSEGV)"), CRASHED),
    ("SIGKILL to its parent", KILLS_ITS_PARENT, PASSED),
    ("closes every descriptor", _doing("os.closerange(0, 256)"), PASSED),
    ("forges a verdict on every descriptor", FORGES, CRASHED),
    ("prints a unittest summary and leaves", _doing("print('Ran 2 tests in 0.1s', 'OK')", "os._exit(0)"), CRASHED),
    ("prints a gigabyte", _doing("for _ in range(500): print('x' * 1_000_000)"), PASSED),
    ("prints to stderr", _doing("print('x' * 1_000_000, file=sys.stderr)"), PASSED),
    ("reads its input", _doing("input()"), FAILED),
    ("finds its input empty", _doing("assert sys.stdin.read() == ''"), PASSED),
    ("10 GB of memory", _doing("bytes(10 << 30)"), FAILED),
    ("a file of 1 GB", _doing("open('big', 'wb').truncate(1 << 30)"), FAILED),
    ("a file that never ends", _doing("with open('f', 'wb') as f:", "    while 1: f.write(bytes(1 << 20))"), FAILED),
    ("recursion without end", "def rungs(height):\n    return rungs(height + 1)\n", FAILED),
]

ENDLESS: list[tuple[str, str]] = [
    ("loop", _doing("while True: pass")),
    ("loop at import", f"{RIGHT}while True:\n    pass\n"),
    (
        "loop that swallows exceptions",
        _doing("while True:", "    try:", "        while True: pass", "    except BaseException: pass"),
    ),
    (
        "loop that ignores signals",
        _doing(
            "for number in (signal.SIGALRM, signal.SIGPROF, signal.SIGXCPU, signal.SIGTERM, signal.SIGINT):",
            "    signal.signal(number, signal.SIG_IGN)",
            "while True: pass",
        ),
    ),
    (
        "loop that winds the timers up again",
        _doing(
            "while True:",
            "    for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):",
            "        signal.setitimer(timer, 100)",
        ),
    ),
    ("sleep", _doing("time.sleep(999)")),
    ("stops itself", _doing("os.kill(os.getpid(), signal.SIGSTOP)")),
    ("lock that nobody releases", _doing("lock = threading.Lock()", "lock.acquire()", "lock.acquire()")),
    ("pow of huge numbers", _doing("pow(7, 7 ** 99_999, 10 ** 99_999 + 1)")),
    (
        "iteration in C",
        "import collections, itertools\n\n\ndef rungs(height):\n"
        "    collections.deque(itertools.product(range(99), repeat=9), maxlen=0)\n",
    ),
]

ORDINARY: list[tuple[str, str]] = [
    (
        "dataclass",
        "from dataclasses import dataclass\n\n\n@dataclass\nclass Ladder:\n    height: int\n\n\n"
        "def rungs(height):\n    return Ladder(height).height * 3\n",
    ),
    (
        "dataclass under postponed annotations",
        "from __future__ import annotations\nfrom dataclasses import dataclass, field\n\n\n@dataclass\nclass Ladder:\n"
        "    height: int\n    sides: list[Side] = field(default_factory=list)\n\n\n"
        "def rungs(height):\n    return Ladder(height).height * 3\n",
    ),
    (
        "NamedTuple",
        "from typing import NamedTuple\n\n\nclass Ladder(NamedTuple):\n    height: int\n\n\n"
        "def rungs(height):\n    return Ladder(height).height * 3\n",
    ),
    (
        "pickle",
        "import pickle\n\n\nclass Ladder:\n    pass\n\n\n"
        "def rungs(height):\n    ladder = Ladder()\n    ladder.height = height\n"
        "    return pickle.loads(pickle.dumps(ladder)).height * 3\n",
    ),
    ("annotations are objects", "def rungs(height: int):\n    return rungs.__annotations__['height'](height * 3)\n"),
    ("main guard", f"{RIGHT}\nif __name__ == '__main__':\n    raise SystemExit(input())\n"),
    ("global state", "made = []\n\n\ndef rungs(height):\n    made.append(height)\n    return sum(made[-1:]) * 3\n"),
    ("numpy", "import numpy as np\n\n\ndef rungs(height):\n    return int(np.full(3, height).sum())\n"),
    ("scratch files", _doing("open('note', 'w').write('3')", "assert open('note').read() == '3'")),
]


def _case(*lines: str, base: str = "unittest.TestCase") -> str:
    """A test class with `lines` as its body and one test that holds for a right program."""
    body = "".join(f"    {line}\n" for line in (*lines, "def test_holds(self):", "    self.assertEqual(rungs(2), 6)"))
    return f"import unittest\n\n\nclass TestRungs({base}):\n{body}"


FAILING_CASE = TEST.partition("class TestRungs")[2].replace("27", "28")

SKIPPED_CLASS = """class TestMore(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise unittest.SkipTest

    def test_tall(self):
        self.fail()
"""

TESTS: list[tuple[str, str, Verdict]] = [
    ("one that holds", _case(), PASSED),
    ("empty", "", FAILED),
    ("not Python", "class TestRungs(", FAILED),
    ("a class without methods", "import unittest\n\n\nclass TestRungs(unittest.TestCase):\n    pass\n", FAILED),
    ("a class without test methods", _case().replace("test_holds", "check_holds"), FAILED),
    ("TestCase only imported", "from unittest import TestCase\n", FAILED),
    ("an assert outside of classes", "assert rungs(2) == 6\n", FAILED),
    ("every method skipped", _case("@unittest.skip('later')"), FAILED),
    ("the class skipped", _case().replace("class", "@unittest.skip('later')\nclass"), FAILED),
    ("one method marked to be skipped", _case("@unittest.skip('later')", "def test_tall(self):", "    1 / 0"), PASSED),
    ("one marked by a condition", _case("@unittest.skipIf(1 < 2, 'x')", "def test_tall(self):", "    1 / 0"), PASSED),
    ("one class of two marked", f"{_case()}\n\n@unittest.skip('x')\nclass TestMore{FAILING_CASE}", PASSED),
    ("one method skipped", _case("def test_tall(self):", "    raise unittest.SkipTest"), PASSED),
    ("one skipped by pytest", f"import pytest\n{_case('def test_tall(self):', '    pytest.skip()')}", PASSED),
    ("one skipped after a call", _case("def test_tall(self):", "    rungs(9) == 27 and self.skipTest('x')"), FAILED),
    ("the only one skipped by pytest", _case().replace("self.assert", "__import__('pytest').skip() or self."), FAILED),
    ("one class skipped in setUpClass", f"{_case()}\n\n{SKIPPED_CLASS}", PASSED),
    ("each subTest skipped", _case("def setUp(self):", "    with self.subTest(): self.skipTest('x')"), FAILED),
    ("skipped in setUp", _case("def setUp(self):", "    self.skipTest('later')"), FAILED),
    ("skipped in setUpClass", _case("@classmethod", "def setUpClass(cls):", "    raise unittest.SkipTest"), FAILED),
    ("skipped at import", f"{_case()}\n\nraise unittest.SkipTest\n", FAILED),
    ("exits at import", f"{_case()}\n\nraise SystemExit(0)\n", FAILED),
    ("setUp fails", _case("def setUp(self):", "    raise OSError"), FAILED),
    ("setUpClass fails", _case("@classmethod", "def setUpClass(cls):", "    raise OSError"), FAILED),
    ("setUpModule fails", f"def setUpModule():\n    raise OSError\n\n\n{_case()}", FAILED),
    ("tearDown fails", _case("def tearDown(self):", "    raise OSError"), FAILED),
    ("an expected failure that does not fail", _case("@unittest.expectedFailure"), FAILED),
    ("imports what is not there", f"import no_such_ladder\n{_case()}", FAILED),
    ("one class of two fails", f"{_case()}\n\n{TEST.replace('27', '28').replace('TestRungs', 'TestMore')}", FAILED),
    ("ends with unittest.main", f"{_case()}\n\nif __name__ == '__main__':\n    unittest.main()\n", PASSED),
    (
        "all subTests hold",
        _case("def test_all(self):", "    for h in 1, 2:", "        with self.subTest(h): assert rungs(h) == 3 * h"),
        PASSED,
    ),
    (
        "one subTest fails",
        _case("def test_all(self):", "    for h in 1, 2:", "        with self.subTest(h): assert rungs(h) == 3"),
        FAILED,
    ),
    (
        "an async test that holds",
        _case("async def test_soon(self):", "    assert rungs(1) == 3", base="unittest.IsolatedAsyncioTestCase"),
        PASSED,
    ),
    (
        "an async test that fails",
        _case("async def test_soon(self):", "    assert rungs(1) == 4", base="unittest.IsolatedAsyncioTestCase"),
        FAILED,
    ),
    (
        "an async test that fails after a wait",
        "import asyncio\n"
        + _case(
            "async def test_soon(self):",
            "    await asyncio.sleep(0)",
            "    assert rungs(1) == 4",
            base="unittest.IsolatedAsyncioTestCase",
        ),
        FAILED,
    ),
]

GREEDY: list[tuple[str, str, Limits, Verdict]] = [
    ("300 MiB of memory", _doing("bytes(300 << 20)"), Limits(timeout_s=5, memory_mb=256), FAILED),
    ("0.8 s of CPU", _doing("while time.process_time() < 0.8: pass"), TIGHT, TIMED_OUT),
    ("a file of 2 MiB", _doing("open('f', 'wb').write(bytes(2 << 20))"), Limits(timeout_s=5, file_mb=1), FAILED),
    ("40 files", _doing("f = [open('f', 'w') for _ in range(40)]"), Limits(timeout_s=5, open_files=16), FAILED),
]
"""Programs that pass under ROOMY and not with one limit lowered."""


def _verdicts(tests: Iterable[tuple[str, str, str]], limits: Limits = ROOMY, *, workers: int = 1) -> dict[str, Verdict]:
    """{name: verdict} of (name, program, test)."""
    results = run_kept((ProgramTest(*test, entry_point="rungs") for test in tests), limits, workers=workers)
    return {result.key: result.verdict for result in results}


def _verdict(program: str, test: str = TEST, limits: Limits = ROOMY) -> Verdict:
    return _verdicts([("it", program, test)], limits)["it"]


@pytest.fixture(scope="module", autouse=True)
def _scratch_is_kept_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A worker that is killed cannot remove its program's scratch folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("scratch")))
        yield


@pytest.fixture(scope="module")
def misbehaved() -> dict[str, Verdict]:
    return _verdicts(((name, program, TEST) for name, program, _ in MISBEHAVING), workers=2)


@pytest.fixture(scope="module")
def endless() -> dict[str, Verdict]:
    return _verdicts(((name, program, TEST) for name, program in ENDLESS), TIGHT, workers=2)


@pytest.fixture(scope="module")
def ordinary() -> dict[str, Verdict]:
    return _verdicts((name, program, TEST) for name, program in ORDINARY)


@pytest.fixture(scope="module")
def greedy() -> dict[str, Verdict]:
    return _verdicts((name, program, TEST) for name, program, _, _ in GREEDY)


@pytest.fixture(scope="module")
def tested() -> dict[str, Verdict]:
    return _verdicts((name, RIGHT, test) for name, test, _ in TESTS)


@pytest.mark.parametrize(("name", "verdict"), [(name, verdict) for name, _, verdict in MISBEHAVING])
def test_a_program_that_misbehaves_gets_the_verdict_it_deserves(
    misbehaved: dict[str, Verdict], name: str, verdict: Verdict
) -> None:
    assert misbehaved[name] == verdict


@pytest.mark.parametrize("name", [name for name, _ in ENDLESS])
def test_a_program_that_does_not_end_is_timed_out(endless: dict[str, Verdict], name: str) -> None:
    assert endless[name] == TIMED_OUT


@pytest.mark.parametrize("name", [name for name, _ in ORDINARY])
def test_an_ordinary_right_program_passes(ordinary: dict[str, Verdict], name: str) -> None:
    assert ordinary[name] == PASSED


@pytest.mark.parametrize(("name", "verdict"), [(name, verdict) for name, _, verdict in TESTS])
def test_only_a_test_whose_methods_held_and_of_which_one_ran_is_a_pass(
    tested: dict[str, Verdict], name: str, verdict: Verdict
) -> None:
    assert tested[name] == verdict


@pytest.mark.parametrize("argument", ["lambda: 2", "object()", "len", "TestRungs()"])
def test_an_argument_that_cannot_be_sent_is_told_as_the_tests_own(argument: str) -> None:
    test = ProgramTest("it", RIGHT, TEST.replace("rungs(9)", f"rungs({argument})"), entry_point="rungs")
    (result,) = run_kept([test], ROOMY, workers=1)
    assert (result.verdict, result.reason[:11]) == (FAILED, "TypeError: ") and "'Opaque'" in result.reason


def test_verdicts_depend_neither_on_the_number_of_workers_nor_on_the_order(
    misbehaved: dict[str, Verdict], endless: dict[str, Verdict]
) -> None:
    again = _verdicts(((name, program, TEST) for name, program, _ in reversed(MISBEHAVING)), workers=1)
    assert again == misbehaved
    again = _verdicts(((name, program, TEST) for name, program in ENDLESS[::-2]), TIGHT, workers=1)
    assert again.items() <= endless.items()


@pytest.mark.parametrize(("name", "program", "limits", "verdict"), GREEDY)
def test_a_lower_limit_stops_a_program_that_a_higher_one_lets_pass(
    greedy: dict[str, Verdict], name: str, program: str, limits: Limits, verdict: Verdict
) -> None:
    assert (greedy[name], _verdict(program, limits=limits)) == (PASSED, verdict)


def test_a_loop_that_ignores_signals_is_timed_out_by_its_cpu_time() -> None:
    ignores = next(program for name, program in ENDLESS if name == "loop that ignores signals")
    assert _verdict(ignores, limits=Limits(timeout_s=1.5)) == TIMED_OUT


def test_a_program_that_ends_its_process_costs_no_other_a_verdict() -> None:
    programs = {"a": RIGHT, "b": KILLS_ITS_PARENT, "c": WRONG, "d": _doing("os._exit(0)"), "e": f"{RIGHT}MARK = 1\n"}
    said = _verdicts((name, program, TEST) for name, program in programs.items())
    assert said == {"a": PASSED, "b": PASSED, "c": FAILED, "d": CRASHED, "e": PASSED}


def test_a_program_finds_its_folder_empty_whatever_another_left_there() -> None:
    leaves = _doing("if not os.path.exists('a'):", "    os.makedirs('a/b')", "    os.chmod('a', 0)")
    looks = _doing("assert os.listdir() == []", "open('d', 'w').close()", "os.remove('d')")
    tests = []
    for n in range(3):
        tests += [(f"leaves {n}", f"{leaves}MARK = {n}\n", TEST), (f"looks {n}", f"{looks}MARK = {n}\n", TEST)]
    assert set(_verdicts(tests).values()) == {PASSED}


def test_a_program_does_not_see_the_variables_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LADDER_API_KEY", "open-sesame")
    looks = _doing("assert 'LADDER_API_KEY' not in os.environ and 'open-sesame' not in str(os.environ)")
    assert _verdict(looks) == PASSED


def test_chance_is_the_same_in_every_process() -> None:
    draws = "(random.random(), float(numpy.random.rand()), hash('ladder'), list({'rung', 'rail', 'foot'}))"
    program = f"import random, numpy\n\n\ndef rungs(height):\n    return {draws}\n"
    seeded = "random.seed(0); numpy.random.seed(0)"
    case = _case("def test_chance(self):", f"    {seeded}", f"    self.assertEqual(rungs(1), {draws})")
    test = f"import random, numpy\n{case}".replace("self.assertEqual(rungs(2), 6)", "pass")
    assert set(_verdicts([(str(n), f"{program}MARK = {n}\n", test) for n in range(4)]).values()) == {PASSED}


CHANCES = {
    "random": "random.randrange(10**9)",
    "a generator of its own": "GENERATOR.randrange(10**9)",
    "seeded by the system": "random.seed() or random.randrange(10**9)",
    "the system's": "random.SystemRandom().randrange(10**9)",
    "secrets": "secrets.randbelow(10**9)",
    "os": "int.from_bytes(os.urandom(4), 'big')",
    "uuid": "uuid.uuid4().int % 10**9",
    "numpy": "int(numpy.random.randint(10**9))",
    "numpy's generator": "int(numpy.random.default_rng().integers(10**9))",
}


@pytest.mark.parametrize("drawn", CHANCES.values(), ids=CHANCES.keys())
def test_a_test_that_draws_its_inputs_asks_the_same_when_run_again(drawn: str) -> None:
    loop = ("def test_it(self):", "    for _ in range(20):", f"        n = {drawn}", "        assert rungs(n) == 3 * n")
    test = f"import os, random, secrets, uuid, numpy\nGENERATOR = random.Random()\n{_case(*loop)}"
    assert [_verdict(program, test) for program in (RIGHT, WRONG)] == [PASSED, FAILED]


def test_a_test_of_properties_asks_the_same_when_run_again() -> None:
    holds = ("@given(st.integers())", "def test_drawn(self, n):", "    self.assertEqual(rungs(n), 3 * n)")
    test = f"from hypothesis import given, strategies as st\n{_case(*holds)}"
    assert _verdict(RIGHT, test) == PASSED


def test_changes_to_shared_modules_reach_no_other_program() -> None:
    lenient = f"import math, unittest\nmath.pi = 3\nunittest.TestCase.assertEqual = lambda *given: None\n{WRONG}"
    strict = _doing("import math", "assert math.pi != 3")
    said = _verdicts([("lenient", lenient, TEST), ("wrong", WRONG, TEST), ("strict", strict, TEST)])
    assert (said["wrong"], said["strict"]) == (FAILED, PASSED)


def test_helpers_of_a_test_do_not_replace_those_of_the_candidate() -> None:
    candidate = "def per_metre():\n    return 3\n\n\ndef rungs(height):\n    return height * per_metre()\n"
    own_helper = f"def per_metre():\n    return 4\n\n\n{_case('def test_own(self):', '    assert per_metre() == 4')}"
    assert _verdict(candidate, own_helper) == PASSED


def test_a_test_may_use_what_the_candidate_defines_beside_the_function() -> None:
    candidate = "class LadderError(Exception):\n    pass\n\n\ndef rungs(height):\n    raise LadderError\n"
    test = "import unittest\n\n\nclass TestRungs(unittest.TestCase):\n    def test_short(self):\n"
    assert _verdict(candidate, f"{test}        self.assertRaises(LadderError, rungs, 0)\n") == PASSED


def test_test_classes_of_the_candidate_do_not_count() -> None:
    failing = "import unittest\n\n\nclass TestMine(unittest.TestCase):\n    def test_it(self):\n        self.fail()\n"
    tests = [("holds", RIGHT + _case(), "import unittest\n"), ("fails", RIGHT + failing, TEST)]
    assert _verdicts(tests) == {"holds": FAILED, "fails": PASSED}


def test_cpu_seconds_are_those_of_the_program_and_not_of_its_waits() -> None:
    programs = {"works": _doing("while time.process_time() < 0.5: pass"), "waits": _doing("time.sleep(0.5)")}
    results = run_kept((ProgramTest(name, program, TEST) for name, program in programs.items()), ROOMY, workers=1)
    cpu = {result.key: result.cpu_seconds for result in results}
    assert cpu["waits"] < 0.4 <= cpu["works"]


def test_no_tests_give_no_results() -> None:
    assert list(run_kept([], ROOMY, workers=2)) == []


def _counted(tests: int, taken: list[int]) -> Iterator[ProgramTest[int]]:
    for number in range(tests):
        taken.append(number)
        yield ProgramTest(number, RIGHT, TEST, problem=str(number))


def test_results_come_while_tests_are_still_being_made() -> None:
    taken: list[int] = []
    results = run_kept(_counted(60, taken), ROOMY, workers=2)
    next(results)
    assert len(taken) < 60
    assert {result.key for result in results} < set(range(60)) and len(taken) == 60


def test_a_consumer_that_stops_early_leaves_no_process_behind() -> None:
    before = our_processes()
    results = run_tests(_counted(60, []), ROOMY, workers=2)
    next(results)
    assert our_processes() - before
    assert isinstance(results, Generator)
    results.close()
    assert our_processes() <= before


def test_an_error_in_the_input_reaches_the_consumer() -> None:
    def tests() -> Iterator[ProgramTest[str]]:
        yield ProgramTest("one", RIGHT, TEST)
        raise OSError("no more ladders")

    before = our_processes()
    with pytest.raises(OSError, match="no more ladders"):
        list(run_tests(tests(), ROOMY, workers=1))
    assert our_processes() <= before


def test_a_result_carries_the_key_of_its_test() -> None:
    key = object()
    [result] = run_kept([ProgramTest(key, RIGHT, TEST)], ROOMY, workers=1)
    assert result == ExecutionResult(key, PASSED, result.cpu_seconds, result.output)


# Outputs

WRONG_ALIKE = {"a": "def rungs(height):\n    return -1\n", "b": "def rungs(height):\n    return -1 + 0 * height\n"}
WRONG_OTHERWISE = "def rungs(height):\n    return -2\n"

NO_ANSWER: list[tuple[str, str]] = [
    ("raises what the test did not ask for", _doing("raise ValueError")),
    ("does not end", _doing("while True: pass")),
    ("exits", _doing("os._exit(0)")),
    ("cannot be loaded", "def rungs(height:\n"),
    ("has no such function", "def steps(height):\n    return 0\n"),
]


def _outputs(programs: Mapping[str, str], test: str, limits: Limits = ROOMY) -> dict[str, int]:
    tests = [ProgramTest(name, program, test) for name, program in programs.items()]
    return {result.key: result.output for result in run_kept(tests, limits, workers=1)}


def test_outputs_are_equal_where_programs_answered_alike() -> None:
    found = _outputs({**WRONG_ALIKE, "c": WRONG_OTHERWISE, "d": RIGHT}, TEST)
    assert found["a"] == found["b"] != NO_OUTPUT
    assert len({found["a"], found["c"], found["d"]}) == 3


@pytest.mark.parametrize("program", [p for _, p in NO_ANSWER], ids=[name for name, _ in NO_ANSWER])
def test_a_program_that_gives_no_answer_has_no_output(program: str) -> None:
    assert _outputs({"it": program}, TEST, TIGHT) == {"it": NO_OUTPUT}


def test_an_exception_that_the_test_asks_for_is_an_answer() -> None:
    asking = "import unittest\n\n\nclass TestRungs(unittest.TestCase):\n    def test_short(self):\n"
    test = f"{asking}        self.assertRaises(ValueError, rungs, 0)\n"
    assert _outputs({"it": _doing("raise ValueError")}, test)["it"] != NO_OUTPUT


WITH_ADDRESSES = {
    "an object": "object()",
    "a function": "rungs",
    "a generator": "(n for n in [])",
    "a method": "[].append",
    "objects in a container": "[{1: (object(), lambda: 1)}]",
}


def test_outputs_do_not_depend_on_addresses() -> None:
    programs = {name: f"def rungs(height):\n    return repr({shown})\n" for name, shown in WITH_ADDRESSES.items()}
    programs["of a class"] = "class Rope: pass\n\ndef rungs(height):\n    return str(Rope())\n"
    found = _outputs(programs, TEST)
    assert found == _outputs(programs, TEST)
    assert len({*found.values(), NO_OUTPUT}) == len(programs) + 1


@pytest.mark.parametrize("body", ["return id(height)", "return [id([]) % 7]", "global seen; seen = id; return seen(1)"])
def test_a_program_that_is_told_addresses_has_no_output(body: str) -> None:
    assert _outputs({"it": _doing(body)}, TEST) == {"it": NO_OUTPUT}


def test_a_variable_called_id_is_no_address() -> None:
    assert _outputs({"it": _doing("id = height; return id")}, TEST)["it"] != NO_OUTPUT


def test_numbers_that_look_like_addresses_are_outputs() -> None:
    found = _outputs({n: f"def rungs(height):\n    return hex({n})\n" for n in ("1 << 46", "1 << 45")}, TEST)
    assert len(set(found.values())) == 2


def test_outputs_are_the_same_numbers_in_every_run() -> None:
    programs = {"a": RIGHT, "b": WRONG}
    assert _outputs(programs, TEST) == _outputs(programs, TEST)


def test_runs_of_one_executor_share_its_workers_and_the_end_leaves_none() -> None:
    before = our_processes()
    tests = [ProgramTest(key, program, TEST) for key, program in (("right", RIGHT), ("wrong", WRONG))]
    seen = []
    with LocalExecutor(workers=2) as executor:
        for _ in range(3):
            assert {o.key: o.verdict for o in executor.run(tests, ROOMY)} == {"right": PASSED, "wrong": FAILED}
            seen.append(our_processes() - before)
    assert seen[0] and seen[0] == seen[1] == seen[2]
    assert our_processes() <= before


def test_runs_under_other_limits_share_one_executor() -> None:
    """As those for verdicts and for grades do."""
    short = Limits(timeout_s=0.5)
    slow = _doing("while time.process_time() < 0.7: pass")
    looks = f"import sys\n\nassert 'colorsys' in sys.modules\n{TEST}"
    runs = [
        (slow, TEST, ROOMY, ()),
        (slow, TEST, short, ()),
        (RIGHT, looks, short, ("colorsys",)),
        (slow, TEST, ROOMY, ()),
    ]
    with LocalExecutor(workers=1) as executor:
        found = [
            [result.verdict for result in executor.run([ProgramTest(0, program, test)], limits, libraries)]
            for program, test, limits, libraries in runs
        ]
    assert found == [[PASSED], [TIMED_OUT], [PASSED], [PASSED]]


@pytest.mark.parametrize(("timeouts", "verdict"), [(0, PASSED), (1, PASSED), (2, TIMED_OUT)])
def test_who_has_looped_in_two_tests_gets_less_time_in_later_ones(timeouts: int, verdict: Verdict) -> None:
    """As in those of the same block: a tenth."""
    slow = _doing("while time.process_time() < 0.5: pass")
    (result,) = run_kept([ProgramTest("slow", slow, TEST, timeouts=timeouts)], Limits(timeout_s=3), workers=1)
    assert result.verdict == verdict


def test_the_self_test_passes_under_the_default_limits() -> None:
    assert granted(limits=Limits())


def test_the_self_test_refuses_limits_under_which_nothing_runs() -> None:
    with pytest.raises(IncompleteRunError, match=r"execution\.timeout_s"):
        granted(limits=Limits(timeout_s=1e-5))


@pytest.mark.parametrize(
    "other",
    [Limits(timeout_s=2), Limits(memory_mb=512), Limits(file_mb=1), Limits(open_files=32), Limits(patience_s=0.1)],
)
def test_every_limit_changes_the_fingerprint_of_a_policy(other: Limits) -> None:
    assert limits_fingerprint(other) != limits_fingerprint(Limits()) == limits_fingerprint(Limits())


def test_importing_a_large_library_costs_a_program_none_of_its_time() -> None:
    """scipy.stats alone takes longer to import than this limit allows."""
    program = f"from scipy.stats import beta\nimport scipy.optimize as so\n{RIGHT}"
    (result,) = run_kept([ProgramTest("scipy", program, TEST)], Limits(timeout_s=0.3), workers=1)
    assert result.verdict == PASSED


def test_importing_a_large_library_costs_a_test_none_of_its_time() -> None:
    """A test that imports `os` runs in a process of its own each time."""
    tests = [f"import os, pandas\n{TEST}{_case(f'MARK = {n}')}" for n in range(3)]
    said = _verdicts([(str(n), RIGHT, test) for n, test in enumerate(tests)], Limits(timeout_s=0.2))
    assert set(said.values()) == {PASSED}


def test_libraries_are_there_before_the_first_test() -> None:
    test = f"import sys\n\nassert 'colorsys' in sys.modules\n{TEST}"
    found = [
        [result.verdict for result in run_kept([ProgramTest(0, RIGHT, test)], ROOMY, workers=1, libraries=libraries)]
        for libraries in ([], ["colorsys"])
    ]
    assert found == [[FAILED], [PASSED]]


# Calls in a hurry

HURRIED = Limits(timeout_s=1.5, per_call=True, patience_s=0.05)


def _taking(seconds: float, *, low: int = 6) -> str:
    """A program that computes so long for the tall ladder, and answers `low` for the other."""
    loop = "    while time.process_time() < end:\n        pass\n"
    begin = f"import time\n\n\ndef rungs(height):\n    end = time.process_time() + {seconds} * (height == 9)\n"
    return f"{begin}{loop}    return height * 3 if height > 2 else {low}\n"


LOW = TEST[: TEST.index("    def test_tall")]
TALL = f"{LOW[: LOW.index('    def test_low')]}{TEST[TEST.index('    def test_tall') :]}"

IN_A_HURRY: list[tuple[str, str, dict[str, Verdict]]] = [
    ("at once", _taking(0), {"low": PASSED, "tall": PASSED}),
    ("slow and right", _taking(0.3), {"low": PASSED, "tall": PASSED}),
    ("slow, and wrong elsewhere", _taking(0.3, low=7), {"low": FAILED, "tall": PASSED}),
    ("slow from call to call", f"calls = []\n{_taking(0.3)}", {"low": PASSED, "tall": PASSED}),
    ("too slow", _taking(60), {"low": PASSED, "tall": TIMED_OUT}),
    ("waits", _taking(0).replace("    end", "    time.sleep(0.7)\n    end"), {"low": PASSED, "tall": PASSED}),
    (
        "ends",
        _taking(0, low=7).replace("    end", "    height == 2 or os._exit(0)\n    end"),
        {"low": FAILED, "tall": CRASHED},
    ),
]
"""A program, and the verdicts of two tests of which either makes one call."""


TEST_OF = """import unittest


class TestRungs(unittest.TestCase):
    def test_it(self):
        self.assertEqual(rungs({height}), {rungs})
"""
LOOPS_IN_SOME = [
    ("without a state", "def rungs(height):\n    while height > 4:\n        pass\n    return height * 3\n"),
    (
        "with a state",
        "made = []\n\n\ndef rungs(height):\n    made.append(height)\n    while height > 4:\n        pass\n"
        "    return height * 3\n",
    ),
]


@pytest.mark.parametrize("program", [case[1] for case in LOOPS_IN_SOME], ids=[case[0] for case in LOOPS_IN_SOME])
def test_loops_in_some_tests_decide_about_no_other(program: str) -> None:
    heights = (5, 6, 7, 2, 8, 3, 4)
    tests = [(str(height), program, TEST_OF.format(height=height, rungs=3 * height)) for height in heights]
    expected = {name: TIMED_OUT if int(name) > 4 else PASSED for name, *_ in tests}
    assert _verdicts(tests, Limits(timeout_s=0.5)) == expected


@pytest.mark.parametrize(
    ("program", "expected"), [case[1:] for case in IN_A_HURRY], ids=[case[0] for case in IN_A_HURRY]
)
def test_a_call_has_its_whole_time_where_a_verdict_depends_on_it(program: str, expected: Mapping[str, Verdict]) -> None:
    tests = [("low", f"import os\n{program}", LOW), ("tall", f"import os\n{program}", TALL)]
    assert _verdicts(tests, HURRIED) == expected


MANY = """
import unittest


class TestRungs(unittest.TestCase):
    def test_ladders(self):
        for height in range(300):
            self.assertEqual(rungs(height), height * 3)
"""

MANY_CALLS: list[tuple[str, str]] = [
    ("one slow call of many, and a state", f"calls = []\n{_taking(0.15)}"),
    ("one slow call of many", _taking(0.15)),
    (
        "loading is slow",
        f"{_taking(0)}\n\nend = time.process_time() + 0.3\nwhile time.process_time() < end:\n    pass\n",
    ),
    ("loading is slow, and a state", f"calls = []\n{_taking(0)}\n\nfor _ in range(3):\n    sum(range(10**7))\n"),
]


@pytest.mark.parametrize("program", [case[1] for case in MANY_CALLS], ids=[case[0] for case in MANY_CALLS])
def test_a_right_program_passes_however_many_calls_it_is_asked(program: str) -> None:
    program = program.replace("if height > 2 else 6", "")
    assert _verdicts([("many", program, MANY), ("again", program, f"{MANY}\n\nMARK = 1\n")], HURRIED) == {
        "many": PASSED,
        "again": PASSED,
    }


def test_a_process_per_call_loads_the_program_each_time() -> None:
    program = "calls = []\n\n\ndef rungs(height):\n    calls.append(height)\n    return height * 3 * len(calls)\n"
    tests = [ProgramTest(each, program, MANY, str(each), "rungs", process_per_call=each) for each in (True, False)]
    said = {result.key: result.verdict for result in run_kept(tests, ROOMY, workers=1)}
    assert said == {True: PASSED, False: FAILED}


LEAVES: list[tuple[str, str]] = [
    ("a number of a library", "import math\n\n\ndef used():\n    math.pi += 1\n    return int(math.pi - 3.1)"),
    ("one by another name", "import math\nm = math\n\n\ndef used():\n    m.e += 1\n    return int(m.e - 2.7)"),
    ("a context", "import decimal\nc = decimal.getcontext()\n\n\ndef used():\n    c.prec += 1\n    return c.prec - 28"),
    (
        "a variable of the environment",
        "import os\n\n\ndef used():\n    os.environ['n'] = os.environ.get('n', '') + 'x'\n"
        "    return len(os.environ['n'])",
    ),
    ("a file", "def used():\n    open('n', 'a').write('x')\n    return len(open('n').read())"),
    (
        "a table of a library",
        "import copy\ntable = copy._deepcopy_dispatch\n\n\ndef used():\n    table['n'] = table.get('n', 0) + 1\n"
        "    return table['n']",
    ),
    (
        "an attribute of a class of a library",
        "from fractions import Fraction\n\n\ndef used():\n"
        "    Fraction.n = getattr(Fraction, 'n', 0) + 1\n    return Fraction.n",
    ),
    (
        "a built-in function",
        "import builtins\n\n\ndef used():\n    builtins.n = getattr(builtins, 'n', 0) + 1\n    return builtins.n",
    ),
]
"""What a program may change outside of itself: how often `used` was called in its process."""


@pytest.mark.parametrize(("where", "used"), LEAVES, ids=[where for where, _ in LEAVES])
def test_what_a_program_leaves_outside_of_itself_reaches_no_other_test(where: str, used: str) -> None:
    """It is right at its first call alone, and each test makes one."""
    program = f"{used}\n\n\ndef rungs(height):\n    return height * 3 if used() == 1 else 0\n"
    case = "import unittest\n\n\nclass T(unittest.TestCase):\n    def test(self):\n"
    tests = [(f"{n}", program, f"{case}        self.assertEqual(rungs({n}), {3 * n})\n") for n in (2, 5, 9)]
    assert list(_verdicts(tests).values()) == [PASSED] * 3


FORGED = {
    "no verdict": '{"calls": [], "verdict": "X", "altered": false}',
    "two verdicts": '{"calls": [], "verdict": "PP", "altered": false}',
    "a verdict and a question": '{"calls": [], "verdict": "P", "unknown": ["f"], "altered": false}',
    "neither": '{"calls": [], "altered": false}',
    "calls that are no text": '{"calls": [1], "verdict": "P", "altered": false}',
    "a surrogate": '{"calls": ["\\ud800"], "verdict": "P", "altered": false}',
    "deep nesting": "[" * 100_000,
    "another kind of JSON": "7",
    "no JSON": "passed",
    "half a line": None,
}
"""Lines that a test writes wherever it can."""


@pytest.mark.parametrize("line", FORGED.values(), ids=FORGED)
def test_a_forged_reply_costs_its_own_test_alone(line: str | None) -> None:
    written = "x" if line is None else line + chr(10)
    forged = "import os\n\nfor descriptor in range(3, 64):\n    try:\n"
    forged += f"        os.write(descriptor, {written!r}.encode())\n"
    forged += f"    except OSError:\n        pass\n{TEST.replace('27', '28')}"
    said = _verdicts([("before", RIGHT, TEST), ("forged", RIGHT, forged), ("after", RIGHT, f"{TEST}MARK = 1\n")])
    assert said["forged"] in (FAILED, CRASHED) and said["before"] == said["after"] == PASSED


def test_answers_that_no_process_has_room_for_are_a_crash() -> None:
    program = "kept = []\n\n\ndef rungs(height):\n    return 'x' * 600_000\n"
    test = MANY.replace("rungs(height), height * 3", "len(rungs(height)), 600_000")
    assert _verdict(program, test, Limits(timeout_s=5, output_mb=1)) == CRASHED


def test_the_digest_of_an_answer_is_no_part_of_a_calls_time() -> None:
    program = "def rungs(height):\n    return list(range(700_000))\n"
    test = TEST.replace("rungs(2), 6", "len(rungs.sha256(2)), 64").replace(
        "rungs(9), 27", "rungs.sha256(9), rungs.sha256(2)"
    )
    assert _verdict(program, test, Limits(timeout_s=0.1, per_call=True, load_timeout_s=20)) == PASSED


def test_a_test_is_not_charged_for_those_before_it_in_its_process() -> None:
    lines = ("def test_busy(self):", "    end = time.process_time() + 0.3", "    while time.process_time() < end: pass")
    busy = _case(*lines)
    tests = [f"import time\nMARK = {n}\n{busy}" for n in range(4)]
    said = _verdicts([(str(n), RIGHT, test) for n, test in enumerate(tests)], Limits(timeout_s=1))
    assert set(said.values()) == {PASSED}


def test_tests_may_have_limits_of_their_own() -> None:
    tests = [
        ProgramTest(seconds, _taking(0.5), TALL, entry_point="rungs", timeout_s=seconds) for seconds in (0.2, 2, None)
    ]
    said = {result.key: result.verdict for result in run_kept(tests, Limits(timeout_s=0.2), workers=1)}
    assert said == {0.2: TIMED_OUT, 2: PASSED, None: TIMED_OUT}
