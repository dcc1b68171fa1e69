"""What an entry says of a run: where its values come from, and which are refused."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.cli import said

from coderm_eval.core.errors import SettingsError
from coderm_eval.report.exporters.entry import Entry, read_entry

RUN: dict[str, Any] = {
    "n_candidates": 20,
    "policy": {"model": "org/P", "revision": None, "server": None, "sampling": {"n": 20, "temperature": 0.8}},
    "test_writer": {"model": None, "backend": "file", "sampling": {"num": 100, "top_p": None}},
}
NAME = "P + T Bo20"


def read(given: dict[str, Any], run: dict[str, Any] = RUN) -> Entry:
    return read_entry(Entry, run, given, "--to x")


def test_what_the_run_knows_is_not_asked_for() -> None:
    entry = read({"name": NAME, "test_writer": {"model": "T"}})
    assert (entry.policy.model, entry.policy.sampling.temperature) == ("org/P", 0.8)
    assert (entry.test_writer.model, entry.test_writer.sampling.top_p) == ("T", None)


def test_an_older_run_knows_nothing_of_its_models() -> None:
    assert read({"name": NAME, "policy": {"model": "P"}}, {"n_candidates": 20}).policy.model == "P"


def test_the_same_said_again_as_text_is_no_contradiction() -> None:
    assert read({"name": NAME, "policy": {"sampling": {"temperature": "0.80"}}}).policy.sampling.temperature == 0.8


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "name is missing: give --name \"...\", the name of the system, such as 'P + CodeRM-8B Bo20'; or write"),
    ({"name": " "}, "name: ' ' is no name: write one on a single line, such as 'P + CodeRM-8B Bo20'"),
    ({"name": "P Bo20\n% more"}, "name: 'P Bo20\\n% more' is no name"),
    ({"name": NAME, "date": "yesterday"}, "date is 'yesterday': expected a date, such as 2026-11-28"),
    ({"nmae": NAME, "name": NAME}, "unknown setting 'nmae'; did you mean 'name'?"),
    ({"name": NAME, "policy": {"model": "org/Q"}}, "policy.model is 'org/Q', and the run was made with 'org/P'; leave"),
    (
        {"name": NAME, "policy": {"sampling": {"temperature": "0.2"}}},
        "policy.sampling.temperature is 0.2, and the run was made with 0.8; leave it out",
    ),
    ({"name": NAME, "policy": {"sampling": {"temperature": "hot"}}}, "policy.sampling.temperature is 'hot': expected"),
]


@pytest.mark.parametrize(("given", "words"), REFUSED)
def test_an_entry_that_is_wrong_is_refused(given: dict[str, Any], words: str) -> None:
    message = said(SettingsError, read, given)
    assert message.startswith(f"--to x: {words}")


@pytest.mark.parametrize("name", ["P + T Bo20", "P, best of 20", "P (best-of-20)", "P bo20, seed 7", "Bo5 of Bo20"])
def test_a_name_that_says_best_of_n_is_taken(name: str) -> None:
    assert read({"name": name}).name == name


@pytest.mark.parametrize("name", ["P", "org/P", "P + CodeRM-8B", "P Bo10", "P Bo200", "P (N=20)", "Robo20"])
def test_a_name_that_passes_for_a_models_own_is_refused(name: str) -> None:
    """A bare model's score is its pass@1; this one is that of a pick among twenty."""
    message = said(SettingsError, read, {"name": name})
    assert message.startswith(f"--to x: the name {name!r} does not say that each program is the best of 20, so that")
    assert "Bo20'" in message


def test_the_name_proposed_has_no_test_writer_that_nobody_named() -> None:
    def proposed(name: str, **given: Any) -> str:
        return said(SettingsError, read, {"name": name, **given}).partition("write one such as ")[2]

    assert proposed("the demo again, Bo16") == "'the demo again + <test writer> Bo20'"
    assert proposed("P", test_writer={"model": "T"}) == "'P + T Bo20'"
    assert proposed("P + T, Bo10") == "'P + T Bo20'"


def test_the_number_is_that_of_the_problem_with_most_candidates() -> None:
    uneven = {"n_candidates": [3, 7]}
    assert read({"name": "P Bo7"}, uneven).name == "P Bo7"
    assert "best of 7" in said(SettingsError, read, {"name": "P Bo3"}, uneven)


def test_one_candidate_is_the_models_own() -> None:
    assert read({"name": "P"}, {"n_candidates": 1}).name == "P"
