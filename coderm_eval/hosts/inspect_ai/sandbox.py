"""The sandbox `coderm` of inspect_ai: Python and commands of this host, without Docker.

inspect eval task.py --sandbox coderm
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from functools import partial
from typing import Literal, TypeVar, overload

import anyio.to_thread
from inspect_ai.util import (
    ExecResult,
    OutputLimitExceededError,
    SandboxEnvironment,
    SandboxEnvironmentConfigType,
    SandboxEnvironmentLimits,
    SandboxUnavailableError,
    SandboxUserUnsupportedError,
    sandboxenv,
)

from coderm_eval.core.errors import SettingsError
from coderm_eval.execution.backends.commands import CommandSandbox, OutputTooLongError, SandboxGoneError

__all__ = ["CodermSandbox"]

_PER_CORE = 2
"""Sandboxes at a time, for each core; most of a sample's time is a model's."""

Result = TypeVar("Result")


@sandboxenv(name="coderm")
class CodermSandbox(SandboxEnvironment):
    """One sandbox for each sample: a folder in memory, and commands that see nothing else of the user's."""

    def __init__(self, sandbox: CommandSandbox) -> None:
        super().__init__()
        self._sandbox = sandbox

    @classmethod
    async def sample_init(
        cls, task_name: str, config: SandboxEnvironmentConfigType | None, metadata: dict[str, str]
    ) -> dict[str, SandboxEnvironment]:
        if config is not None:
            raise SettingsError(f"the sandbox 'coderm' takes no configuration, and got {config!r:.60}: leave it out")
        return {"default": cls(await anyio.to_thread.run_sync(CommandSandbox))}

    @classmethod
    async def sample_cleanup(
        cls,
        task_name: str,
        config: SandboxEnvironmentConfigType | None,
        environments: dict[str, SandboxEnvironment],
        interrupted: bool,
    ) -> None:
        for environment in environments.values():
            environment.as_type(CodermSandbox).close()

    @classmethod
    def default_concurrency(cls) -> int | None:
        return _PER_CORE * (os.cpu_count() or 1)

    def close(self) -> None:
        """End all that is in it."""
        self._sandbox.close()

    async def exec(
        self,
        cmd: list[str],
        input: str | bytes | None = None,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
        user: str | None = None,
        timeout: int | None = None,
        timeout_retry: bool = True,
        concurrency: bool = True,
    ) -> ExecResult[str]:
        """As in inspect; a command that was ended for its time is not tried again."""
        if user is not None:
            raise SandboxUserUnsupportedError(f"the sandbox 'coderm' has one user without a name, and not {user!r}")
        run = partial(
            self._sandbox.execute,
            cmd,
            most=SandboxEnvironmentLimits.MAX_EXEC_OUTPUT_SIZE,
            given=_encoded(input or ""),
            cwd=cwd or "",
            environment=env,
            seconds=timeout,
        )
        ended = await _in_thread(run, SandboxEnvironmentLimits.MAX_EXEC_OUTPUT_SIZE_STR)
        out, err = (stream.decode(errors="replace") for stream in (ended.stdout, ended.stderr))
        return ExecResult(ended.status == 0, ended.status, out, err)

    async def write_file(self, file: str, contents: str | bytes) -> None:
        await _in_thread(partial(self._sandbox.write, file, _encoded(contents)), "")

    @overload
    async def read_file(self, file: str, text: Literal[True] = True) -> str: ...

    @overload
    async def read_file(self, file: str, text: Literal[False]) -> bytes: ...

    async def read_file(self, file: str, text: bool = True) -> str | bytes:
        read = partial(self._sandbox.read, file, most=SandboxEnvironmentLimits.MAX_READ_FILE_SIZE)
        content = await _in_thread(read, SandboxEnvironmentLimits.MAX_READ_FILE_SIZE_STR)
        return content.decode() if text else content


async def _in_thread(request: Callable[[], Result], limit: str) -> Result:
    """Make a request in a thread, with inspect's errors in place of the sandbox's.

    A sample that is cancelled does not wait for it: cleaning up ends it.
    """
    try:
        return await anyio.to_thread.run_sync(request, abandon_on_cancel=True)
    except OutputTooLongError as error:
        raise OutputLimitExceededError(limit, truncated_output=None) from error
    except SandboxGoneError as error:
        raise SandboxUnavailableError(str(error)) from error
    except OSError as error:
        if error.errno == errno.EROFS:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), error.filename) from error
        raise


def _encoded(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
