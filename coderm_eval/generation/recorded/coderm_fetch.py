"""The records of CodeRM's authors, downloaded once from their repository, and known to be the right ones.

What a download had got when it was stopped is kept, and the next one goes on there. CODERM_RECORDS_URL names another
copy of the repository's files, HTTPS_PROXY a proxy.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from coderm_eval.core.errors import DatasetError, OutputError
from coderm_eval.core.messages import single_line
from coderm_eval.generation.recorded.coderm_files import IN_REPOSITORY, REPOSITORY, REVISION, blob_of

__all__ = ["URL_VARIABLE", "fetch_records"]

URL_VARIABLE = "CODERM_RECORDS_URL"

_URL = f"https://raw.githubusercontent.com/{REPOSITORY}/{REVISION}"

_AS_IT_IS = {"Accept-Encoding": "identity"}
"""Of a packed answer the length would be that of the packed bytes, and no part could be asked for."""

_NOTHING_LEFT = 416
"""The status for a part that begins at the file's end or behind it."""


def fetch_records(files: Mapping[str, str], folder: Path) -> list[Path]:
    """Download what `folder` lacks of `files`, check all of them, and say where they are.

    Args:
        files: by name, what git calls the content, as in `coderm_files.BLOBS`.
        folder: where they lie, under their names.

    Raises:
        DatasetError: the network or the server refuses, or a file is not the one that is known.
        OutputError: the folder cannot be written.
    """
    return [_fetched(name, blob, folder / name) for name, blob in files.items()]


def _fetched(name: str, blob: str, path: Path) -> Path:
    """The file itself; a wrong one stays where it is, since it is the user's to delete."""
    if path.is_file():
        if blob_of(path) != blob:
            raise DatasetError(f"{_is_another(path, name)}; delete {path} and fetch it again")
        return path
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not (part.is_file() and blob_of(part) == blob):
            url = f"{os.environ.get(URL_VARIABLE) or _URL}/{IN_REPOSITORY}/{quote(name)}"
            _download(url, part)
            if blob_of(part) != blob:
                said = f"{url} gave another file: {_is_another(part, name)}"
                part.unlink()
                raise DatasetError(f"{said}; run this again, or set {URL_VARIABLE} to another copy of the repository")
        part.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({single_line(error)})") from error
    return path


def _is_another(path: Path, name: str) -> str:
    return (
        f"{path} is not {name} of {REPOSITORY} at {REVISION[:7]}: it has {path.stat().st_size:,} bytes and git's "
        f"SHA-1 {blob_of(path)}"
    )


def _download(url: str, part: Path) -> None:
    """Add to `part` what it lacks."""
    from huggingface_hub.file_download import http_get

    try:
        with part.open("ab") as file:
            http_get(url, file, resume_size=file.tell(), headers=_AS_IT_IS, displayed_filename=part.stem)
    except Exception as error:  # the hub's, its HTTP library's and the network's errors have no base in common
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status == _NOTHING_LEFT:
            part.unlink()  # longer than the file is
        said = f"HTTP {status}" if status else single_line(error)
        raise DatasetError(
            f"{url} could not be downloaded ({said}); run this again where the network reaches it, which goes on where "
            f"it stopped, or set {URL_VARIABLE} to another copy of the repository"
        ) from error
