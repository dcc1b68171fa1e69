"""What is known of a test's questions: by hand on small trees, and against tests that are run outright."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.execution.sandbox.call_tree import CallTree, TreePosition
from coderm_eval.execution.wire.ends import UNANSWERED, End


def told(answers: Mapping[str, str]) -> Callable[[tuple[str, ...]], str | None]:
    """A program that gives one answer to each call, whatever came before."""
    return lambda history: answers.get(history[-1])


def test_of_a_new_test_nothing_is_known() -> None:
    assert CallTree().follow(told({"f(1)": "1"})) == TreePosition(())


def test_a_test_that_asks_nothing_has_one_verdict_for_all() -> None:
    tree = CallTree()
    tree.learn([], [], End.FAILED)
    assert tree.follow(told({})) == TreePosition((), verdict=End.FAILED)


def test_programs_that_answer_alike_share_a_verdict() -> None:
    tree = CallTree()
    tree.learn(["f(1)", "f(2)"], ["1", "4"], End.PASSED)
    assert tree.follow(told({"f(1)": "1", "f(2)": "4"})) == TreePosition(("f(1)", "f(2)"), ("1", "4"), End.PASSED)


@pytest.mark.parametrize("length", [0, 999, 1000, 100_000])
def test_answers_of_any_length_are_told_apart(length: int) -> None:
    one, other = "1" * length, "1" * (length - 1) + "2"
    tree = CallTree()
    tree.learn(["f(1)", "f(2)"], [one, one], End.PASSED)
    tree.learn(["f(1)", "f(2)"], [one, other], End.FAILED)
    found = [tree.follow(told({"f(1)": one, "f(2)": last})).verdict for last in (one, other, "3")]
    assert found == [End.PASSED, End.FAILED, None]


def test_long_answers_are_not_kept_for_other_programs() -> None:
    long = "1" * 100_000
    before = sys.getrefcount(long)
    tree = CallTree()
    tree.learn(["f(1)", "f(2)"], [long, long], End.PASSED)
    assert sys.getrefcount(long) == before


def test_another_answer_leads_where_nobody_has_been() -> None:
    tree = CallTree()
    tree.learn(["f(1)", "f(2)"], ["1", "4"], End.PASSED)
    assert tree.follow(told({"f(1)": "1", "f(2)": "5"})) == TreePosition(("f(1)", "f(2)"), ("1", "5"))
    assert tree.follow(told({"f(1)": "2"})) == TreePosition(("f(1)",), ("2",))


def test_a_call_without_an_answer_is_the_question_to_ask() -> None:
    tree = CallTree()
    tree.learn(["f(1)", "f(2)"], ["1", "4"], End.PASSED)
    assert tree.follow(told({"f(1)": "1"})) == TreePosition(("f(1)", "f(2)"), ("1",), unanswered=True)


def test_answers_may_lead_to_different_questions() -> None:
    tree = CallTree()
    tree.learn(["f(1)", "f(2)"], ["even", "even"], End.PASSED)
    tree.learn(["f(1)", "f(3)"], ["odd", "odd"], End.FAILED)
    assert tree.follow(told({"f(1)": "even", "f(2)": "even"})).verdict is End.PASSED
    assert tree.follow(told({"f(1)": "odd", "f(3)": "odd"})).verdict is End.FAILED
    assert tree.follow(told({"f(1)": "odd", "f(2)": "even"})) == TreePosition(
        ("f(1)", "f(3)"), ("odd",), unanswered=True
    )


def test_what_one_program_taught_outlives_a_program_that_differs() -> None:
    tree = CallTree()
    for last, verdict in (("7", End.PASSED), ("8", End.FAILED), ("9", End.FAILED)):
        tree.learn(["f(1)", "f(2)", "f(3)"], ["1", "4", last], verdict)
    for last, verdict in (("7", End.PASSED), ("8", End.FAILED), ("9", End.FAILED)):
        assert tree.follow(told({"f(1)": "1", "f(2)": "4", "f(3)": last})).verdict == verdict


@pytest.mark.parametrize("ending", sorted(UNANSWERED))
def test_a_program_that_did_not_live_to_answer_gets_that_as_its_verdict(ending: End) -> None:
    tree = CallTree()
    tree.learn(["f(1)", "f(2)"], ["1", "4"], End.PASSED)
    assert tree.follow(told({"f(1)": "1", "f(2)": ending})) == TreePosition(("f(1)", "f(2)"), ("1", ending), ending)


def test_the_longest_run_is_what_the_next_program_will_probably_be_asked() -> None:
    tree = CallTree()
    for calls in (["f(1)"], ["f(1)", "f(2)", "f(3)"], ["f(1)", "f(2)"]):
        tree.learn(calls, ["1"] * len(calls), End.FAILED)
    assert tree.longest == ("f(1)", "f(2)", "f(3)")


def test_of_a_test_that_asks_something_else_each_time_the_last_run_counts() -> None:
    tree = CallTree()
    tree.learn(["f(1)"], ["1"], End.PASSED)
    tree.learn(["f(9)"], ["1"], End.FAILED)
    assert tree.follow(told({"f(1)": "1", "f(9)": "1"})) == TreePosition(("f(9)",), ("1",), End.FAILED)


Test = Callable[[Callable[[str], str]], End]

CALLS = ("a", "b", "c", "d")
programs = st.fixed_dictionaries({call: st.sampled_from("xyxyT") for call in CALLS})


@st.composite
def deciders(draw: st.DrawFn) -> Test:
    """A test that decides by what it has heard what to ask next, and what to conclude."""
    heard_so_far = ("".join(answers) for length in range(4) for answers in itertools.product("xy", repeat=length))
    table = draw(st.fixed_dictionaries({heard: st.sampled_from([*CALLS, "P", "F"]) for heard in heard_so_far}))

    def run(ask: Callable[[str], str]) -> End:
        heard = ""
        while (step := table.get(heard, "F")) not in ("P", "F"):
            answer = ask(step)
            if answer in UNANSWERED:
                return End(answer)
            heard += answer
        return End(step)

    return run


@given(deciders(), st.lists(programs, max_size=6), programs)
def test_what_is_known_is_what_running_the_test_gives(
    test: Test, earlier: list[dict[str, str]], program: dict[str, str]
) -> None:
    tree = CallTree()
    for other in [*earlier, program]:
        calls: list[str] = []
        verdict = test(lambda call, calls=calls, other=other: (calls.append(call), other[call])[1])  # type: ignore[misc]
        known = tree.follow(told(other))
        assert known.verdict in (None, verdict) and not known.unanswered
        assert list(known.history) == calls[: len(known.history)]
        tree.learn(calls, [other[call] for call in calls], verdict)
        assert tree.follow(told(other)) == TreePosition(tuple(calls), tuple(other[call] for call in calls), verdict)


def _run(test: Test, program: Mapping[str, str]) -> tuple[list[str], list[str], End]:
    """What a test asked, what it heard and what it concluded."""
    calls: list[str] = []

    def ask(call: str) -> str:
        calls.append(call)
        return program[call]

    verdict = test(ask)
    return calls, [program[call] for call in calls], verdict


@given(deciders(), st.lists(programs, max_size=6), programs, st.sets(st.sampled_from(CALLS), max_size=2))
def test_the_way_is_known_exactly_as_far_as_an_earlier_program_went_it(
    test: Test, earlier: list[dict[str, str]], program: dict[str, str], unanswered: set[str]
) -> None:
    tree = CallTree()
    runs = [_run(test, other) for other in earlier]
    for run in runs:
        tree.learn(*run)

    def expected() -> TreePosition:
        calls, answers, verdict = _run(test, program)
        for n, call in enumerate(calls):
            if not any(heard[:n] == answers[:n] for _, heard, _ in runs):
                return TreePosition(tuple(calls[:n]), tuple(answers[:n]))
            if call in unanswered:
                return TreePosition(tuple(calls[: n + 1]), tuple(answers[:n]), unanswered=True)
        is_known = any(heard == answers for _, heard, _ in runs) or not UNANSWERED.isdisjoint(answers)
        return TreePosition(tuple(calls), tuple(answers), verdict if is_known else None)

    known = {call: answer for call, answer in program.items() if call not in unanswered}
    assert tree.follow(told(known)) == expected()
