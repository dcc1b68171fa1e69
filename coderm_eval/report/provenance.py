"""`provenance.json`: by whom, when, where and from which files a run directory was made, and the hashes of its files.

It names a moment and a machine, so that it alone of all files of a run is not the same for the same inputs.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from coderm_eval.core.errors import InputError
from coderm_eval.core.files import file_sha256, write_json
from coderm_eval.core.stopwatch import Stopwatch
from coderm_eval.generation.origin import Origin, policy_origin
from coderm_eval.report.run_directory import PROVENANCE, RUN_FILES, RunDirectory

__all__ = ["Caller", "begin", "finish", "hashes_of_files", "name_results_file", "note_seconds", "read_provenance"]

_OWN = "coderm-eval"


@dataclass(frozen=True)
class Caller:
    """Who asked for a run, and what it knows of the candidates."""

    host: str = _OWN
    """The package whose command or function was called."""
    command: Sequence[str] | None = None
    """The arguments of the process without secrets; None where no command was given."""
    samples: Path | None = None
    """The file of the candidates; None where there is none."""
    from_memory: Collection[Path] = ()
    """Files that hold what was given from memory, and are gone after the run: they are not named."""
    policy: Origin = field(default_factory=lambda: policy_origin({}))
    """The entry `policy` of summary.json."""

    @property
    def is_process(self) -> bool:
        """Whether the run is all that its process does, as with a command of this package."""
        return self.host == _OWN and self.command is not None


def read_provenance(directory: RunDirectory) -> Mapping[str, Any] | None:
    """The content of the file; None where an earlier version wrote the run.

    Raises:
        InputError: the file is there and cannot be read.
    """
    return directory.read(PROVENANCE) if (directory.folder / PROVENANCE).exists() else None


def begin(directory: RunDirectory, caller: Caller, *, run: str, tests: Path | None) -> None:
    """Write what is known when a run begins; one that goes on keeps the time of its first start.

    Args:
        run: tells the run from others.
        tests: the file of recorded tests.
    """
    content = {
        "run": run,
        "key": None,
        "command": caller.command and list(caller.command),
        "started": _first_start(directory, run) or _now(),
        "finished": None,
        "host": {"name": caller.host, "version": importlib.metadata.version(caller.host)},
        "results_file": None,
        "seconds": None,
        "input_files": {
            name: None if path in caller.from_memory else _input_file(path)
            for name, path in (("samples", caller.samples), ("tests", tests))
        },
        "machine": {
            "platform": platform.platform(),
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
        },
        "files": {},
    }
    write_json(directory.folder / PROVENANCE, content)


def finish(directory: RunDirectory, key: str) -> None:
    """Add the time, and the hashes of all files that the run wrote; `key` tells all that they depend on."""
    _add(directory, finished=_now(), key=key, files=hashes_of_files(directory))


def note_seconds(directory: RunDirectory, watch: Stopwatch) -> None:
    """Add what the run took in this process, stage by stage, and what its workers took.

    A stage that was added before stays as it is: the page shows it, and made again it would be another one.
    """
    stages = {
        stage: {"wall": round(seconds.wall, 3), "cpu": round(seconds.cpu, 3)} for stage, seconds in watch.taken.items()
    }
    before = (read_provenance(directory) or {}).get("seconds") or {"stages": {}}
    taken = {"workers_cpu": round(watch.children_cpu, 3), **before, "stages": stages | before["stages"]}
    _add(directory, seconds=taken)


def name_results_file(directory: RunDirectory, path: Path) -> None:
    """Add the host's own file of results, which is written after the run."""
    _add(directory, results_file=str(path))


def hashes_of_files(directory: RunDirectory) -> dict[str, str]:
    """SHA-256 of each file of the run, by its name; the page is made of the others, and can be made again."""
    paths = [directory.folder / name for name in RUN_FILES if name not in (PROVENANCE, directory.page.name)]
    return {path.name: file_sha256(path) for path in paths if path.is_file()}


def _first_start(directory: RunDirectory, run: str) -> str | None:
    """The time at which the same run began here before."""
    with suppress(InputError):
        before = read_provenance(directory) or {}
        started = before.get("started")
        return started if before.get("run") == run and isinstance(started, str) else None
    return None


def _add(directory: RunDirectory, **more: Any) -> None:
    write_json(directory.folder / PROVENANCE, {**(read_provenance(directory) or {}), **more})


def _input_file(path: Path | None) -> dict[str, str] | None:
    """The file and its hash; None for a pipe or a folder."""
    return {"file": str(path), "sha256": file_sha256(path)} if path and path.is_file() else None


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
