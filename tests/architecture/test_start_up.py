"""Starting is cheap, told without a clock: what is slow to import is not imported before it is needed."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest

SLOW = (
    *("aiohttp", "asyncio", "datasets", "evalplus", "fire", "huggingface_hub", "jinja2", "lm_eval", "matplotlib"),
    *("numpy", "openai", "pydantic", "pytablewriter", "safetensors", "scipy", "tenacity", "torch", "tqdm"),
    *("transformers", "vllm", "yaml", "yarl"),
)

COMMANDS = {
    "import": "import coderm_eval",
    "the command line": "import coderm_eval.cli",
    "--help": "from coderm_eval.cli import main; main(['--help'], standalone_mode=False)",
    "a worker": "from coderm_eval.execution.sandbox import test_runner, test_sandbox, test_server, worker",
    "completion": "import click; from coderm_eval.cli import main; main.shell_complete(click.Context(main), 'r')",
    "--version": "from coderm_eval.cli import main; main(['--version'], standalone_mode=False)",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_slow_is_imported_to_start(command: str) -> None:
    code = f"{COMMANDS[command]}\nimport sys\nprint(*[name for name in {SLOW} if name in sys.modules], file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stderr.split() == []


def test_what_is_called_slow_can_be_imported() -> None:
    """A misspelt name would never be found among what was imported; vLLM is not among the developers' packages."""
    assert [name for name in SLOW if find_spec(name) is None] in ([], ["vllm"])
