"""What this machine has: versions, cores, limits of the system, room on its disks."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from coderm_eval.pipeline.doctor.finding import Finding
from coderm_eval.pipeline.settings import Settings

__all__ = ["check_cores", "check_disk", "check_limits", "check_versions"]

_PACKAGES = ("coderm-eval", "lm-eval", "evalplus", "numpy", "torch", "transformers", "vllm", "ray")
_UNTRIED = (3, 14)
_GIB = 1 << 30
_LITTLE = _GIB
"""Bytes: 164 problems with 100 candidates and 100 tests make a store of some hundred MiB."""
_NOTHING = 32 << 20
_FILES_PER_WORKER = 4
"""This process has two open for each worker."""
_OTHER_FILES = 128
_PROCESSES_PER_WORKER = 8
"""A worker, its servers, and the programs and tests under way."""


def check_versions(settings: Settings) -> Iterator[Finding]:
    found = {name: _version(name) for name in _PACKAGES}
    known = ", ".join(f"{name} {version}" for name, version in found.items() if version)
    missing = ", ".join(name for name, version in found.items() if not version)
    fact = f"Python {platform.python_version()}, {known}" + (f"; not installed: {missing}" if missing else "")
    if sys.version_info >= _UNTRIED:
        yield Finding("versions", "warning", fact, "use Python 3.10 to 3.13, on which it is tested")
    else:
        yield Finding("versions", "ok", fact)


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def check_cores(settings: Settings) -> Iterator[Finding]:
    """Compare the workers with the cores that this process may use, which a container may have fewer of."""
    if settings.execution.backend == "ray":
        return  # workers are on other machines, which their nodes' CPUs count
    workers, cores = settings.execution.workers, usable_cores()
    fact = f"{cores:g} cores, {workers} workers"
    if workers > 2 * cores:
        yield Finding("cores", "warning", f"{fact}: programs wait for each other", f"--workers {max(1, int(cores))}")
    else:
        yield Finding("cores", "ok", fact)


def usable_cores() -> float:
    """Cores by this process's affinity, or by its control group's share where that is less."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return min(cores, int(quota) / int(period))
    except (OSError, ValueError):  # no such control group, or one without a quota
        return cores


def check_limits(settings: Settings) -> Iterator[Finding]:
    """Compare this process's limits of open files and processes with what the workers need."""
    if sys.platform == "win32":
        return
    import resource

    needed = {
        "open files": (resource.RLIMIT_NOFILE, _OTHER_FILES + _FILES_PER_WORKER * settings.execution.workers, "n"),
        "processes": (resource.RLIMIT_NPROC, _PROCESSES_PER_WORKER * settings.execution.workers, "u"),
    }
    for what, (limit, least, flag) in needed.items():
        allowed, _ = resource.getrlimit(limit)
        if allowed != resource.RLIM_INFINITY and allowed < least:
            fact = f"{allowed} {what} are allowed, and {settings.execution.workers} workers may need {least}"
            yield Finding("limits", "warning", fact, f"ulimit -{flag} {least}, or fewer --workers")
            return
    yield Finding("limits", "ok", "open files and processes suffice")


def check_disk(settings: Settings) -> Iterator[Finding]:
    """Look for room where stores and sandboxes are written."""
    store = settings.store or Path.cwd()
    yield _room("store", store, "--store FOLDER on another disk")
    yield _room("scratch", Path(tempfile.gettempdir()), "export TMPDIR=FOLDER on another disk")


def _room(what: str, folder: Path, cure: str) -> Finding:
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        return Finding(what, "failed", f"{there} cannot be written to", cure)
    free = _free(there)
    fact = f"{free / _GIB:.1f} GiB free in {folder}"
    if free >= _LITTLE:
        return Finding(what, "ok", fact)
    return Finding(what, "failed" if free < _NOTHING else "warning", fact, f"make room, or {cure}")


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free
