"""Who gets which tasks, and what becomes of those whose node was lost: without any node."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.execution.backends.ray.ledger import Call, Ledger, Pace
from coderm_eval.execution.backends.ray.tasks import Task, chunks_of_tests
from coderm_eval.execution.program_test import ProgramTest


def _task(name: str, tests: int = 1) -> Task:
    return Task([name] * tests, [(name, n) for n in range(tests)])


def _run(ledger: Ledger, killers: set[str], most: int) -> tuple[list[str], list[str], int]:
    """The names of tasks that were run and that could not be, and the calls that were lost."""
    ran: list[str] = []
    given_up: list[str] = []
    lost = 0
    while ledger.waiting:
        call = ledger.next_call(most)
        for number, task in list(call.owed.items()):
            if task.items[0] in killers:
                lost += 1
                given_up += [task.items[0] for task in ledger.lost(call)]
                break
            ran.append(call.owed.pop(number).items[0])
    return ran, given_up, lost


@given(st.lists(st.integers(1, 5), min_size=1, max_size=60), st.integers(1, 100), st.data())
def test_all_is_run_once_but_for_what_ends_its_node_twice(sizes: list[int], most: int, data: st.DataObject) -> None:
    ledger, names = Ledger(), [f"t{number}" for number in range(len(sizes))]
    killers = set(data.draw(st.lists(st.sampled_from(names), max_size=3)))
    for name, size in zip(names, sizes, strict=True):
        ledger.add([_task(name, size)])
    ran, given_up, _ = _run(ledger, killers, most)
    assert sorted(ran) == sorted(set(names) - killers)
    assert sorted(given_up) == sorted(killers)
    assert ledger.waiting == 0


def test_what_ends_its_node_is_found_in_few_calls() -> None:
    ledger = Ledger()
    ledger.add([_task(str(number)) for number in range(1000)])
    ran, given_up, lost = _run(ledger, {"700"}, 1000)
    assert (len(ran), given_up) == (999, ["700"])
    assert lost <= 12


def test_a_call_that_had_not_begun_is_asked_again_as_it_was() -> None:
    ledger = Ledger()
    for name in "ab":
        ledger.add([_task(name)])
    call = ledger.next_call(1)
    ledger.give_back(call)
    assert [task.items for task in ledger.next_call(1).tasks] == [["a"]]


def test_calls_are_as_large_as_wanted_and_keep_problems_together() -> None:
    ledger = Ledger()
    for name in "abc":
        ledger.add([_task(name, 5), _task(name, 5)])
    sizes = []
    while ledger.waiting:
        sizes.append(len(ledger.next_call(25)))
    assert sizes == [20, 10]


def test_calls_grow_until_they_last_as_long_as_they_should() -> None:
    pace, sizes = Pace(workers=1), []
    assert pace.share(120, nodes=2) == 30
    for _ in range(8):
        sizes.append(pace.size)
        pace.record(pace.size, pace.size / 1000)
    assert sizes[0] == 1000
    assert all(later <= 8 * size for size, later in itertools.pairwise(sizes))
    assert sizes[-1] == 20_000
    pace.record(20_000, 200)
    assert pace.size == 2000
    assert [pace.share(waiting, nodes=2) for waiting in (9000, 4000, 2000, 100)] == [2000, 1000, 500, 250]


def test_programs_of_a_problem_are_tasks_with_all_their_tests() -> None:
    tests = [ProgramTest((p, t), f"p{p}", f"t{t}", "problem") for t in range(3) for p in range(100)]
    chunks = list(chunks_of_tests([*tests, None, ProgramTest("other", "p", "t", "another")]))
    assert [len(chunk) for chunk in chunks] == [64, 36, 0, 1]
    assert [task.keys for task in chunks[1]] == [[(p, t) for t in range(3)] for p in range(64, 100)]
    assert len(Call(chunks[0])) == 64 * 3


@pytest.mark.parametrize("owed", [1, 2, 3, 7])
def test_a_lost_call_is_halved(owed: int) -> None:
    ledger = Ledger()
    ledger.add([_task(str(number)) for number in range(owed)])
    assert list(ledger.lost(ledger.next_call(owed))) == []
    parts = []
    while ledger.waiting:
        parts.append([task.items[0] for task in ledger.next_call(100).tasks])
    assert sorted(itertools.chain(*parts)) == [str(number) for number in range(owed)]
    assert max(map(len, parts)) == (owed + 1) // 2
