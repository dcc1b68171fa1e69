"""The table of docs/design/security.md: what it says of each level is tried there."""

from __future__ import annotations

import json

import pytest
from helpers.other_hosts import Host, on, ordinary_user, refusing, skip_unless
from helpers.paths import ROOT
from helpers.security_table import PROBES

from coderm_eval.execution.sandbox.isolation.levels import FULL

PAGE = (ROOT / "docs/design/security.md").read_text()

LEVELS: list[tuple[str, str, Host]] = [
    ("namespaces", "auto", ordinary_user("", FULL)),
    ("landlock", "auto", ordinary_user(refusing("unshare"), "landlock+seccomp+rlimits")),
    ("seccomp", "auto", ordinary_user(refusing("unshare", "landlock"), "seccomp+rlimits")),
    ("rlimits", "rlimits", ordinary_user("", "rlimits")),
]
"""The table's columns, how the level is asked for, and where."""


def _table() -> dict[str, dict[str, str]]:
    """{what a program tries: {level: "yes" or "no"}}."""
    lines = PAGE.partition("| a program can |")[2].splitlines()
    columns = [name.strip().strip("`") for name in lines[0].strip("|").split("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2 : lines.index("", 1)]]
    return {row[0]: dict(zip(columns, row[1:], strict=True)) for row in rows}


def test_every_row_of_the_table_has_a_probe() -> None:
    assert list(_table()) == list(PROBES)


@pytest.mark.parametrize(("column", "mode", "host"), LEVELS, ids=[level[0] for level in LEVELS])
def test_the_table_says_what_each_level_stops(column: str, mode: str, host: Host) -> None:
    _, unshare, first, level = host
    skip_unless(unshare, first)
    done = on(unshare, first, "-m", "helpers.security_table", mode, cwd=ROOT / "tests")
    assert done.returncode == 0, done.stderr
    found, answers = json.loads(done.stdout)
    if found != level:
        pytest.skip(f"this host grants only {found}")
    assert answers == {row: cells[column] for row, cells in _table().items()}
