"""LiveCodeBench's files, downloaded once into the Hugging Face hub's own cache, and known to be the right ones.

A connection that breaks is resumed; a download that is stopped starts that one file again. HF_ENDPOINT names a
mirror, HF_HOME another cache.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from coderm_eval.benchmarks.livecodebench.releases import FILES, REPOSITORY, REVISION, ReleaseFile, files_of
from coderm_eval.core.errors import DatasetError
from coderm_eval.core.messages import single_line

__all__ = ["fetch"]

_REFUSALS = (401, 403, 404)
_CHUNK = 1 << 20


def fetch(release: str) -> list[Path]:
    """Download what the hub's cache lacks of `release`, check all of it, and say where it is, oldest file first.

    Raises:
        SettingsError: no such release.
        DatasetError: the hub cannot be reached or refuses, or a file is not the one that is known.
    """
    return [_checked(name, _download(name)) for name in files_of(release)]


def _download(name: str) -> Path:
    from huggingface_hub import constants, hf_hub_download

    try:
        return Path(hf_hub_download(REPOSITORY, name, repo_type="dataset", revision=REVISION))
    except Exception as error:  # the hub's, its HTTP library's, Xet's and the disk's errors have no base in common
        cause = error.__cause__ or error  # the hub's last word is often only that its cache does not help either
        status = getattr(getattr(cause, "response", None), "status_code", None)
        if status in _REFUSALS:
            raise DatasetError(
                f"{constants.ENDPOINT} refuses {name} of {REPOSITORY} (HTTP {status}); log in with `hf auth login` "
                "or unset an HF_TOKEN that has expired, or set LIVECODEBENCH_PATH to your copy"
            ) from error
        raise DatasetError(
            f"{name} of {REPOSITORY} could not be downloaded from {constants.ENDPOINT} "
            f"({single_line(cause)}); run this again where the network reaches it, "
            "set HF_ENDPOINT to a mirror, or LIVECODEBENCH_PATH to your copy"
        ) from error


def _checked(name: str, path: Path) -> Path:
    """The file itself; it stays where it is when it is wrong, since it is the user's to delete."""
    known, found = FILES[name], ReleaseFile(path.stat().st_size, _sha256(path))
    if found != known:
        raise DatasetError(
            f"{path} is not {name} of {REPOSITORY}: it has {found.size} bytes and the SHA-256 {found.sha256}, not "
            f"{known.size} and {known.sha256}; delete {path.resolve()} and fetch it again"
        )
    return path


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
