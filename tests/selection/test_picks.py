"""The paper's majority rule, against a slow reading of its formula and examples worked by hand."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from helpers.cli import CLI
from helpers.paths import ROOT
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.benchmarks.demo import SAMPLES, TESTS
from coderm_eval.core.errors import SettingsError
from coderm_eval.core.records import NO_OUTPUT, Candidate, Probes, Selection, UnitTest, Verdict, Verdicts
from coderm_eval.report.scores import ROWS
from coderm_eval.selection import Ballot, Scores, known_rules, registry, select, selector
from coderm_eval.selection.registry import Rule

P, F, T, C, N = Verdict


def verdicts(*rows: list[Verdict]) -> Verdicts:
    matrix = np.array(rows, dtype=np.uint8).reshape(len(rows), -1)
    return Verdicts(matrix, np.zeros(matrix.shape), np.full(matrix.shape, NO_OUTPUT))


def chosen_by(rule: str, candidates: Sequence[Candidate], found: Verdicts) -> Selection:
    tests = [UnitTest(f"t{j}", (j,)) for j in range(found.matrix.shape[1])]
    return select([rule], candidates, tests, found, stopped="budget")[rule]


def majority(passed: npt.NDArray[np.bool_], sizes: npt.NDArray[np.int64]) -> Scores:
    outputs = np.full(passed.shape, NO_OUTPUT)
    return known_rules()["majority"](
        Ballot(passed, sizes, np.ones(passed.shape[1], int), outputs, np.arange(len(sizes)), outputs[:, :0])
    )


def distinct(*sizes: int) -> list[Candidate]:
    """Candidates with these multiplicities, their samples numbered one after the other."""
    starts = np.cumsum([0, *sizes])
    return [Candidate(f"p{i}", tuple(range(starts[i], starts[i + 1]))) for i in range(len(sizes))]


def slow_paper_rule(passed: npt.NDArray[np.bool_], sizes: list[int]) -> set[int]:
    """The authors' scorer in plain loops: most passes, then the largest group of identical passed sets."""
    samples = [(row, frozenset(np.flatnonzero(passed[row]))) for row, size in enumerate(sizes) for _ in range(size)]
    most = max(len(tests) for _, tests in samples)
    top = [(row, tests) for row, tests in samples if len(tests) == most]
    groups = [sum(other == tests for _, other in top) for _, tests in top]
    return {row for (row, _), group in zip(top, groups, strict=True) if group == max(groups)}


matrices = st.integers(1, 7).flatmap(
    lambda n: st.tuples(
        st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=n, max_size=n),
        st.lists(st.integers(1, 5), min_size=n, max_size=n),
    )
)


@given(matrices)
def test_majority_keeps_the_candidates_that_the_authors_scorer_keeps(drawn: tuple[list[list[bool]], list[int]]) -> None:
    passed, sizes = np.array(drawn[0], dtype=bool), drawn[1]
    scores = majority(passed, np.array(sizes))
    assert set(np.flatnonzero(scores == scores.max())) == slow_paper_rule(passed, sizes)


@given(matrices, st.randoms(use_true_random=False))
def test_majority_does_not_depend_on_the_order_of_candidates_or_tests(
    drawn: tuple[list[list[bool]], list[int]], random: np.random.RandomState
) -> None:
    passed, sizes = np.array(drawn[0], dtype=bool), np.array(drawn[1])
    rows, columns = list(range(passed.shape[0])), list(range(passed.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    shuffled = majority(passed[rows][:, columns], sizes[rows])
    assert shuffled == pytest.approx(majority(passed, sizes)[rows])


def test_majority_worked_by_hand() -> None:
    """Passes: 2, 2, 1. Rows 0 and 1 pass different pairs; row 1 stands for two samples, so its group is larger.

    Scores: 2 + 1/5, 2 + 2/5, 1 + 1/5 (four samples in all).
    """
    passed = np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1]], dtype=bool)
    assert majority(passed, np.array([1, 2, 1])) == pytest.approx([2.2, 2.4, 1.2])


def test_a_larger_group_never_outweighs_one_more_passed_test() -> None:
    passed = np.array([[1, 1], [1, 0]], dtype=bool)
    scores = majority(passed, np.array([1, 1000]))
    assert scores[0] > scores[1]


def test_without_tests_every_candidate_ties_and_the_first_sample_is_chosen() -> None:
    selection = chosen_by("majority", distinct(1, 1, 1), verdicts([], [], []))
    assert (selection.chosen, selection.ties, selection.tests_used) == (0, (0, 1, 2), 0)


def test_among_equals_the_lowest_sample_index_is_chosen() -> None:
    """Whatever the order of the rows."""
    candidates = [Candidate("b", (1,)), Candidate("a", (0,))]
    selection = chosen_by("majority", candidates, verdicts([P], [P]))
    assert candidates[selection.chosen].samples == (0,)


def test_an_empty_program_has_no_chance_to_be_right() -> None:
    selection = select(["evidence"], [Candidate("\n", (0, 1, 2))], [], verdicts([]), stopped="")["evidence"]
    assert selection.confidence == 0


def test_timeouts_and_crashes_count_as_not_passed() -> None:
    selection = chosen_by("majority", distinct(1, 1, 1), verdicts([T, T], [C, C], [P, F]))
    assert selection.chosen == 2
    assert selection.rewards[0] == selection.rewards[1]


def test_a_test_that_one_candidate_missed_is_left_out_for_all() -> None:
    """Row 1 would win by the first column, which is missing for row 0."""
    selection = chosen_by("majority", distinct(1, 1), verdicts([N, P], [P, F]))
    assert (selection.chosen, selection.tests_used) == (0, 1)


def test_a_candidate_that_could_not_be_run_is_not_chosen() -> None:
    """Nor does it cost the others a test."""
    selection = chosen_by("majority", distinct(1, 1, 1), verdicts([N, N], [F, F], [P, F]))
    assert (selection.chosen, selection.tests_used) == (2, 2)
    assert np.isnan(selection.rewards[0])


def test_where_nothing_could_be_run_at_all_the_first_sample_is_chosen() -> None:
    selection = chosen_by("majority", distinct(1, 1), verdicts([N, N], [N, N]))
    assert (selection.chosen, selection.ties, selection.tests_used) == (0, (0, 1), 0)


def test_a_candidate_with_few_verdicts_is_not_chosen() -> None:
    """Row 0 passed the one test that was run against it; of three, that is too little to be compared."""
    selection = chosen_by("majority", distinct(1, 1, 1), verdicts([P, N, N], [P, P, F], [P, F, F]))
    assert (selection.chosen, selection.tests_used) == (1, 3)
    assert np.isnan(selection.rewards[0])


def test_a_missing_verdict_is_not_a_failure_for_any_rule() -> None:
    """What cannot be run against row 1 is left out for all, as if nobody had written that test."""
    for rule in known_rules():
        with_gap = chosen_by(rule, distinct(1, 2), verdicts([P, P, F], [N, F, P]))
        without = chosen_by(rule, distinct(1, 2), verdicts([P, F], [F, P]))
        assert with_gap.rewards == without.rewards


def test_scores_that_differ_by_the_order_of_a_sum_are_ties() -> None:
    with registered("sums", lambda ballot: np.array([0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1])):
        assert chosen_by("sums", distinct(1, 1), verdicts([P], [P])).ties == (0, 1)


# Rules of other packages


@contextmanager
def registered(name: str, rule: Rule) -> Iterator[None]:
    selector(name)(rule)
    try:
        yield
    finally:
        del registry._RULES[name]


def test_a_rule_of_ones_own_is_one_decorated_function() -> None:
    def fewest_failures(ballot: Ballot) -> Scores:
        return np.asarray(-(~ballot.passed).sum(axis=1).astype(float))

    with registered("fewest_failures", fewest_failures):
        assert chosen_by("fewest_failures", distinct(1, 1), verdicts([P, F], [P, P])).chosen == 1


def test_a_rule_sees_how_often_each_test_was_sampled() -> None:
    candidates, tests = distinct(1, 1), [UnitTest("a", (0,)), UnitTest("b", (1, 2))]
    selection = select(["codet"], candidates, tests, verdicts([P, F], [F, P]), stopped="budget")["codet"]
    assert selection.rewards == (1.0, 2.0)


def test_two_rules_cannot_have_one_name() -> None:
    with pytest.raises(ValueError, match=r"two rules are named 'majority': .*majority and .*lambda"):
        selector("majority")(lambda ballot: np.zeros(len(ballot.first)))


@pytest.mark.parametrize("name", sorted({*ROWS, "all"} - {"majority"}))
def test_a_rule_cannot_take_the_name_of_something_else(name: str) -> None:
    with pytest.raises(ValueError, match=f"no rule can be named '{name}'"):
        selector(name)


def ended_early() -> None:
    raise GeneratorExit("enough")


ODD_RULES: dict[str, tuple[Any, str]] = {
    "too many": (lambda _: np.zeros(3), "gave scores of the shape (3,) for 2 candidates"),
    "a matrix": (lambda _: np.zeros((2, 2)), "gave scores of the shape (2, 2)"),
    "one number": (lambda _: 0.5, "gave scores of the shape ()"),
    "no number": (lambda _: np.full(2, np.nan), "gave scores of nan for some of 2 candidates"),
    "one that is none": (lambda _: [1, np.nan], "gave scores of nan"),
    "infinity": (lambda _: [1, np.inf], "gave scores of inf"),
    "less than all": (lambda _: [1, -np.inf], "gave scores of -inf"),
    "nothing": (lambda _: None, "gave scores of the shape ()"),
    "text": (lambda _: ["a", "b"], "failed (ValueError: could not convert string to float"),
    "words": (lambda _: "high", "failed (ValueError"),
    "an error": (lambda _: 1 / 0, "failed (ZeroDivisionError: division by zero) at "),
    "an end": (lambda _: sys.exit(3), "failed (SystemExit: 3)"),
    "an error that few catch": (lambda _: ended_early(), "failed (GeneratorExit: enough)"),
    "no call": ((), "failed (TypeError: 'tuple' object is not callable)"),
    "writes": (lambda ballot: ballot.passed.fill(True), "failed (ValueError: "),
    "writes sizes": (lambda ballot: ballot.multiplicity.sort(), "failed (ValueError: "),
}


@pytest.mark.parametrize(("rule", "words"), ODD_RULES.values(), ids=ODD_RULES)
def test_a_rule_that_does_not_score_every_candidate_is_named(rule: Any, words: str) -> None:
    with registered("odd", rule), pytest.raises(SettingsError) as caught:
        chosen_by("odd", distinct(1, 1), verdicts([P], [P]))
    message = str(caught.value)
    assert message.startswith(f"the rule 'odd' {words}") and message.endswith("or select another rule")
    assert "\n" not in message


PLUGIN = """
from coderm_eval.selection import Ballot, Scores, selector


@selector("fewest_failures")
def fewest_failures(ballot: Ballot) -> Scores:
    return -(~ballot.passed).sum(axis=1).astype(float)
"""


def install(folder: Path, name: str, code: str) -> None:
    """A package with this code and an entry point for it."""
    (folder / f"{name}.py").write_text(code)
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[coderm_eval.selectors]\n{name} = {name}\n")


def with_packages(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A command of an interpreter that has the packages of this folder."""
    return subprocess.run(
        [*CLI, *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])},
        capture_output=True,
        text=True,
    )


DRY_RUN = (
    "rerank",
    "--benchmark",
    "demo",
    "--samples",
    str(SAMPLES),
    "--tests",
    str(TESTS),
    "--out",
    "run",
    "--dry-run",
)


def test_another_package_adds_rules_by_an_entry_point(tmp_path: Path) -> None:
    install(tmp_path, "plugin", PLUGIN)
    assert with_packages(tmp_path, *DRY_RUN, "--select", "fewest_failures").returncode == 0


BROKEN = {
    "lacking": ("import no_such_module", "(No module named 'no_such_module')"),
    "ending": ("import sys\nsys.exit(7)", "(7)"),
    "no_python": ("def f(:", "(invalid syntax"),
    "deep": ("raise RecursionError('deep')", "(deep)"),
}


@pytest.fixture(scope="module")
def unknown_rule(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """A rule that nobody has is selected, where the rules of many packages cannot be loaded."""
    folder = tmp_path_factory.mktemp("packages")
    for name, (code, _) in BROKEN.items():
        install(folder, name, f"{code}\n")
    return with_packages(folder, *DRY_RUN, "--select", "fewest_failures")


@pytest.mark.parametrize("name", BROKEN)
def test_a_package_whose_rules_cannot_be_loaded_is_named(
    unknown_rule: subprocess.CompletedProcess[str], name: str
) -> None:
    message = unknown_rule.stderr
    assert unknown_rule.returncode == 2
    assert "select is 'fewest_failures'" in message
    assert f"entry point {name} = {name} cannot be loaded {BROKEN[name][1]}" in message
    assert f"mend or uninstall the package {name}" in message
    assert "Traceback" not in message


@pytest.mark.parametrize("command", [("doctor",), ("--help",), (*DRY_RUN, "--select", "majority")], ids=str)
def test_a_broken_plugin_stops_only_what_selects_with_it(tmp_path: Path, command: tuple[str, ...]) -> None:
    install(tmp_path, "plugin", "import no_such_module\n")
    done = with_packages(tmp_path, *command)
    assert (done.returncode, "no_such_module" in done.stderr) == (0, False), done.stderr


def test_a_probing_input_that_could_not_be_run_for_one_counts_for_none() -> None:
    """On the second of three the first candidate was not run: on the others, the last two agree."""
    tests = [UnitTest("t", (0,))]
    ran = np.array([[P, N, P], [P, P, P], [P, P, P]], dtype=np.uint8)
    outputs = np.array([[5, NO_OUTPUT, 5], [6, 6, 5], [6, 7, 5]])
    probes = Probes((0, 1, 2), Verdicts(ran, np.zeros((3, 3)), outputs))
    pick = select(["evidence"], distinct(1, 1, 1), tests, verdicts([P], [P], [P]), stopped="budget", probes=probes)
    assert pick["evidence"].ties == (1, 2)
    assert pick["evidence"].rewards == pytest.approx(((1 + 1 / 2 + 1 / 2) / 3, (1 / 2 + 2) / 3, (1 / 2 + 2) / 3))


def answered(rows: tuple[int, ...], *outputs: list[int]) -> Probes:
    """What these candidates answered to probing inputs."""
    found = np.array(outputs)
    return Probes(rows, Verdicts(np.full(found.shape, P, np.uint8), np.zeros(found.shape), found))


def evidence_with(probes: Probes | None) -> Selection:
    """Its pick among four that pass the only test."""
    found = verdicts([P], [P], [P], [P])
    candidates, tests = distinct(1, 1, 1, 1), [UnitTest("t", (0,))]
    return select(["evidence"], candidates, tests, found, stopped="budget", probes=probes)["evidence"]


def test_a_candidate_that_no_probing_input_was_put_to_agrees_with_nobody() -> None:
    """Four are alike on tests. Of those that were run 1 and 3 answered alike, and 0 otherwise; 2 was not run."""
    pick = evidence_with(answered((0, 1, 3), [5], [6], [6]))
    assert pick.ties == (1, 3) and pick.rewards == pytest.approx((1 / 4, 1 / 2, 0, 1 / 2))


@pytest.mark.parametrize("rule", ["evidence", "agreement"])
def test_those_that_raise_on_every_probing_input_are_no_crowd(rule: str) -> None:
    """The first two raise on all, the others on one, and are alike on the other."""
    raised = np.array([[F, F], [F, F], [P, F], [P, F]], dtype=np.uint8)
    outputs = np.array([[8, 8], [8, 8], [5, 9], [5, 7]])
    probes = Probes((0, 1, 2, 3), Verdicts(raised, np.zeros((4, 2)), outputs))
    nothing = Verdicts.not_run(4, 0)
    pick = select([rule], distinct(5, 4, 1, 1), [], nothing, stopped="no tests", probes=probes)[rule]
    assert pick.ties == (2, 3) and pick.rewards == pytest.approx((0, 0, 1.5 / 11, 1.5 / 11))


def test_a_probing_input_that_nobody_answers_says_nothing() -> None:
    assert evidence_with(answered((0, 1), [NO_OUTPUT], [NO_OUTPUT])) == evidence_with(None)
    assert evidence_with(answered((0, 1), [NO_OUTPUT, 5], [NO_OUTPUT, 5])) == evidence_with(answered((0, 1), [5], [5]))
