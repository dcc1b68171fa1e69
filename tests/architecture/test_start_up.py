"""Starting is cheap, told without a clock: what is slow to import is not imported before it is needed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest
from helpers.cli import quick

from coderm_eval.benchmarks.demo import SAMPLES, TESTS

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
    "--help of every verb": "from coderm_eval.cli import main; "
    "[main([verb, '--help'], standalone_mode=False) for verb in main.list_commands(None)]",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_slow_is_imported_to_start(command: str) -> None:
    assert imported(COMMANDS[command], SLOW) == []


def imported(code: str, names: Sequence[str]) -> list[str]:
    """Those of the modules that a process which runs this code has at its end."""
    code += f"\nimport sys\nprint(*[name for name in {names} if name in sys.modules], file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return run.stderr.split()


UNUSED = ("aiohttp", "asyncio", "datasets", "jinja2", "lm_eval", "matplotlib", "scipy", "torch", "transformers")


def test_a_run_imports_nothing_slow_that_it_does_not_use(tmp_path: Path) -> None:
    """From the command to the last file, by the default rule; jinja2 is for pages, aiohttp for models at servers."""
    samples, tests = quick(SAMPLES, tmp_path / "samples.jsonl"), quick(TESTS, tmp_path / "tests.jsonl")
    files = ["--samples", str(samples), "--tests", str(tests), "--out", str(tmp_path / "run"), "--allow-partial"]
    command = ["rerank", "--benchmark", "demo", *files, "--grade", "--no-report", "-q"]
    code = f"from coderm_eval.cli import main; main({command}, standalone_mode=False)"
    assert imported(code, UNUSED) == []


def test_a_task_adds_nothing_slow_to_what_lm_eval_imports() -> None:
    own = "import sys, datasets, lm_eval.api.task\nbefore = set(sys.modules)\nimport coderm_eval.hosts.lm_eval\n"
    assert imported(f"{own}for name in before - {{'sys'}}: del sys.modules[name]", UNUSED) == []


def test_what_is_called_slow_can_be_imported() -> None:
    """A misspelt name would never be found among what was imported; vLLM is not among the developers' packages."""
    assert [name for name in SLOW if find_spec(name) is None] in ([], ["vllm"])
