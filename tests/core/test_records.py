"""The nouns, and what users read when something goes wrong."""

from __future__ import annotations

import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.core import errors
from coderm_eval.core.errors import CodermError, IncompleteRunError, ServerError
from coderm_eval.core.messages import suggestion
from coderm_eval.core.records import (
    NO_OUTPUT,
    Candidate,
    Grade,
    UnitTest,
    Verdict,
    Verdicts,
    deduplicate_candidates,
    fingerprint,
)

parts = st.lists(st.text(st.characters(), max_size=3), max_size=4)
"""Short, so that lists with equal concatenations are drawn; lone surrogates, which answers can hold, included."""

# Fingerprints


@given(parts, parts)
def test_only_equal_parts_share_a_fingerprint(one: list[str], other: list[str]) -> None:
    assert (fingerprint(*one) == fingerprint(*other)) == (one == other)


@given(st.text(), st.data())
def test_a_fingerprint_knows_where_its_parts_end(text: str, data: st.DataObject) -> None:
    cuts = [(text[:i], text[i:]) for i in range(len(text) + 1)]
    assert len({fingerprint(*cut) for cut in [*cuts, (text,)]}) == len(cuts) + 1


LOOKALIKES = [
    (),
    ("",),
    ("", ""),
    ("ab",),
    ("a", "b"),
    ("", "ab"),
    ("ab", ""),
    ("1:a",),
    ("1:a1:b",),
    ("a1:b",),
    ("é",),
    ("e\u0301",),
    ("\udce9",),
    ("a\0b",),
    ("a\nb",),
    ("a\r\nb",),
]


def test_lookalikes_have_fingerprints_of_their_own() -> None:
    assert len({fingerprint(*each) for each in LOOKALIKES}) == len(LOOKALIKES)


@given(parts)
def test_a_fingerprint_is_32_hex_digits(texts: list[str]) -> None:
    found = fingerprint(*texts)
    assert len(found) == 32 and set(found) <= set(string.hexdigits.lower())


def test_a_fingerprint_is_the_same_in_every_version() -> None:
    """Stores written by an earlier version are read by it: a change here makes every stored result unknown."""
    assert fingerprint("tide", "é") == "a04591c2f18b0930dfb1ce3efea23386"


# Candidates


def test_equal_programs_share_a_candidate() -> None:
    assert deduplicate_candidates(["a", "b", "a", "", ""]) == (
        Candidate("a", (0, 2)),
        Candidate("b", (1,)),
        Candidate("", (3, 4)),
    )


def test_without_answers_there_are_no_candidates() -> None:
    assert deduplicate_candidates([]) == ()


def test_programs_that_differ_in_a_byte_are_distinct() -> None:
    assert len(deduplicate_candidates(["a", "a\n", "a\r\n", " a", "A"])) == 5


@given(st.lists(st.sampled_from(["a", "b", "c", ""])))
def test_deduplication_loses_no_sample(programs: list[str]) -> None:
    distinct = deduplicate_candidates(iter(programs))
    assert sorted(sample for c in distinct for sample in c.samples) == list(range(len(programs)))
    assert all(programs[sample] == c.program for c in distinct for sample in c.samples)
    assert [c.samples[0] for c in distinct] == sorted(c.samples[0] for c in distinct)


@pytest.mark.parametrize("samples", [(0,), (1, 4, 5)])
def test_multiplicity_is_the_number_of_samples(samples: tuple[int, ...]) -> None:
    assert Candidate("a", samples).multiplicity == UnitTest("t", samples).multiplicity == len(samples)


# Verdicts


def test_every_verdict_has_a_letter_of_its_own() -> None:
    assert [verdict.code for verdict in Verdict] == ["P", "F", "T", "C", "N"]


def every_verdict() -> Verdicts:
    """Row 0: passed, failed, timed out; row 1: crashed, not run, passed."""
    matrix = np.array([[0, 1, 2], [3, 4, 0]], dtype=np.uint8)
    return Verdicts(matrix, np.zeros((2, 3)), np.full((2, 3), NO_OUTPUT))


def test_only_passed_counts_as_passed() -> None:
    assert every_verdict().passed.tolist() == [[True, False, False], [False, False, True]]


def test_only_not_run_counts_as_not_run() -> None:
    assert every_verdict().ran.tolist() == [[True, True, True], [True, False, True]]


def test_rows_show_one_letter_per_test() -> None:
    assert every_verdict().rows() == ["PFT", "CNP"]


def test_candidates_without_tests_have_empty_rows() -> None:
    assert Verdicts(np.zeros((2, 0), dtype=np.uint8), np.zeros((2, 0)), np.zeros((2, 0), dtype=np.int64)).rows() == [
        "",
        "",
    ]


# Grades

GRADES = [
    ({}, None),
    ({"base": "pass"}, True),
    ({"base": "pass", "plus": "pass"}, True),
    ({"base": "pass", "plus": "fail"}, False),
    ({"base": "fail", "plus": "pass"}, False),
    ({"base": "timeout"}, False),
    ({"base": ""}, False),
    ({"base": "PASS"}, False),
]


@pytest.mark.parametrize(("statuses", "passed"), GRADES)
def test_a_grade_passes_only_if_every_suite_passed(statuses: dict[str, str], passed: bool | None) -> None:
    assert Grade(statuses).passed is passed


def test_a_grade_that_was_not_run_is_neither_true_nor_false() -> None:
    assert Grade().passed is None


# Errors

KINDS = [getattr(errors, name) for name in errors.__all__ if name.endswith("Error")]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_a_coderm_error_with_its_exit_code(kind: type[CodermError]) -> None:
    assert issubclass(kind, CodermError)
    assert kind("x").exit_code == (3 if kind is IncompleteRunError else 2)


def test_no_kind_of_error_hides_another() -> None:
    """So that `except InputError` can never swallow a server that is down. A refusal is a server's error."""
    parents = {kind.__name__: kind.__bases__ for kind in KINDS if kind is not CodermError}
    assert parents.pop("RequestRefusedError") == parents.pop("NotServedError") == (ServerError,)
    assert set(parents.values()) == {(CodermError,)}


NEAREST = [
    ("majorty", ["majority", "codet"], "did you mean 'majority'?"),
    ("tests", ["tests"], "did you mean 'tests'?"),
    ("xyz", ["majority", "codet"], "known: majority, codet"),
    ("", ["majority"], "known: majority"),
]


@pytest.mark.parametrize(("word", "known", "said"), NEAREST)
def test_an_unknown_word_is_answered_with_the_nearest_or_with_all(word: str, known: list[str], said: str) -> None:
    assert suggestion(word, known) == said


def test_the_known_words_may_come_from_an_iterator() -> None:
    assert suggestion("xyz", iter(["majority", "codet"])) == "known: majority, codet"


@given(st.text(), st.lists(st.text(min_size=1), min_size=1))
def test_what_is_suggested_is_known(word: str, known: list[str]) -> None:
    said = suggestion(word, known)
    assert said == f"known: {', '.join(known)}" or any(said == f"did you mean {name!r}?" for name in known)
