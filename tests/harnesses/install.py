"""Install environments of harnesses into `.venv-harnesses`: all of them, or those named.

    python tests/harnesses/install.py lm-eval-0.5 lighteval

They are for harnesses that do not fit into the development environment, or that few tests need. Run this with the
Python of that environment: the others are laid over it and hold only what differs, so that torch and the like are not
installed again. What is there already stays. One line is printed for each; if one fails, its folder is removed, the
others are made, and the exit status is 1.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path

__all__ = ["ENVIRONMENTS", "Environment", "InstallError", "Source", "install", "main"]


@dataclass(frozen=True)
class Source:
    """A harness that no registry has: a commit of its repository."""

    url: str
    commit: str


@dataclass(frozen=True)
class Environment:
    """What is installed over the development environment, and how to see that it works."""

    requirements: tuple[str, ...]
    """For pip, which adds nothing of its own to them: the same packages come at any time."""
    imports: str
    """A module of the harness that is imported in the end."""
    source: Source | None = None
    """Cloned into the folder `source` of the environment, and importable there."""
    placeholders: tuple[str, ...] = ()
    """Files, empty here, below the packages: the harness fetches them when it starts, for tasks that no test uses."""
    has_project: bool = False
    """This project is installed into it too, for what a harness finds in its own folder or by entry points."""


ENVIRONMENTS = {
    "lm-eval-0.5": Environment(
        requirements=("lm-eval==0.5.0.dev1",),
        imports="lm_eval",
        has_project=True,
    ),
    "lighteval": Environment(  # 0.13.0 asks for no upper bounds, and starts with none of the newest
        requirements=(
            "lighteval==0.13.0",
            "accelerate==1.15.0",
            "aenum==3.1.15",
            "antlr4-python3-runtime==4.13.2",
            "colorlog==6.12.0",
            "datasets==5.0.1",
            "diskcache==5.6.3",
            "fastuuid==0.14.0",
            "gitdb==4.0.12",
            "gitpython==3.2.1",
            "huggingface-hub==0.36.2",
            "importlib-metadata==8.9.0",
            "langcodes==3.5.1",
            "latex2sympy2-extended==1.0.6",
            "litellm==1.83.0",  # never a range: 1.82.7, 1.82.8 and 1.107.0 were published with malware
            "nltk==3.9.1",
            "pycountry==26.2.16",
            "sentencepiece==0.2.3",
            "smmap==5.0.3",
            "termcolor==2.3.0",
            "tokenizers==0.22.2",
            "transformers==4.57.6",
            "xxhash==3.8.2",
        ),
        imports="lighteval.models.endpoints.litellm_model",
        placeholders=("lighteval/tasks/tasks/tinyBenchmarks.pkl",),
    ),
    "bigcodebench": Environment(  # vllm and the vendors' clients, which it asks for, are imported by other backends
        requirements=(
            "bigcodebench==0.2.5",
            "bounded-pool-executor==0.0.3",
            "pqdm==0.2.0",
        ),
        imports="bigcodebench.generate",
    ),
    "inspect-evals": Environment(  # 0.28.0 asks for inspect-evals-utils, which no registry had on 2026-11-29
        requirements=("inspect-evals==0.26.0", "backoff==2.2.1", "toml==0.10.2"),
        imports="inspect_evals.humaneval",
    ),
    "livecodebench": Environment(
        requirements=(
            "anthropic==0.89.0",
            "distro==1.9.0",
            "pebble==5.2.3",
        ),  # it imports two names of an old anthropic
        imports="lcb_runner.lm_styles",
        source=Source("https://github.com/LiveCodeBench/LiveCodeBench", "28fef95ea8c9f7a547c8329f2cd3d32b92c1fa24"),
    ),
}
"""By the name of a folder in `.venv-harnesses`."""

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".venv-harnesses"

_LIMIT_S = 600
"""Seconds that one command may take; the longest took 40 on two cores."""


class InstallError(Exception):
    """A command that failed, with the end of what it printed."""


def main(arguments: Sequence[str]) -> int:
    """Return the exit status: 0 if all are installed, 1 if one could not be, 2 for a name that is not known."""
    names = list(arguments) or list(ENVIRONMENTS)
    for name in names:
        if name not in ENVIRONMENTS:
            meant = get_close_matches(name, ENVIRONMENTS, n=1)
            hint = f"; did you mean {meant[0]!r}?" if meant else ""
            print(f"{name!r} is no environment; there are {', '.join(ENVIRONMENTS)}{hint}", file=sys.stderr)
            return 2
    with ThreadPoolExecutor(2) as threads:  # pip mostly waits, or has one core busy
        return 0 if all([*threads.map(_report, names)]) else 1


def _report(name: str) -> bool:
    """Install one and print a line of it; whether it is there."""
    start = time.monotonic()
    try:
        made = install(ENVIRONMENTS[name], FOLDER / name)
    except InstallError as error:
        print(f"{name}: failed after {time.monotonic() - start:.0f} s: {error}", flush=True)
        return False
    seconds = f"installed in {time.monotonic() - start:.0f} s" if made else "already installed"
    print(f"{name}: {seconds}", flush=True)
    return True


def install(environment: Environment, folder: Path) -> bool:
    """Make an environment in `folder`, from nothing; whether that was needed.

    Raises:
        InstallError: there is no such environment now.
    """
    record = folder / "installed.json"
    recipe = json.dumps({**asdict(environment), "python": sys.version, "over": sysconfig.get_path("purelib")}, indent=1)
    if record.exists() and record.read_text() == recipe:
        return False
    shutil.rmtree(folder, ignore_errors=True)
    try:
        _make(environment, folder)
    except BaseException:  # an interrupt too: half an environment would be taken for one
        shutil.rmtree(folder, ignore_errors=True)
        raise
    record.write_text(recipe)
    return True


def _make(environment: Environment, folder: Path) -> None:
    _run([sys.executable, "-m", "venv", "--without-pip", str(folder)])
    python = str(folder / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check"]
    _lay_over(folder, sysconfig.get_path("purelib"))  # which has pip
    if environment.source:
        source = str(folder / "source")
        _run(["git", "clone", "--quiet", environment.source.url, source])
        _run(["git", "-C", source, "checkout", "--quiet", environment.source.commit])
        _lay_over(folder, source)
    if environment.requirements:
        _run([*pip, *environment.requirements])
    for placeholder in environment.placeholders:
        (_packages(folder) / placeholder).touch()
    if environment.has_project:
        _run([*pip, "--editable", str(ROOT)])
    _run([python, "-c", f"import {environment.imports}"], folder)  # where litellm leaves a cache


def _lay_over(folder: Path, packages: str) -> None:
    """Let the environment find, after its own, the packages of another folder, with that folder's .pth files."""
    with (_packages(folder) / "over.pth").open("a") as file:
        file.write(f"import site; site.addsitedir({packages!r})\n")


def _packages(folder: Path) -> Path:
    """Where an environment has its own packages."""
    return Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))


def _run(command: Sequence[str], cwd: Path | None = None) -> None:
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InstallError(f"{' '.join(command)}: {error}") from None
    if done.returncode:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        errors = [line for line in lines if "error" in line.lower()] or lines or [f"exit status {done.returncode}"]
        raise InstallError(f"{' '.join(command)}: {errors[-1]}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
