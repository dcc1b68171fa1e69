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

__all__ = ["Command", "in_one_process", "shell_with_lighteval"]

Ended = subprocess.CompletedProcess[str]

Command = tuple[Sequence[str], Mapping[str, str]]
"""Arguments of lighteval, and variables."""

_SHARED = """
import contextlib, io, json, os, sys
import lighteval.models.endpoints.litellm_model
from lighteval.__main__ import app
from lighteval.tasks.lighteval_task import LightevalTask
from lighteval.tasks.registry import Registry

def evaluation(folder, arguments, variables):
    child = os.fork()
    if not child:
        os.chdir(folder)
        os.environ.update(variables)
        for descriptor, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT), descriptor)
        sys.argv = ["lighteval", *arguments]
        sys.exit(app())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def refusal(arguments, variables):
    os.environ.update(variables)
    sys.argv = ["lighteval", *arguments]
    with contextlib.redirect_stderr(io.StringIO()) as said:
        try:
            LightevalTask.load_datasets(Registry(arguments[3], custom_tasks="coderm_eval.hosts.lighteval").load_tasks())
        except SystemExit as end:
            return [end.code, said.getvalue()]
    return [0, ""]

evaluations, refused = json.load(sys.stdin)
codes = [evaluation(*command) for command in evaluations]
print(json.dumps([codes, [refusal(*command) for command in refused]]))
"""


def in_one_process(
    evaluations: Mapping[Path, Command], refused: Sequence[Command], cwd: Path, variables: Mapping[str, str]
) -> tuple[list[int], list[tuple[int, str]]]:
    """The exit statuses of `evaluations`, and how each of the `refused` ends and what it says.

    An evaluation is `lighteval endpoint litellm` with these arguments, in its folder, where the files `stdout` and
    `stderr` have what it says. One that is to be refused loads its tasks, in `cwd`; the model, which comes after them,
    is not there. They share a process, since lighteval takes eight seconds to start, and the evaluations are forks.
    """
    given = [
        [
            [str(folder), ["endpoint", "litellm", *arguments], {"HOME": str(folder), **more}]
            for folder, (arguments, more) in evaluations.items()
        ],
        [[list(arguments), dict(more)] for arguments, more in refused],
    ]
    command = [str(python_of("lighteval")), "-c", _SHARED]
    done = _run(command, cwd=cwd, variables=variables, input=json.dumps(given))
    assert done.returncode == 0, done.stderr
    codes, said = json.loads(done.stdout.splitlines()[-1])
    return codes, [(code, text) for code, text in said]


def shell_with_lighteval(line: str, cwd: Path, variables: Mapping[str, str]) -> Ended:
    """Run a line of a page, in which `lighteval` is that of the environment."""
    scripts = python_of("lighteval").parent
    path = f"{scripts}{os.pathsep}{os.environ['PATH']}"
    return _run(["bash", "-c", line], cwd=cwd, variables={**variables, "PATH": path})


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
