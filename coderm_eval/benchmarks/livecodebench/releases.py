"""Which files make up a release of LiveCodeBench's code generation problems, and how they are known again.

The repository still holds a loading script, which `datasets` refuses since 4.0; its files are plain JSON Lines.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

from coderm_eval.core.errors import SettingsError
from coderm_eval.core.messages import suggestion

__all__ = ["FILES", "LATEST", "REPOSITORY", "REVISION", "ReleaseFile", "files_of"]

REPOSITORY = "livecodebench/code_generation_lite"

REVISION = "0fe84c3912ea0c4d4a78037083943e8f0c4dd505"
"""The commit with all six files, and the newest one known in 2026."""

LATEST = "release_latest"


class ReleaseFile(NamedTuple):
    size: int
    sha256: str


FILES = {
    "test.jsonl": ReleaseFile(1_252_609_773, "2bd02b38beb48e8c46b5b9987095d999ff38cd8efc255ea5d58974317c48f63f"),
    "test2.jsonl": ReleaseFile(713_377_060, "095df7c5daf15f882c51a9deb84085cff1e073495a5dbcf95015a564d485f3a3"),
    "test3.jsonl": ReleaseFile(623_360_766, "28ed26cc83363ce3f1fe2d5fad9f8393077beb1907b167a31bd3b32f80801b79"),
    "test4.jsonl": ReleaseFile(1_204_644_685, "d711138ddaebfcf5f8ec6a4283ee677298c0f5c5d374a235af92aaf0584510da"),
    "test5.jsonl": ReleaseFile(557_699_297, "7f77571c2a6df0c2a72a3277650309f67e01e0008e18117e624633df53f81214"),
    "test6.jsonl": ReleaseFile(134_303_240, "bb4c364f71921c4495a6ad15abe1a927350b720009f4933e2e71f8af0f6fd1f5"),
}
"""Size in bytes and SHA-256 at REVISION, in the order of the releases."""


def _releases() -> dict[str, tuple[str, ...]]:
    names = tuple(FILES)
    numbers = range(1, len(names) + 1)
    return {
        **{f"release_v{last}": names[:last] for last in numbers},
        LATEST: names,
        **{f"v{only}": names[only - 1 : only] for only in numbers},
        **{f"v{first}_v{last}": names[first - 1 : last] for first, last in combinations(numbers, 2)},
    }


_RELEASES = _releases()


def files_of(release: str) -> tuple[str, ...]:
    """The names of the files that `release` is made of, oldest first.

    release_v1 ... release_v6    everything up to that release
    release_latest               everything
    v1 ... v6                    what that release added: one file
    v1_v2 ... v5_v6              what those releases added, both ends included

    Raises:
        SettingsError: no such release.
    """
    if release in _RELEASES:
        return _RELEASES[release]
    forwards = "_".join(reversed(release.split("_")))
    hint = f"did you mean {forwards!r}?" if forwards in _RELEASES else suggestion(release, _RELEASES)
    raise SettingsError(f"LiveCodeBench has no release {release!r}; {hint}")
