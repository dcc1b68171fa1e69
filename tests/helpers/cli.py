"""The command line as users call it, and the files that it reads and writes."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from coderm_eval.cli import main
from coderm_eval.core.errors import CodermError
from helpers.paths import working_in

CLI = [sys.executable, "-m", "coderm_eval.cli"]

DEMO_TASKS = ("demo/0", "demo/8", "demo/11")


def coderm(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run it to its end in this process, which spares two seconds of imports."""
    root = logging.getLogger()
    handlers, root.handlers = root.handlers, []  # pytest's would keep warnings off the standard error
    try:
        with working_in(cwd):
            done = CliRunner().invoke(main, [*map(str, arguments)], prog_name="coderm-eval")
    finally:
        root.handlers = handlers
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess(["coderm-eval", *map(str, arguments)], done.exit_code, done.stdout, done.stderr)


def coderm_process(*arguments: object, cwd: Path, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run it to its end in a process of its own; `more` goes to subprocess.run."""
    command = [*CLI, *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, **more)


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def quick(source: Path, target: Path, each: int = 8) -> Path:
    """The first rows of three of the demo's problems, without endless loops. With 8 of 16 candidates and 8 of 16 tests
    each a run has a quarter of the cells, which are most of its CPU time."""
    of_task = [[row for row in rows(source) if row["task_id"] == task][:each] for task in DEMO_TASKS]
    return write_rows(target, [row for listed in of_task for row in listed if "loop" not in row.get("note", "")])


def said(error: type[CodermError], act: Callable[..., object], *arguments: Any) -> str:
    """The one line that a user reads."""
    with pytest.raises(error) as caught:
        act(*arguments)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message
