"""Isolation on other hosts than this one: an ordinary user's, and one that forbids user namespaces."""

from __future__ import annotations

import functools
import json
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from helpers.attack_report import PLACES
from helpers.attacks import ATTACKS
from helpers.other_hosts import FORBIDS, HOSTS, OPEN_TO_FILES, Host, granted, on, skip_unless
from helpers.paths import ROOT

from coderm_eval.core.errors import IncompleteRunError
from coderm_eval.execution.sandbox.isolation.levels import FULL, MODES, describe

_NO_PASS = dict.fromkeys((FULL, "landlock+seccomp+rlimits", "seccomp+rlimits"), "FTC") | {"rlimits": "FTCN"}
"""Verdicts that are right for an attack. Under limits alone one may end its worker twice, and is then not run."""


_REACH = ("reaches out", "leaves behind", "names")
_CONTAINED = ("ends early", "forges", "grows")
"""What is tried in the program's own process, which a host has no part in but by its level."""

_OTHER_PLACES = PLACES[1:]

Chosen = Mapping[str, Sequence[str]]
"""{place: names of attacks}."""


def _attacks(*kinds: str) -> list[str]:
    return [attack.name for attack in ATTACKS if attack.kind in kinds]


def _chosen(number: int) -> Chosen:
    """What is run on the host of this number: on this one everything in every place. On another each attack that
    reaches out as a candidate and in one of the other places, which is another one on the next host, and a third of
    those that do not, which is another third on the next host. The last three hosts grant the same level."""
    reach, contained = _attacks(*_REACH), _attacks(*_CONTAINED)
    if number == 0:
        return {"candidate": reach + contained, **dict.fromkeys(_OTHER_PLACES, reach)}
    others = {
        place: reach[(number + shift) % len(_OTHER_PLACES) :: len(_OTHER_PLACES)]
        for shift, place in enumerate(_OTHER_PLACES)
    }
    return {"candidate": reach + contained[number % 3 :: 3], **others}


@pytest.mark.parametrize("level", sorted({host[3] for host in HOSTS}))
def test_at_each_level_every_attack_is_run_in_every_place(level: str) -> None:
    hosts = [_chosen(number) for number, host in enumerate(HOSTS) if host[3] == level]
    for place, names in _chosen(0).items():
        assert {name for chosen in hosts for name in chosen[place]} == set(names)


@functools.cache
def _report(number: int) -> Mapping[str, Any]:
    """Made once for all places of a host, since a start and an executor take as long as forty attacks."""
    return _run_attacks(HOSTS[number], "auto", _chosen(number))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("number", range(len(HOSTS)), ids=[host[0] for host in HOSTS])
def test_no_attack_passes_on_a_host_or_costs_its_neighbour(number: int, place: str) -> None:
    _check_attacks(_report(number), HOSTS[number], _chosen(number), place)


_OPEN: list[tuple[Host, str, str]] = [
    (OPEN_TO_FILES, "auto", "seccomp+rlimits"),
    (HOSTS[0], "rlimits", "rlimits"),
    (HOSTS[1], "rlimits", "rlimits"),
]
"""Hosts, modes, and the levels that they then have."""


def _chosen_where_open(number: int) -> Chosen:
    """Everything in every place; of the last two, which have the same level, the second runs each attack in one."""
    attacks = _attacks("leaves behind", "names")
    step = 1 if number < 2 else len(PLACES)
    return {place: attacks[shift % step :: step] for shift, place in enumerate(PLACES)}


@functools.cache
def _report_where_open(number: int) -> Mapping[str, Any]:
    host, mode, _ = _OPEN[number]
    return _run_attacks(host, mode, _chosen_where_open(number))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "number",
    range(len(_OPEN)),
    ids=["system calls are filtered", "limits alone, as root", "limits alone, as an ordinary user"],
)
def test_nothing_is_left_behind_where_files_are_open(number: int, place: str) -> None:
    host, _, level = _OPEN[number]
    _check_attacks(_report_where_open(number), (*host[:3], level), _chosen_where_open(number), place)


def _run_attacks(host: Host, mode: str, chosen: Chosen) -> Mapping[str, Any]:
    _, unshare, first, _ = host
    skip_unless(unshare, first)
    done = on(unshare, first, "-m", "helpers.attack_report", mode, cwd=ROOT / "tests", given=json.dumps(chosen))
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _check_attacks(report: Mapping[str, Any], host: Host, chosen: Chosen, place: str) -> None:
    _, _, first, level = host
    if report["level"] != level and not first:
        pytest.skip(f"this host grants only {report['level']}")
    assert report["level"] == level
    attacks, neighbours = report["attacks"][place], report["neighbours"][place]
    assert set(attacks) == set(chosen[place])
    assert {name: verdict for name, verdict in attacks.items() if verdict not in _NO_PASS[level]} == {}
    assert neighbours and {name: verdict for name, verdict in neighbours.items() if verdict != "P"} == {}
    assert report["outside"] == {}


def test_strict_isolation_is_refused_in_one_sentence_where_denied(tmp_path: Path) -> None:
    _, unshare, first, level = FORBIDS
    skip_unless(unshare, first)
    config = tmp_path / "settings.yaml"
    config.write_text("execution: {isolation: strict}\n")
    done = on(unshare, first, "-m", "coderm_eval.cli", "doctor", "--config", str(config))
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert re.search(rf"failed +isolation .* only {re.escape(level)}\n +-> run on .* to auto\n", done.stdout)


def test_windows_is_pointed_to_wsl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(IncompleteRunError, match="WSL"):
        granted()


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_that_this_host_grants_runs_programs(mode: str) -> None:
    if granted() != FULL:
        pytest.skip("this host does not grant all")
    level = granted(mode)
    assert level == {"namespaces": "namespaces+rlimits", "rlimits": "rlimits"}.get(mode, FULL)


def test_every_level_has_a_sentence_of_its_own() -> None:
    parts = ["namespaces+seccomp", "namespaces", "landlock+seccomp", "landlock", "seccomp"]
    levels = [f"{part}+rlimits" for part in parts] + ["rlimits"]
    assert len({describe(level) for level in levels}) == len(levels)


_PASSES = """
import sys
sys.path.insert(0, sys.argv[1])
from coderm_eval.execution.backends.local import LocalExecutor
from coderm_eval.execution.program_test import ProgramTest
from coderm_eval.execution.limits import Limits

with LocalExecutor(workers=1) as executor:
    [result] = executor.run([ProgramTest(0, sys.argv[2], sys.argv[3])], Limits(timeout_s=5))
print(result.verdict.name)
"""

_USES_PACKAGES = """
import os, tempfile
import only_here

def f(x):
    with tempfile.NamedTemporaryFile():
        return x + only_here.TWO
"""

_ASKS = """
import unittest

class TestF(unittest.TestCase):
    def test_f(self):
        self.assertEqual(f(1), 3)
"""


_LOOKS = """
import glob, json, sys
from pathlib import Path
from coderm_eval.benchmarks import demo
from coderm_eval.execution.backends.local import LocalExecutor
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import ProgramTest

gold = Path(demo.__file__).with_name("gold.jsonl")
assert "assert" in gold.read_text()
places = [str(gold), str(gold.resolve()), *glob.glob(f"{sys.prefix}/lib*/*/site-packages/coderm_eval/**/gold.jsonl")]
program = f'''
def found(name):
    texts = []
    for place in {places!r}:
        try:
            texts.append(open(place).read())
        except OSError:
            pass
    return texts
'''
test = '''
import unittest

class TestFound(unittest.TestCase):
    def test_nothing_is_found(self):
        self.assertEqual(found("gold"), [])
'''
in_the_test = program.replace("found", "found_here") + test.replace("found(", "found_here(")
tests = [ProgramTest(name, program, text, name) for name, text in (("program", test), ("test", in_the_test))]
with LocalExecutor(workers=1, isolation=sys.argv[1]) as executor:
    level = executor.self_test(Limits(timeout_s=5))
    verdicts = {result.key: result.verdict.name for result in executor.run(tests, Limits(timeout_s=5))}
print(json.dumps([level, verdicts]))
"""
"""Whether the demo's gold tests can be read by a program, and by a test."""


@pytest.fixture(scope="module", params=["a folder", "a link to a folder"])
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that the package is installed in, as by a wheel."""
    home = tmp_path_factory.mktemp("installed") / "environment"
    venv.create(home, symlinks=True)
    (packages,) = home.glob("lib/python*/site-packages")
    shutil.copytree(ROOT / "coderm_eval", packages / "coderm_eval", ignore=shutil.ignore_patterns("__pycache__"))
    (packages / "others.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
    if request.param == "a folder":
        return home / "bin" / "python"
    link = home.with_name("link")
    link.symlink_to(home)
    return link / "bin" / "python"


LEVELS = [
    ("auto", HOSTS[0], FULL),
    ("namespaces", HOSTS[0], "namespaces+rlimits"),
    ("auto", FORBIDS, FORBIDS[3]),
    ("rlimits", HOSTS[0], "rlimits"),
]


@pytest.mark.parametrize(("mode", "host", "level"), LEVELS, ids=[case[2] for case in LEVELS])
def test_gold_tests_of_the_demo_cannot_be_read(
    mode: str, host: Host, level: str, installed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Not so where there are limits only, which hide nothing."""
    _, unshare, first, _ = host
    skip_unless(unshare, first)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setattr(sys, "executable", str(installed))
    done = on(unshare, first, "-c", _LOOKS, mode, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found, verdicts = json.loads(done.stdout)
    if found != level:
        pytest.skip(f"this host allows only {found}")
    expected = "FAILED" if level == "rlimits" else "PASSED"
    assert verdicts == {"program": expected, "test": expected}


@pytest.mark.parametrize("mode", [0o755, 0o700], ids=oct)
def test_an_interpreter_below_tmp_keeps_its_packages(mode: int) -> None:
    """What is in a program's /tmp must not hide it; and root may have kept it to himself."""
    home = Path(tempfile.mkdtemp(dir="/tmp"))
    try:
        venv.create(home, symlinks=True)
        (packages,) = home.glob("lib/python*/site-packages")
        (packages / "only_here.py").write_text("TWO = 2\n")
        (packages / "others.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
        home.chmod(mode)
        command = [str(home / "bin" / "python"), "-c", _PASSES, str(ROOT), _USES_PACKAGES, _ASKS]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.stdout == "PASSED\n", done.stderr
    finally:
        shutil.rmtree(home)
