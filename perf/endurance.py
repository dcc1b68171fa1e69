"""Run the executor for long with one attack in a hundred programs and in a hundred tests; report what came of it.

    PYTHONPATH=tests python -m perf.endurance --problems 100 --workers 2 --busy 4 --out verdicts.jsonl

Prints cells, seconds, how many verdicts of honest programs on honest tests are not as they should be, the longest time
without a result, the memory of all processes at each tenth of the run, processes and files left behind, and the SHA-256
of the file of verdicts: the same for any number of workers and under any load.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from helpers.attacks import ATTACKS, Attack
from helpers.attacks_by_tests import ATTACKS_BY_TESTS
from helpers.processes import processes_with

from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import ProgramTest
from perf._common import argument_parser, execute

PROGRAMS, TESTS = 40, 50
ONE_IN = 100
LIMITS = Limits(timeout_s=0.5, memory_mb=256)

Key = tuple[int, int, int]


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--problems", type=int, default=100, help=f"each is {PROGRAMS} programs by {TESTS} tests")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--busy", type=int, default=0, help="processes that load the machine during the run")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(options.busy)]
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["TMPDIR"] = scratch
        try:
            run(options.problems, options.workers, options.out, scratch)
        finally:
            for process in busy:
                process.kill()


def run(problems: int, workers: int, out: Path, scratch: str) -> None:
    total = problems * PROGRAMS * TESTS
    marker = f"TMPDIR={scratch}"
    verdicts: dict[Key, str] = {}
    memory = []
    silence, start = 0.0, time.perf_counter()
    last = start
    for result in execute(program_tests(problems), workers, LIMITS):
        now = time.perf_counter()
        silence, last = max(silence, now - last), now
        if len(verdicts) % (total // 10) == total // 20:
            memory.append(resident_mb(marker))
        verdicts[result.key] = result.verdict.code
    seconds = time.perf_counter() - start
    rows = (json.dumps([*key, code]) + "\n" for key, code in sorted(verdicts.items()))
    out.write_text("".join(rows))
    print(f"{len(verdicts)} of {total} cells in {seconds:.0f} s, {workers} workers: {dict(Counter(verdicts.values()))}")
    expected = {key: verdict for key, _, _, verdict in cells(problems) if verdict}
    print("honest cells", len(expected), "of another verdict", sum(verdicts[key] != expected[key] for key in expected))
    print(f"longest time without a result: {silence:.1f} s")
    print("MiB of all processes:", *(f"{mb:.0f}" for mb in memory))
    print("left behind: processes", len(processes_with(marker)), "files", len(list(Path(scratch).iterdir())))
    print("SHA-256", hashlib.sha256(out.read_bytes()).hexdigest())


def program_tests(problems: int) -> Iterator[ProgramTest[Key]]:
    return (ProgramTest(key, source, text, str(key[0]), "rungs") for key, source, text, _ in cells(problems))


def cells(problems: int) -> Iterator[tuple[Key, str, str, str]]:
    """Yield key, program, test, and the right verdict where both are honest."""
    chance = random.Random(0)

    def one_in_many() -> bool:
        return chance.randrange(ONE_IN) == 0

    for problem in range(problems):
        tests = {n: "" if one_in_many() else test(n) for n in range(TESTS)}
        hostile = {n: chance.choice(ATTACKS_BY_TESTS).trick for n, text in tests.items() if not text}
        for number in range(PROGRAMS):
            is_hostile = one_in_many()
            source = attack(chance.choice(ATTACKS)) if is_hostile else program(problem, number)
            for column, text in tests.items():
                right = "P" if column <= number else "F"  # heights go up to column + 1, and it errs from number + 2 on
                verdict = "" if is_hostile or column in hostile else right
                yield (problem, number, column), source, text or hostile[column], verdict


def program(problem: int, number: int) -> str:
    """A program that differs from all others and is right for some heights only."""
    seed = problem * PROGRAMS + number
    return f"SEED = {seed}\n\n\ndef rungs(height):\n    return height * 3 + height // {number + 2}\n"


def test(number: int) -> str:
    calls = "".join(
        f"        self.assertEqual(rungs({height}), {height * 3})\n" for height in range(number // 2, number + 2)
    )
    return f"import unittest\n\n\nclass TestRungs(unittest.TestCase):\n    def test_heights(self):\n{calls}"


def attack(trick: Attack) -> str:
    places = {"{secret}": "/nowhere", "{folder}": "/nowhere", "{port}": "9", "{victim}": "999999"}
    source = trick.program
    for name, value in places.items():
        source = source.replace(name, value)
    return source


def resident_mb(marker: str) -> float:
    pages = 0
    for pid in [os.getpid(), *processes_with(marker)]:
        try:
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) - int(
                Path(f"/proc/{pid}/statm").read_text().split()[2]
            )
        except OSError:
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    main()
