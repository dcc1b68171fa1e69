"""Whatever one test does, another one finds everything as it was: with real processes, at every level of isolation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import pytest
from helpers.attacks_by_tests import ATTACKS_BY_TESTS, SPIES, AttackByTest, good_tests
from helpers.execution import run_tests
from helpers.other_hosts import HOSTS, OPEN_TO_FILES, Host, granted, on, skip_unless
from helpers.paths import ROOT

from coderm_eval.core.records import Verdict
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import ProgramTest
from coderm_eval.execution.sandbox.isolation.levels import FULL

LIMITS = Limits(timeout_s=0.25, memory_mb=256)
PROGRAMS = {
    "wrong": "def rungs(height):\n    return height * 4\n",
    "right": "def rungs(height):\n    return height * 3\n",
    "right too": "def rungs(height):\n    return height + height + height\n",
}
WITHOUT_FILTER = [attack for attack in [*ATTACKS_BY_TESTS, *SPIES] if not attack.needs_filter]

Verdicts = Mapping[tuple[str, str, str], Verdict]


def _tests(attacks: list[AttackByTest]) -> Iterator[ProgramTest[tuple[str, str, str]]]:
    """Each attack is a problem: program by program, the attack and the good tests."""
    for attack in attacks:
        tests = {"attack": attack.trick, **{f"good {n}": test for n, test in enumerate(good_tests(attack.victim))}}
        for program, source in PROGRAMS.items():
            for name, test in tests.items():
                yield ProgramTest((attack.name, program, name), source, test, attack.name, "rungs")


def _verdicts(attacks: list[AttackByTest], isolation: str) -> Verdicts:
    return {r.key: r.verdict for r in run_tests(_tests(attacks), LIMITS, workers=2, isolation=isolation)}


@pytest.fixture(scope="module")
def isolated() -> Verdicts:
    if granted() != FULL:
        pytest.skip("this host does not grant all")
    return _verdicts([*ATTACKS_BY_TESTS, *SPIES], "strict")


@pytest.fixture(scope="module")
def limited() -> Verdicts:
    return _verdicts(WITHOUT_FILTER, "rlimits")


def _good_ones(verdicts: Verdicts, attack: str) -> dict[tuple[str, str], str]:
    """{(program, good test): verdict} beside this attack."""
    return {(p, test): v.name for (name, p, test), v in verdicts.items() if name == attack and test != "attack"}


EXPECTED = {
    (program, f"good {n}"): "FAILED" if program == "wrong" else "PASSED" for program in PROGRAMS for n in range(3)
}


@pytest.mark.parametrize("attack", [attack.name for attack in ATTACKS_BY_TESTS])
def test_good_tests_are_the_judges_they_were(isolated: Verdicts, attack: str) -> None:
    assert _good_ones(isolated, attack) == EXPECTED


@pytest.mark.parametrize("attack", [attack.name for attack in WITHOUT_FILTER])
def test_good_tests_are_the_judges_they_were_without_isolation(limited: Verdicts, attack: str) -> None:
    assert _good_ones(limited, attack) == EXPECTED


@pytest.mark.parametrize("attack", [attack.name for attack in ATTACKS_BY_TESTS])
def test_an_attack_is_a_test_that_was_run(isolated: Verdicts, attack: str) -> None:
    assert Verdict.NOT_RUN not in {isolated[attack, program, "attack"] for program in PROGRAMS}


def test_a_question_that_was_answered_is_not_asked_again(isolated: Verdicts) -> None:
    assert {isolated["forges questions without end", program, "attack"] for program in PROGRAMS} == {Verdict.CRASHED}


@pytest.mark.parametrize("spy", [spy.name for spy in SPIES])
def test_a_test_finds_neither_a_program_nor_what_others_were_told(isolated: Verdicts, spy: str) -> None:
    assert {isolated[spy, program, "attack"] for program in ("right", "right too")} <= {
        Verdict.FAILED,
        Verdict.CRASHED,
        Verdict.TIMED_OUT,
    }


@pytest.mark.parametrize("spy", [spy.name for spy in SPIES if not spy.needs_filter])
def test_a_test_finds_nothing_without_isolation_either(limited: Verdicts, spy: str) -> None:
    assert Verdict.PASSED not in {limited[spy, program, "attack"] for program in ("right", "right too")}


def _attacks(mode: str, part: int | None) -> list[AttackByTest]:
    """Those that are run in this mode: all, or one of three parts."""
    attacks = WITHOUT_FILTER if mode == "rlimits" else [*ATTACKS_BY_TESTS, *SPIES]
    return attacks if part is None else attacks[part::3]


_REPORT = """
import json, sys
sys.path.insert(0, sys.argv[1])
from execution.test_attacks_by_tests import _attacks, _verdicts
attacks = _attacks(sys.argv[2], json.loads(sys.argv[3]))
print(json.dumps([[*key, verdict.name] for key, verdict in _verdicts(attacks, sys.argv[2]).items()]))
"""
PLACES: list[tuple[Host, str, int | None]] = [
    (HOSTS[1], "auto", 0),
    *((host, "auto", part) for part, host in enumerate(HOSTS[2:])),
    (OPEN_TO_FILES, "auto", None),
    (HOSTS[1], "rlimits", 1),
]
"""Hosts, modes and parts; `isolated` and `limited` run all of them on this host."""


@pytest.mark.parametrize("level", sorted({host[3] for host, mode, _ in PLACES if mode == "auto"} - {FULL}))
def test_at_each_level_every_attack_is_run(level: str) -> None:
    parts = [_attacks(mode, part) for host, mode, part in PLACES if (host[3], mode) == (level, "auto")]
    assert {attack.name for part in parts for attack in part} == {a.name for a in _attacks("auto", None)}


@pytest.mark.parametrize(("host", "mode", "part"), PLACES, ids=[f"{host[0]}, {mode}" for host, mode, _ in PLACES])
def test_good_tests_are_the_judges_they_were_on_a_host(host: Host, mode: str, part: int | None) -> None:
    _, unshare, first, _ = host
    skip_unless(unshare, first)
    done = on(unshare, first, "-c", _REPORT, str(ROOT / "tests"), mode, json.dumps(part))
    assert done.returncode == 0, done.stderr
    verdicts = {(a, p, t): Verdict[v] for a, p, t, v in json.loads(done.stdout)}
    bent = {attack: _good_ones(verdicts, attack) for attack, _, _ in verdicts}
    assert set(bent) == {attack.name for attack in _attacks(mode, part)}
    assert {attack: found for attack, found in bent.items() if found != EXPECTED} == {}
    assert {key for key, verdict in verdicts.items() if verdict is Verdict.NOT_RUN} == set()
    spies = [spy.name for spy in SPIES if not (spy.reads_files and host is OPEN_TO_FILES)]
    told = {key for key in verdicts if key[0] in spies and key[1:] != ("wrong", "attack")}
    assert {key for key in told if key[2] == "attack" and verdicts[key] is Verdict.PASSED} == set()
