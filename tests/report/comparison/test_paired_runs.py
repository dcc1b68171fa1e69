"""Comparing graded runs: against hand calculations, and what is refused."""

from __future__ import annotations

import math
from math import comb

import pytest
from helpers.cli import said

from coderm_eval.core.errors import InputError
from coderm_eval.report.comparison.graded_run import GradedRun
from coderm_eval.report.comparison.paired_runs import compare_runs, mcnemar
from coderm_eval.report.comparison.tables import (
    comparison_as_csv,
    comparison_as_json,
    comparison_as_latex,
    render_comparison,
    tables_of_comparison,
)

HASH = "ab" * 32


def graded(name: str, scores: str, **changed: object) -> GradedRun:
    """A run whose problems a, b, c, ... are right (1), wrong (0), without a grade (?) or not in it (.)."""
    values = {"1": 1.0, "0": 0.0, "?": math.nan}
    by_task = {f"t/{n}": values[score] for n, score in enumerate(scores) if score != "."}
    given = {"benchmark": "humaneval+", "dataset_sha256": HASH, "rule": "evidence", "settings": {"n": 20}}
    given["input_files"] = {}
    return GradedRun(name=name, tests_per_problem=11.0, scores=by_task, **{**given, **changed})  # type: ignore[arg-type]


def test_a_difference_is_counted_problem_by_problem() -> None:
    found = compare_runs([graded("a", "11100000"), graded("b", "01111000")])
    [pair] = found.pairs
    assert (pair.run, pair.against) == ("b", "a")
    assert (pair.wins, pair.losses) == (("t/3", "t/4"), ("t/0",))
    assert pair.difference.value == pytest.approx(1 / 8)
    gains = [-1, 0, 0, 1, 1, 0, 0, 0]
    deviations = sum((gain - 1 / 8) ** 2 for gain in gains)
    assert pair.difference.stderr == pytest.approx(math.sqrt(deviations / 7 / 8))
    assert pair.difference.low < 1 / 8 < pair.difference.high


@pytest.mark.parametrize(("wins", "losses"), [(1, 0), (5, 1), (1, 5), (3, 3), (12, 2)])
def test_mcnemar_is_the_exact_binomial_test(wins: int, losses: int) -> None:
    total = wins + losses
    one_sided = sum(comb(total, k) for k in range(min(wins, losses) + 1)) / 2**total
    assert mcnemar(wins, losses) == pytest.approx(min(1.0, 2 * one_sided))


def test_runs_that_never_differ_have_a_p_value_of_one() -> None:
    found = compare_runs([graded("a", "1010"), graded("b", "1010")])
    assert "b and a are right on the same problems" in render_comparison(found)
    [pair] = found.pairs
    assert (pair.difference.value, pair.p_value, pair.wins, pair.losses) == (0, 1, (), ())
    assert pair.difference.low < 0 < pair.difference.high  # four problems do not show that they never would


def test_only_problems_that_all_have_graded_are_compared() -> None:
    found = compare_runs([graded("a", "110?1"), graded("b", "01.11"), graded("c", "1111.")])
    assert found.problems == ("t/0", "t/1")
    assert found.left_out == {"a": ("t/2", "t/3", "t/4"), "b": ("t/3", "t/4"), "c": ("t/2", "t/3")}
    assert {name: interval.value for name, interval in found.pass_at_1.items()} == {"a": 1.0, "b": 0.5, "c": 1.0}
    text = render_comparison(found)
    assert "2 problems that all runs have graded" in text
    assert "note: b: left out 2 problems: t/3, t/4" in text


def test_each_run_is_compared_with_each_before_it() -> None:
    found = compare_runs([graded(name, "10") for name in "abc"])
    assert [(pair.run, pair.against) for pair in found.pairs] == [("b", "a"), ("c", "a"), ("c", "b")]


def test_what_the_runs_differ_in_is_shown() -> None:
    found = compare_runs([graded("a", "1", settings={"n": 20, "x": 1}), graded("b", "0", settings={"n": 5, "x": 1})])
    assert found.settings == {"n": (20, 5)}
    assert "|n             |20 |5  |" in render_comparison(found)


def test_an_input_that_differs_is_called_by_its_file_and_contents() -> None:
    """`sha256sum` of the file prints another hash than that of the contents, but the one of a rule's file."""
    runs = [
        graded(
            "a",
            "1",
            settings={"inputs.samples": "12" * 32, "inputs.rule": "56" * 32},
            input_files={"inputs.samples": "a.jsonl"},
        ),
        graded("b", "0", settings={"inputs.samples": "34" * 32}),
    ]
    cells = {key: values for key, *values in tables_of_comparison(compare_runs(runs))[2].rows}
    assert cells["inputs.samples"] == ["a.jsonl (contents 121212121212)", "contents 343434343434"]
    assert cells["inputs.rule"] == ["565656565656", "-"]


def test_runs_that_the_problems_do_not_tell_apart_share_a_tier() -> None:
    """a and b differ on one problem of 40; c is worse than both on 20, whose interval is far from 0."""
    found = compare_runs([graded("c", "0" * 20 + "1" * 20), graded("b", "1" * 39 + "0"), graded("a", "1" * 40)])
    assert found.tiers == (("a", "b"), ("c",))
    lines = [line for line in render_comparison(found).splitlines() if line.startswith(("|1", "|2"))]
    assert [line.split("|")[1:3] for line in lines] == [["1   ", "a  "], ["1   ", "b  "], ["2   ", "c  "]]


INCOMPARABLE = [
    ({"benchmark": "mbpp+"}, "b: a run of mbpp+, and a is one of humaneval+; only runs of the same benchmark"),
    ({"dataset_sha256": "cd" * 32}, "b: graded with another humaneval+ file than a (SHA-256 cdcdcdcdcdcd and"),
    ({"name": "a"}, "a: named twice; a run is not compared with itself"),
]


@pytest.mark.parametrize(("changed", "message"), INCOMPARABLE, ids=lambda value: str(value)[:20])
def test_runs_that_cannot_be_compared_are_refused(changed: dict[str, str], message: str) -> None:
    other = graded(changed.pop("name", "b"), "10", **changed)
    assert message in said(InputError, compare_runs, [graded("a", "11"), other])


def test_runs_without_a_common_problem_are_refused() -> None:
    message = said(InputError, compare_runs, [graded("a", "1."), graded("b", ".1")])
    assert message == "a, b: no problem is graded in all of them"


def test_runs_that_are_right_on_the_same_problems_are_equal_everywhere() -> None:
    found = compare_runs([graded("a", "1000"), graded("b", "1000")])
    [line] = tables_of_comparison(found)[1].rows
    assert list(line) == ["b", "a", "0.0", "equal everywhere", 0, 0, "1"]
    assert "b and a are right on the same problems\n" in render_comparison(found)


def test_a_long_list_is_cut_on_the_screen_and_whole_in_json() -> None:
    found = compare_runs([graded("a", "0" * 14), graded("b", "1" * 14)])
    assert "only b is right on 14 problems: t/0, t/1, t/2, t/3, t/4, t/5, t/6, t/7, t/8, t/9, and 4 more" in (
        render_comparison(found)
    )
    [pair] = comparison_as_json(found)["pairs"]
    assert len(pair["wins"]) == 14
    assert pair["mcnemar_p"] == round(2 / 2**14, 6)


def test_the_table_is_written_for_spreadsheets_and_papers() -> None:
    found = compare_runs([graded("a_1", "1000"), graded("b", "1110")])
    header, line = comparison_as_csv(found).splitlines()
    assert header == "run,against,difference,difference_low,difference_high,wins,losses,mcnemar_p"
    assert line == "b,a_1,0.5,0.0,1.0,2,0,0.5"
    latex = comparison_as_latex(found)
    assert latex.startswith("\\begin{tabular}") and "\\toprule" in latex
    assert "& a\\_1" in latex and "+50.0" in latex
