"""Whether programs run here, and how well they are confined."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from coderm_eval.core.errors import IncompleteRunError
from coderm_eval.execution.executor import limits_from_settings, make_executor
from coderm_eval.execution.sandbox.isolation.levels import FULL, describe
from coderm_eval.pipeline.doctor.finding import Finding
from coderm_eval.pipeline.doctor.nodes import count_nodes
from coderm_eval.pipeline.settings import Settings

__all__ = ["check_isolation"]

_SWITCHES = (
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
    ("kernel.unprivileged_userns_clone", "0", "1"),
    ("user.max_user_namespaces", "0", "15000"),
)
"""Switches of the kernel, the value with which each refuses user namespaces, and one with which it allows them."""


def check_isolation(settings: Settings) -> Iterator[Finding]:
    """Run a right and a wrong program under the settings' limits, on each node if there are several."""
    execution = settings.execution.model_copy(update={"workers": 1})
    try:
        with make_executor(execution) as executor:
            level = executor.self_test(limits_from_settings(execution))
            if execution.backend == "ray":
                yield count_nodes()
    except IncompleteRunError as error:
        fact, _, cure = str(error).partition("; ")
        yield Finding("isolation", "failed", fact, cure)
        return
    where = " on all nodes of the Ray cluster" if execution.backend == "ray" else ""
    fact = f"{level}{where}: {describe(level)}"
    if level == FULL:
        yield Finding("isolation", "ok", fact)
    else:
        yield Finding("isolation", "warning", fact, _cure(settings.execution.isolation))


def _cure(asked: str) -> str:
    if asked != "auto":
        return f"set execution.isolation to auto; it is {asked!r}"
    if sys.platform != "linux":
        return "run coderm-eval on Linux, or in a virtual machine or container with Linux"
    for switch, refusing, allowing in _SWITCHES:
        if _value(switch) == refusing:
            return f"sudo sysctl -w {switch}={allowing}"
    return "allow user namespaces, in a container by `docker run --security-opt seccomp=unconfined`"


def _value(switch: str) -> str | None:
    try:
        return Path("/proc/sys", *switch.split(".")).read_text().strip()
    except OSError:
        return None
