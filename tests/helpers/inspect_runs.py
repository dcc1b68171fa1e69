"""The real inspect_ai, in processes of its own, and the logs that it leaves."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog

__all__ = ["inspect", "inspect_shell", "needs_inspect", "newest_log", "of_server"]

_PATIENCE_S = 600

needs_inspect = pytest.mark.skipif(
    "coderm_eval" not in {point.name for point in entry_points(group="inspect_ai")},
    reason="inspect_ai does not find this project: pip install -e '.[inspect]'",
)


def of_server(url: str) -> list[str]:
    """The flags by which inspect asks an OpenAI-compatible server; one that is gone is not waited for."""
    return ["--model", "openai-api/local/recorded", "--model-base-url", url, "--max-retries", "1"]


def inspect(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run `inspect` to its end; logs go to the folder `logs`, and whatever it says to stdout."""
    script = Path(sys.executable).with_name("inspect")
    return _run([sys.executable, str(script), *arguments], cwd)


def inspect_shell(line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of a page."""
    return _run(["bash", "-c", line], cwd)


def _run(command: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {
        **os.environ,
        "PATH": path,
        "LOCAL_API_KEY": "none",
        "INSPECT_LOG_DIR": "logs",
        "INSPECT_DISPLAY": "plain",
        "COLUMNS": "200",
    }
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=_PATIENCE_S,
    )


def newest_log(folder: Path) -> EvalLog:
    """The log that was written last."""
    from inspect_ai.log import read_eval_log

    return read_eval_log(str(max(folder.glob("*.eval"), key=lambda path: path.stat().st_mtime_ns)))
