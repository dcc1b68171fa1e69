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

__all__ = ["Command", "each_alone", "refusals", "shell_with_lighteval"]

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


_FORKS = """
import json, os, sys
import lighteval.models.endpoints.litellm_model
from lighteval.__main__ import app

codes = []
for folder, arguments, variables in json.load(sys.stdin):
    child = os.fork()
    if not child:
        os.chdir(folder)
        os.environ.update(variables)
        for descriptor, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT), descriptor)
        sys.argv = ["lighteval", *arguments]
        sys.exit(app())
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(json.dumps(codes))
"""


def each_alone(commands: Mapping[Path, Command], variables: Mapping[str, str]) -> list[int]:
    """The exit statuses of `lighteval endpoint litellm` in each of the folders, with its arguments.

    What they say is in the files `stdout` and `stderr` there. Each is a fork of one process, since lighteval takes
    eight seconds to start.
    """
    given = [
        [str(folder), ["endpoint", "litellm", *arguments], {"HOME": str(folder), **more}]
        for folder, (arguments, more) in commands.items()
    ]
    command = [str(python_of("lighteval")), "-c", _FORKS]
    done = _run(command, cwd=next(iter(commands)), variables=variables, input=json.dumps(given))
    assert done.returncode == 0, done.stderr
    codes: list[int] = json.loads(done.stdout.splitlines()[-1])
    return codes


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
