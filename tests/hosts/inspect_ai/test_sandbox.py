"""The sandbox `coderm` of inspect_ai, held to inspect's own checks of a sandbox."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

import pytest
from helpers.other_hosts import HAS_OWN_TMP

pytest.importorskip("inspect_ai", reason="inspect_ai is missing: pip install 'coderm-eval[inspect]'")

from inspect_ai.util import SandboxEnvironment
from inspect_ai.util._sandbox.self_check import *  # noqa: F403  # a sandbox's contract, as inspect checks it

from coderm_eval.core.errors import SettingsError
from coderm_eval.hosts.inspect_ai.sandbox import CodermSandbox

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")]

_REFUSED = {
    "test_exec_permission_error": "no file of the host's such as /etc/passwd is there",
    "test_exec_as_user": "there is one user",
}
"""Checks that ask for what this sandbox does not have."""

_IN_TMP = {
    "test_cwd_absolute",
    "test_read_and_write_file_including_directory_absolute",
    "test_write_binary_file_is_directory",
    "test_write_text_file_is_directory",
}
"""Checks that write to /tmp."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def sandbox_env(request: pytest.FixtureRequest) -> AsyncIterator[SandboxEnvironment]:
    if reason := _REFUSED.get(request.node.originalname):
        request.node.add_marker(pytest.mark.xfail(reason=reason, strict=True))
    if request.node.originalname in _IN_TMP and not HAS_OWN_TMP:
        pytest.skip("the interpreter lies below /tmp, which is then no folder of the sandbox's own")
    environments = await CodermSandbox.sample_init("a task", None, {})
    yield environments["default"]
    await CodermSandbox.sample_cleanup("a task", None, environments, False)


async def test_a_configuration_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"takes no configuration, and got 'compose\.yaml': leave it out"):
        await CodermSandbox.sample_init("a task", "compose.yaml", {})
