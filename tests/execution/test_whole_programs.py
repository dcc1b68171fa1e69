"""Programs that read standard input, looked at without being run: which leave nothing in their process."""

from __future__ import annotations

import pytest
from helpers.execution import run_kept

from coderm_eval.core.programs.forms import to_callable
from coderm_eval.core.records import Problem, Verdict
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import ProgramTest
from coderm_eval.execution.static_analysis import ProgramInfo, analyse

HARBOUR = Problem("harbour/1", "solve", "", "", form="stdin")

ORDINARY: list[tuple[str, str]] = [
    ("input", "n = int(input())\nprint(sum(map(int, input().split()[:n])))\n"),
    ("a main function", "def main():\n    print(input())\nif __name__ == '__main__':\n    main()\n"),
    ("readline", "import sys\ninput = sys.stdin.readline\nprint(input())\n"),
    ("all of it", "import sys\ndata = sys.stdin.buffer.read().split()\nsys.stdout.write(data[0].decode())\n"),
    ("stdin imported", "from sys import stdin, stdout\nfor line in stdin:\n    stdout.write(line)\n"),
    ("open(0)", "print(open(0).read(), *open('/dev/stdin'))\n"),
    ("os.read", "import os, io\nread = io.BytesIO(os.read(0, os.fstat(0).st_size)).readline\nprint(read())\n"),
    ("a limit", "import sys\nsys.setrecursionlimit(10 ** 6)\nprint(input())\n"),
    ("a global variable", "total = 0\ndef add():\n    global total\n    total += int(input())\nadd()\nprint(total)\n"),
    ("a cache", "from functools import lru_cache\n@lru_cache(None)\ndef f(n):\n    return n\nprint(f(int(input())))\n"),
    ("classes", "class Boat:\n    def __init__(self):\n        self.crew = []\nprint(Boat().crew, input())\n"),
    ("an exit", "import sys\nif input():\n    sys.exit()\nexit()\n"),
    ("random", "import random\nprint(random.randint(1, 6))\n"),
    ("all of a module", "from math import *\nfrom collections import *\nprint(sqrt(Counter(input())['a']))\n"),
]

LEAVING: list[tuple[str, str]] = [
    ("another stdin", "import io, sys\nsys.stdin = io.StringIO(input())\n"),
    ("another open", "import builtins\nbuiltins.open = print\n"),
    ("a thread", "import threading\nthreading.Thread(target=print).start()\n"),
    ("the stack of threads", "import threading\nthreading.stack_size(1 << 27)\n"),
    ("what happens at exit", "import atexit\natexit.register(print, 1)\n"),
    ("a file", "with open('log', 'a') as log:\n    log.write(input())\n"),
    ("a file of a name that it reads", "print(open(input()).read())\n"),
    ("open by another name", "read = open\nprint(read('log', 'a'))\n"),
    ("the environment", "import os\nos.environ['TIDE'] = '1'\n"),
    ("the folder", "import os\nos.chdir('/')\n"),
    ("a precision", "import decimal\ndecimal.getcontext().prec = 99\n"),
    ("an attribute of a module", "import math\nmath.tide = 1\n"),
    ("an attribute of a module by another name", "import math\nm = math\nm.tide = 1\n"),
    ("an attribute of a class", "from collections import Counter\nCounter.tide = 1\n"),
    ("modules", "import sys\nsys.modules['math'] = None\n"),
    ("the path", "import sys\nsys.path.append('.')\n"),
    ("garbage", "import gc\ngc.disable()\n"),
    ("signals", "import signal\nsignal.alarm(1)\n"),
    ("numpy", "import numpy as np\nprint(np.array([1]))\n"),
    ("exec", "exec(input())\n"),
    ("an exit from the process", "import os\nos._exit(0)\n"),
    ("a descriptor that is closed", "import os\nos.close(1)\n"),
    ("os by another name", "import os\no = os\no.close(1)\n"),
    ("an address", "print(id(1))\n"),
    ("no Python", "print(\n"),
]


def _info(program: str) -> ProgramInfo:
    found = analyse(to_callable(program, HARBOUR))
    assert found
    return found


@pytest.mark.parametrize(("name", "program"), ORDINARY)
def test_an_ordinary_program_leaves_nothing(name: str, program: str) -> None:
    assert not _info(program).stateful


@pytest.mark.parametrize(("name", "program"), LEAVING)
def test_one_that_may_change_what_its_next_run_finds_is_run_apart(name: str, program: str) -> None:
    assert _info(program).stateful


def test_what_it_imports_is_known() -> None:
    assert _info("import heapq\nfrom scipy import stats\n").imports == ("heapq", "scipy", "scipy.stats")


ROOMY = Limits(timeout_s=5, memory_mb=1024, per_call=True)

ONE_AFTER_THE_OTHER: list[tuple[str, str, list[tuple[str, str]]]] = [
    (
        "a descriptor that an error leaves open",
        "data = open(0)\nline = next(data)\nif 'bad' in line:\n    raise KeyError\nprint(line, end='')\n",
        [("good\n", "good\n"), ("bad\n", "KeyError"), ("better\n", "better\n"), ("bad\n", "KeyError"), ("1\n", "1\n")],
    ),
    ("input that it does not read", "print(input())\n", [("1\n2\n", "1\n"), ("3\n4\n", "3\n"), ("", "EOFError")]),
    (
        "a stack that overflows",
        "def f(n):\n    return f(n + 1)\nprint(f(0) if input() == 'deep' else 0)\n",
        [("flat", "0\n"), ("deep", "RecursionError"), ("flat", "0\n")],
    ),
    (
        "memory for two runs",
        "a = bytes(int(input()))\nclass Ring: pass\nring = Ring()\nring.me = ring\nring.a = a\nprint(len(a))\n",
        [(f"{n}", f"{n}\n") for n in (700_000_000, 700_000_001)],
    ),
    ("a limit", "import sys\nprint(sys.getrecursionlimit())\nsys.setrecursionlimit(99)\n", [("", "50000\n")] * 2),
    ("chance", "import random\nprint(random.randrange(10 ** 9))\n", [("1", "906691059\n"), ("2", "906691059\n")]),
]


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Verdict]:
    tests = [
        ProgramTest(name, to_callable(program, HARBOUR), _test(calls), name, "solve", process_per_call=True)
        for name, program, calls in ONE_AFTER_THE_OTHER
    ]
    return {result.key: result.verdict for result in run_kept(tests, ROOMY, workers=1)}


def _test(calls: list[tuple[str, str]]) -> str:
    checks = [
        f"self.assertRaises({wanted}, solve, {given!r})"
        if wanted.endswith("Error")
        else f"self.assertEqual(solve({given!r}), {wanted!r})"
        for given, wanted in calls
    ]
    body = "".join(f"        {check}\n" for check in checks)
    return f"import unittest\nclass TestIt(unittest.TestCase):\n    def test_it(self):\n{body}"


@pytest.mark.parametrize(("name", "program"), [case[:2] for case in ONE_AFTER_THE_OTHER])
def test_runs_in_one_process_print_what_each_prints_alone(
    verdicts: dict[str, Verdict], name: str, program: str
) -> None:
    assert not _info(program).stateful
    assert verdicts[name] is Verdict.PASSED
