"""`coderm_eval.select`: a rule on plain arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.cli import said
from helpers.results import problem

from coderm_eval import select
from coderm_eval.core.errors import CodermError, InputError, SettingsError
from coderm_eval.selection import Ballot, Scores, known_rules
from coderm_eval.selection import select as select_by_names

PASSED = [[True, True, False], [True, True, True], [False, True, True], [True, True, True]]
ANSWERS = [["a", 1, None], ["a", 2, (3,)], ["b", 2, (3,)], ["a", 2, (3,)]]


@pytest.mark.parametrize("rule", sorted(known_rules()))
def test_it_picks_what_the_rule_picks_in_a_run(rule: str) -> None:
    """`problem` gives all programs that pass a test one answer."""
    result = problem("x", "PPF", "PPP", "FPP", "PPP")
    expected = select_by_names([rule], result.candidates, result.tests, result.verdicts, stopped="limit")[rule]
    answers = [[1 if passed else None for passed in row] for row in PASSED]
    assert select(PASSED, answers, rule=rule) == expected
    assert select(np.array(PASSED), np.array(answers, object), rule=rule) == expected


def test_a_choice_has_its_reasons() -> None:
    choice = select(PASSED, rule="majority")
    assert (choice.chosen, choice.ties, choice.tests_used, choice.stopped) == (1, (1, 3), 3, "limit")
    assert choice.rewards == pytest.approx((2.2, 3.4, 2.2, 3.4))
    assert 0 < choice.confidence < 1


def test_answers_to_other_inputs_need_no_tests() -> None:
    choice = select(np.zeros((4, 0)), probes=ANSWERS, rule="agreement")
    assert (choice.chosen, choice.ties, choice.stopped) == (1, (1, 3), "no tests")


@pytest.mark.parametrize(
    "answers", [[[1], [True], [1.0], [1]], [["1"], [1], [None], ["1"]], np.array([[0.5], [1], [2], [0.5]])]
)
def test_only_answers_of_one_type_and_value_are_the_same(answers: Any) -> None:
    assert select(np.zeros((4, 0)), probes=answers, rule="agreement").ties == (0, 3)


def test_nan_is_the_same_answer_as_nan() -> None:
    assert select(np.zeros((3, 0)), probes=np.array([[1.0], [np.nan], [np.nan]]), rule="agreement").chosen == 1


def test_a_function_may_be_the_rule() -> None:
    def last(ballot: Ballot) -> Scores:
        return np.arange(len(ballot.multiplicity), dtype=float)

    choice = select(PASSED, rule=last)
    assert choice.chosen == 3 and choice.rule.endswith("last")


MISTAKES: dict[str, tuple[type[CodermError], dict[str, Any], str]] = {
    "a row": (InputError, {"passed": [True, False]}, "passed has the shape (2,); expected (candidates, tests)"),
    "nobody": (InputError, {"passed": np.zeros((0, 3))}, "passed has the shape (0, 3)"),
    "ragged": (InputError, {"passed": [[True], [True, False]]}, "rows of unequal length"),
    "a share": (InputError, {"passed": [[0.5]]}, "passed holds 0.5; expected True or False"),
    "letters": (InputError, {"passed": [["P", "F"]]}, "passed holds 'P'"),
    "another width": (InputError, {"outputs": [[1]] * 4}, "outputs has the shape (4, 1); expected (4, 3)"),
    "ragged answers": (InputError, {"outputs": [[1], [1, 2], [1], [1]]}, "outputs has the shape (4, 1 or 2)"),
    "other rows": (InputError, {"probes": [[1]]}, "probes has the shape (1, 1); expected (4, any number)"),
    "an array in it": (InputError, {"passed": np.array([[np.array([1, 2]), 1]], object)}, "passed holds array([1, 2])"),
    "no matrix": (InputError, {"outputs": [1, 2, 3, 4]}, "outputs holds 1 where a candidate's answers should be"),
    "a number": (InputError, {"outputs": np.array(1)}, "outputs holds 1 where"),
    "words": (InputError, {"outputs": ["abc"] * 4}, "outputs holds 'abc' where"),
    "a mapping": (InputError, {"outputs": {0: [1, 2, 3]}}, "outputs holds {0: [1, 2, 3]} where"),
    "arrays": (InputError, {"probes": [[np.array([1, 2])]] * 4}, "cannot be hashed or compared"),
    "rule without a name": (InputError, {"rule": None}, "rule is None; give the name of a rule, or a function"),
    "lists": (InputError, {"probes": [[[1]]] * 4}, "cannot be hashed"),
    "no rule": (SettingsError, {"rule": "majorty"}, "did you mean 'majority'?"),
    "all rules": (InputError, {"rule": "all"}, "one has to pick"),
    "a rule that fails": (SettingsError, {"rule": lambda ballot: ballot.pased}, "failed (AttributeError: "),
    "too few scores": (SettingsError, {"rule": lambda ballot: [1.0]}, "for 4 candidates"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_sentence(mistake: str) -> None:
    error, change, words = MISTAKES[mistake]
    assert words in said(error, lambda: select(**{"passed": PASSED, **change}))
