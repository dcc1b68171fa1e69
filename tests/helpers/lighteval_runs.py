"""The real lighteval, in its own environment, with this copy of the project."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from helpers.harness_environments import python_of
from helpers.paths import ROOT

__all__ = ["Command", "lighteval", "refusals", "shell_with_lighteval"]

Ended = subprocess.CompletedProcess[str]

Command = tuple[Sequence[str], Mapping[str, str]]
"""Arguments of lighteval, and variables."""

_LOADS_TASKS = """
import contextlib, io, json, os, sys
from lighteval.tasks.lighteval_task import LightevalTask
from lighteval.tasks.registry import Registry

def refusal(arguments, variables):
    os.environ.update(variables)
    sys.argv = ["lighteval", *arguments]
    with contextlib.redirect_stderr(io.StringIO()) as said:
        try:
            LightevalTask.load_datasets(Registry(arguments[3], custom_tasks="coderm_eval.hosts.lighteval").load_tasks())
        except SystemExit as end:
            return [end.code, said.getvalue()]
    return [0, ""]

print(json.dumps([refusal(*command) for command in json.load(sys.stdin)]))
"""


def lighteval(*arguments: str, cwd: Path, variables: Mapping[str, str]) -> Ended:
    """Run `lighteval endpoint litellm` with these arguments to its end, as it is installed."""
    command = [str(python_of("lighteval").with_name("lighteval")), "endpoint", "litellm", *arguments]
    return _run(command, cwd=cwd, variables=variables)


def shell_with_lighteval(line: str, cwd: Path, variables: Mapping[str, str]) -> Ended:
    """Run a line of a page, in which `lighteval` is that of the environment."""
    scripts = python_of("lighteval").parent
    path = f"{scripts}{os.pathsep}{os.environ['PATH']}"
    return _run(["bash", "-c", line], cwd=cwd, variables={**variables, "PATH": path})


def refusals(commands: Sequence[Command], cwd: Path, variables: Mapping[str, str]) -> list[tuple[int, str]]:
    """How each command ends that loads its tasks, and what it says; the model, which comes after them, is not there.

    They share a process, since lighteval takes eight seconds to start.
    """
    done = _run(
        [str(python_of("lighteval")), "-c", _LOADS_TASKS],
        cwd=cwd,
        variables=variables,
        input=json.dumps([[list(arguments), dict(more)] for arguments, more in commands]),
    )
    assert done.returncode == 0, done.stderr
    return [(code, said) for code, said in json.loads(done.stdout.splitlines()[-1])]


def _run(command: Sequence[str], *, cwd: Path, variables: Mapping[str, str], **more: Any) -> Ended:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "HOME": str(cwd),  # where lighteval and datasets keep what they read
        "HF_HUB_OFFLINE": "1",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        **variables,
    }
    ended: Ended = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, **more
    )
    return ended
