"""The real inspect_ai, by its own command line, and the logs that it leaves."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import rich
from click.testing import CliRunner

from helpers.paths import working_in

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog

__all__ = ["inspect", "inspect_shell", "needs_inspect", "newest_log", "of_server"]

_PATIENCE_S = 600

_HANDLERS: list[logging.Handler] = []
"""Those of inspect, between its runs."""

needs_inspect = pytest.mark.skipif(
    "coderm_eval" not in {point.name for point in entry_points(group="inspect_ai")},
    reason="inspect_ai does not find this project: pip install -e '.[inspect]'",
)


def of_server(url: str) -> list[str]:
    """The flags by which inspect asks an OpenAI-compatible server; one that is gone is not waited for."""
    return ["--model", "openai-api/local/recorded", "--model-base-url", url, "--max-retries", "1"]


def inspect(*arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `inspect` to its end in this process, which spares it seven seconds of imports and of workers.

    Logs go to the folder `logs`, and whatever it says to stdout; `variables` are of its environment.
    """
    from inspect_ai._cli.main import inspect as command

    rich.reconfigure()  # inspect, with no display, had the console of this process be quiet from then on
    with working_in(cwd), _its_log_handler():
        done = CliRunner(env={**_VARIABLES, **variables}).invoke(
            command, arguments, auto_envvar_prefix="INSPECT", prog_name="inspect"
        )
        _end_engines()
    said = "" if isinstance(done.exception, SystemExit) else _last_words(done.exception)
    return subprocess.CompletedProcess(["inspect", *arguments], done.exit_code, done.output + said)


@contextlib.contextmanager
def _its_log_handler() -> Iterator[None]:
    """With the handler that inspect gives to the root logger, once in a process: others' warnings do not go to it."""
    root = logging.getLogger()
    others = list(root.handlers)
    root.handlers += _HANDLERS
    try:
        yield
    finally:
        _HANDLERS[:] = [handler for handler in root.handlers if handler not in others]
        root.handlers = others


def _last_words(error: BaseException | None) -> str:
    """What inspect prints of an error as it ends."""
    from inspect_ai._util.error import exception_hook

    said = io.StringIO()
    if error:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), contextlib.suppress(SystemExit):
            exception_hook()(type(error), error, error.__traceback__)
    return said.getvalue()


def _end_engines() -> None:
    """What ends with a process: the next run opens its store anew, in its own folder."""
    from coderm_eval.hosts.inspect_ai import engine

    engine._open.close()
    engine._stores.clear()
    engine._engines.clear()


def inspect_shell(line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of a page, in a process of its own."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", line],
        cwd=cwd,
        env={**os.environ, **_VARIABLES, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=_PATIENCE_S,
    )


_VARIABLES = {"LOCAL_API_KEY": "none", "INSPECT_LOG_DIR": "logs", "INSPECT_DISPLAY": "plain", "COLUMNS": "200"}


def newest_log(folder: Path) -> EvalLog:
    """The log that was written last."""
    from inspect_ai.log import read_eval_log

    return read_eval_log(str(max(folder.glob("*.eval"), key=lambda path: path.stat().st_mtime_ns)))
