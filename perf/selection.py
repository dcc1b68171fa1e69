"""Time each selection rule by itself, on one core, against the CodeRM authors' way to count in the same run.

    python -m perf.selection

164 problems of 100 programs and 100 tests. Every cell is drawn at random, so no two rows are equal: the most work that
a matrix of that size can give. The peer keeps a set of passed tests for each program and compares sets, as the authors'
`calculate_result.py` does. At the end: the memory of one problem of 200 programs and 500 tests.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from coderm_eval.selection import Ballot, known_rules
from perf._common import argument_parser, print_table, seconds

PROBLEMS, PROGRAMS, TESTS = 164, 100, 100
MOST_PROGRAMS, MOST_TESTS = 200, 500


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--problems", type=int, default=PROBLEMS)
    problems = parser.parse_args().problems
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    before = memory()
    peer = seconds_of_rule(counted_in_sets, ballots(problems, PROGRAMS, TESTS))
    taken = {
        name: seconds_of_rule(rule, ballots(problems, PROGRAMS, TESTS)) for name, rule in sorted(known_rules().items())
    }
    print(f"{problems} problems, {PROGRAMS} programs, {TESTS} tests, one core\n")
    rows = [[name, f"{found:.2f}", f"{found / peer:.2f}"] for name, found in taken.items()]
    rows += [["all", f"{sum(taken.values()):.2f}", ""], ["majority in Python sets (peer)", f"{peer:.2f}", "1"]]
    print_table(["rule", "s", "ratio"], rows)
    for rule in known_rules().values():
        seconds_of_rule(rule, ballots(1, MOST_PROGRAMS, MOST_TESTS))
    print(f"\n{MOST_PROGRAMS} programs, {MOST_TESTS} tests, all rules: {memory()} MiB at most ({before} before)")


def ballots(problems: int, programs: int, tests: int) -> Iterator[Ballot]:
    chance = np.random.default_rng(0)
    for _ in range(problems):
        outputs = chance.integers(0, 3, (programs, tests))
        passed = np.asarray(outputs == chance.integers(0, 3, tests))
        ones = np.ones(programs, dtype=np.int64)
        yield Ballot(passed, ones, np.ones(tests, dtype=np.int64), outputs, np.arange(programs), outputs[:, :0])


def seconds_of_rule(rule: Callable[[Ballot], object], drawn: Iterator[Ballot]) -> float:
    """Time the rule alone: drawing the matrices does not count."""
    return sum(seconds(partial(rule, ballot)) for ballot in drawn)


def counted_in_sets(ballot: Ballot) -> list[int]:
    """Return the programs that the paper's rule keeps."""
    passed = [{j for j, cell in enumerate(row) if cell} for row in ballot.passed.tolist()]
    most = max(map(len, passed))
    top = [i for i, tests in enumerate(passed) if len(tests) == most]
    sizes = {i: sum(passed[i] == passed[k] for k in top) for i in top}
    return [i for i in top if sizes[i] == max(sizes.values())]


def memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
