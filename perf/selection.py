"""How long each rule takes by itself, on one core, against the CodeRM authors' way to count in the same run.

    python benchmarks/selection.py

164 problems of 100 programs and 100 tests, every cell drawn by chance, so that no two rows are equal: the most work a
matrix of that size can give. The peer keeps a set of passed tests for each program and compares sets, as the authors'
`calculate_result.py` does. Then the memory of one problem of 200 programs and 500 tests.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable, Iterator

import numpy as np

from coderm_eval.selection import Ballot, known_rules

PROBLEMS, PROGRAMS, TESTS = 164, 100, 100
MOST_PROGRAMS, MOST_TESTS = 200, 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", type=int, default=PROBLEMS)
    problems = parser.parse_args().problems
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    before = memory()
    peer = seconds(counted_in_sets, ballots(problems, PROGRAMS, TESTS))
    taken = {name: seconds(rule, ballots(problems, PROGRAMS, TESTS)) for name, rule in sorted(known_rules().items())}
    print(f"{problems} problems, {PROGRAMS} programs, {TESTS} tests, one core\n\n| rule | s | ratio |\n|---|---|---|")
    for name, found in taken.items():
        print(f"| {name} | {found:.2f} | {found / peer:.2f} |")
    print(f"| all | {sum(taken.values()):.2f} | |\n| majority in Python sets (peer) | {peer:.2f} | 1 |\n")
    for rule in known_rules().values():
        seconds(rule, ballots(1, MOST_PROGRAMS, MOST_TESTS))
    print(f"{MOST_PROGRAMS} programs, {MOST_TESTS} tests, all rules: {memory()} MiB at most ({before} before)")


def ballots(problems: int, programs: int, tests: int) -> Iterator[Ballot]:
    chance = np.random.default_rng(0)
    for _ in range(problems):
        outputs = chance.integers(0, 3, (programs, tests))
        passed = np.asarray(outputs == chance.integers(0, 3, tests))
        ones = np.ones(programs, dtype=np.int64)
        yield Ballot(passed, ones, np.ones(tests, dtype=np.int64), outputs, np.arange(programs))


def seconds(rule: Callable[[Ballot], object], drawn: Iterator[Ballot]) -> float:
    total = 0.0
    for ballot in drawn:
        start = time.perf_counter()
        rule(ballot)
        total += time.perf_counter() - start
    return total


def counted_in_sets(ballot: Ballot) -> list[int]:
    """The programs that the paper's rule keeps."""
    passed = [{j for j, cell in enumerate(row) if cell} for row in ballot.passed.tolist()]
    most = max(map(len, passed))
    top = [i for i, tests in enumerate(passed) if len(tests) == most]
    sizes = {i: sum(passed[i] == passed[k] for k in top) for i in top}
    return [i for i in top if sizes[i] == max(sizes.values())]


def memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
