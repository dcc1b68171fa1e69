"""Hosts other than this one, played by util-linux's unshare."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from coderm_eval.execution.backends.local import LocalExecutor
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.sandbox.isolation.levels import FULL
from coderm_eval.execution.sandbox.isolation.namespaces import readable_paths
from helpers.paths import ROOT

Host = tuple[str, list[str], str, str]
"""(name, how unshare makes it, what to do there first, the best level it grants)."""

HAS_OWN_TMP = not any(path.is_relative_to("/tmp") for path in readable_paths())
"""Whether /tmp is the sandbox's own folder here: not where the interpreter lies below it."""

FORBID = "echo 0 > /proc/sys/user/max_user_namespaces && "
"""Inside of a user namespace, for those below it."""

FORBIDS: Host = ("one that forbids namespaces", ["--user", "--map-root-user"], FORBID, "landlock+seccomp+rlimits")

_ORDINARY = ["--user", "--map-user=1000", "--map-group=1000"]
_FORBID_ORDINARY = f'{FORBID}set -- setpriv --ambient-caps=-all --inh-caps=-all "$@" && '


def refusing(*calls: str) -> str:
    """What to do first where the kernel is to refuse these calls, as containers do, root's as well."""
    return f'set -- {sys.executable} {Path(__file__).with_name("refuse_calls.py")} {" ".join(calls)} -- "$@" && '


def ordinary_user(first: str, level: str) -> Host:
    return ("an ordinary user's", _ORDINARY, first, level)


HOSTS: list[Host] = [
    ("this one", [], "", FULL),
    ordinary_user("", FULL),
    FORBIDS,
    (
        "an ordinary user's that forbids namespaces",
        [*_ORDINARY, "--keep-caps"],
        _FORBID_ORDINARY,
        "landlock+seccomp+rlimits",
    ),
    ("a container", [], refusing("unshare"), "landlock+seccomp+rlimits"),
]

OPEN_TO_FILES: Host = ("a container without Landlock", [], refusing("unshare", "landlock"), "seccomp+rlimits")


def on(
    unshare: list[str], first: str, *arguments: str, cwd: Path = ROOT, given: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments on such a host, with a text on its standard input."""
    command = [sys.executable, *arguments]
    if unshare or first:
        command = ["sh", "-c", f'{first}exec "$@"', "sh", *command]
    if unshare:
        command = ["unshare", *unshare, *command]
    return subprocess.run(command, cwd=cwd, input=given, capture_output=True, text=True, check=False)


def skip_unless(unshare: list[str], first: str) -> None:
    if sys.platform != "linux" or on(unshare, first, "-c", "").returncode:
        pytest.skip("this host cannot play that one")


ROOMY = Limits(timeout_s=5)


def granted(mode: str = "auto", limits: Limits = ROOMY) -> str:
    """The isolation that this host grants, once its executor has passed its own test."""
    with LocalExecutor(workers=1, isolation=mode) as executor:
        return executor.self_test(limits)
