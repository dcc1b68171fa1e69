"""LiveCodeBench's files: where those of a release are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from coderm_eval.benchmarks.livecodebench.releases import FILES, LATEST, REPOSITORY, REVISION, files_of
from coderm_eval.core.errors import DatasetError
from coderm_eval.core.messages import abbreviated

__all__ = ["PATH_VARIABLE", "find_files"]

PATH_VARIABLE = "LIVECODEBENCH_PATH"
"""Environment variable that names files or folders in place of the hub's cache."""


def find_files(release: str | None, variable: str = PATH_VARIABLE) -> list[Path]:
    """The files that hold a release, or the latest one: those the variable points to, else those in the hub's cache.

    The variable holds files and folders, joined as in PATH. Of a folder with any of the release's own files exactly
    those of the release are taken, else every .jsonl and .jsonl.gz in it; a file is taken whatever it is called.

    Raises:
        SettingsError: no such release.
        DatasetError: a file is missing; says how to get it.
    """
    names = files_of(release or LATEST)
    if given := os.environ.get(variable, "").strip(os.pathsep):
        places = [Path(place) for place in given.split(os.pathsep) if place]
        return [path for place in places for path in _files_at(place, release, variable)]
    return _in_hub_cache(names, release or LATEST, variable)


def _files_at(place: Path, release: str | None, variable: str) -> list[Path]:
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise DatasetError(
            f"{variable}: no file or folder {str(place)!r}; set it to LiveCodeBench's .jsonl files or to their folder"
        )
    if release and any(_either(place, name) for name in FILES):
        return [_of_release(place, name, release) for name in files_of(release)]
    found = sorted([*place.glob("*.jsonl"), *place.glob("*.jsonl.gz")])
    if not found:
        raise DatasetError(f"{variable}: {place} holds no .jsonl and no .jsonl.gz; set it to LiveCodeBench's files")
    return found


def _either(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)


def _of_release(folder: Path, name: str, release: str) -> Path:
    if path := _either(folder, name):
        return path
    raise DatasetError(f"{folder} holds no {name}, which is part of {release}; add it, or name a release without it")


def _in_hub_cache(names: Sequence[str], release: str, variable: str) -> list[Path]:
    from huggingface_hub import try_to_load_from_cache

    cached = {name: try_to_load_from_cache(REPOSITORY, name, repo_type="dataset", revision=REVISION) for name in names}
    found = [Path(path) for path in cached.values() if isinstance(path, str)]
    if len(found) < len(names):
        missing = [name for name, path in cached.items() if not isinstance(path, str)]
        size = sum(FILES[name].size for name in missing) / 1e9
        raise DatasetError(
            f"the hub's cache lacks LiveCodeBench's {abbreviated(missing)} of {release}; run "
            f"`coderm-eval fetch livecodebench --release {release}` to download them ({size:.1f} GB), "
            f"or set {variable} to your copy"
        )
    return found
