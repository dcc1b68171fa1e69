"""A program's process that waits for more calls: what it does meanwhile decides nothing, and it does not outstay."""

from __future__ import annotations

import time

import psutil
import pytest

from coderm_eval.core.records import Verdict
from coderm_eval.execution.backends.local import LocalExecutor
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import ProgramTest

_CALLS = 400
"""More than a program is asked at first, and more than it is asked then."""

_TEST = f"""
import unittest


def _judged_calls():
    return ['["depth"]', *(f'["depth",[{{n}}],{{{{"dict":[]}}}},false]' for n in range({_CALLS}))]


def _judge_answer(number, answer):
    if number and answer != f'["returned",{{number - 1}},null,null]':
        return "F"
    return "" if number < {_CALLS} else "P"


class TestDepth(unittest.TestCase):
    def test_depth(self):
        for n in range({_CALLS}):
            self.assertEqual(depth.value(n), n)
"""

_LIMITS = Limits(timeout_s=2, per_call=True, load_timeout_s=5, patience_s=0.5, test_timeout_s=20)

_AT_20 = "import os, threading, time\n\n\ndef depth(n):\n    if n == 20:\n        {}\n    return n\n"

RIGHT = {
    "honest": "def depth(n):\n    return n\n",
    "closes what it waits at": _AT_20.format("os.closerange(3, 64)"),
    "ends while it waits": _AT_20.format("threading.Timer(0.02, os._exit, [0]).start()"),
    "says that it waits": _AT_20.format(
        "[os.write(n, b'\\n' * 99) for n in range(3, 64) if os.path.exists(f'/proc/self/fd/{n}')]"
    ),
    "fills its pipe": "import os\n\n\ndef depth(n):\n    for m in range(3, 64):\n        try:\n"
    "            os.set_blocking(m, False)\n            os.write(m, b'x' * 999)\n"
    "        except OSError:\n            pass\n    return n\n",
    "is another one each time": "state = []\n\n\ndef depth(n):\n    state.append(n)\n    return n\n",
    "computes while it waits": _AT_20.format(
        "threading.Thread(target=lambda: [None for _ in iter(int, 1)], daemon=True).start()"
    ),
}
_LONG = "    end = time.process_time() + 0.8 * (n in (7, 20, 21))\n    while time.process_time() < end:\n        pass\n"
RIGHT |= {
    "takes long now and then": f"import time\n\n\ndef depth(n):\n{_LONG}    return n\n",
    "does so with a state": f"import time\n\nstate = []\n\n\ndef depth(n):\n    state.append(n)\n{_LONG}    return n\n",
    "and has a folder": f"import time\n\n\ndef depth(n):\n    open('wet', 'w').close()\n{_LONG}    return n\n",
}
WRONG = {
    "at last": f"def depth(n):\n    return n + (n == {_CALLS - 1})\n",
    "after it has waited": "def depth(n):\n    return n + (n > 40)\n",
}
ENDS: dict[str, tuple[str, Verdict]] = {
    "exits after it has waited": (
        "import os\n\n\ndef depth(n):\n    return os._exit(0) if n == 99 else n\n",
        Verdict.CRASHED,
    ),
    "loops after it has waited": ("def depth(n):\n    while n == 99:\n        pass\n    return n\n", Verdict.TIMED_OUT),
}


def _tests(programs: dict[str, str]) -> list[ProgramTest[str]]:
    return [ProgramTest(name, text, _TEST, "p", "depth", trusted=True) for name, text in programs.items()]


def _verdicts(programs: dict[str, str]) -> dict[str, Verdict]:
    with LocalExecutor(workers=1) as executor:
        return {result.key: result.verdict for result in executor.run(_tests(programs), _LIMITS)}


def test_what_a_program_does_while_it_waits_costs_it_nothing() -> None:
    assert _verdicts(RIGHT) == dict.fromkeys(RIGHT, Verdict.PASSED)


def test_calls_that_come_later_are_looked_at_like_the_first_ones() -> None:
    assert _verdicts(WRONG) == dict.fromkeys(WRONG, Verdict.FAILED)
    assert _verdicts({name: text for name, (text, _) in ENDS.items()}) == {name: end for name, (_, end) in ENDS.items()}


def test_a_call_that_takes_long_is_ended_once_the_answers_before_it_decide() -> None:
    """With a limit that nobody would wait for."""
    loops = "{}def depth(n):\n    while n == 20:\n        pass\n    return n + (n == 5)\n"
    programs = {"without a state": loops.format(""), "with a state": loops.format("state = []\n\n\n")}
    limits = _LIMITS._replace(timeout_s=3_600, patience_s=0.05)
    with LocalExecutor(workers=1) as executor:
        found = {result.key: result.verdict for result in executor.run(_tests(programs), limits)}
    assert found == dict.fromkeys(programs, Verdict.FAILED)


def test_a_call_has_no_more_time_where_the_judge_takes_long() -> None:
    slow = _TEST.replace("    if number and", "    import time\n    time.sleep(2.5 * (number == 3))\n    if number and")
    takes_2_s = RIGHT["takes long now and then"].replace("0.8", "2.0")
    limits = _LIMITS._replace(timeout_s=1, patience_s=0.05)
    with LocalExecutor(workers=1) as executor:
        [result] = executor.run([ProgramTest("p", takes_2_s, slow, "p", "depth", trusted=True)], limits)
    assert result.verdict is Verdict.TIMED_OUT


@pytest.mark.parametrize("name", ["honest", "computes while it waits"])
def test_no_process_waits_for_longer_than_its_program_is_asked(name: str) -> None:
    with LocalExecutor(workers=1) as executor:
        list(executor.run(_tests({"honest": RIGHT["honest"]}), _LIMITS))
        before = _running()
        list(executor.run(_tests({name: RIGHT[name]}), _LIMITS))
        deadline = time.monotonic() + 30
        while _running() > before and time.monotonic() < deadline:
            time.sleep(0.05)
        assert _running() <= before


def _running() -> int:
    return sum(map(_is_alive, psutil.Process().children(recursive=True)))


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:  # it has ended since it was listed
        return False
