"""The `.eval` files of inspect_ai: zip archives of JSON, with a header and an entry for each sample and epoch.

Their entries are packed by Zstandard, which zipfile cannot unpack before Python 3.14.
"""

from __future__ import annotations

import copy
import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import zstandard

from coderm_eval.core.errors import InputError
from coderm_eval.core.inputs import called
from coderm_eval.core.messages import single_line

__all__ = ["archived_samples", "open_archive", "read_header"]

_ZSTANDARD = 93
"""The number of the method in the format of zip files."""

_HEADERS = ("header.json", "_journal/start.json")
"""The first is written when an evaluation ends, also by an error; the second when it starts."""


@contextmanager
def open_archive(path: Path, file: io.BufferedReader) -> Iterator[zipfile.ZipFile]:
    """Open a log; what is wrong with it while it is read is said in one sentence.

    Raises:
        InputError: it is damaged, packed by another method, or no log.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            if not any(name in archive.NameToInfo for name in _HEADERS):
                raise InputError(
                    f"{called(path)}: a zip file, and no log of inspect_ai; unpack it and name the file in it"
                )
            yield archive
    except NotImplementedError as error:
        raise InputError(
            f"{called(path)}: cannot be unpacked ({single_line(error)}); write it as JSON with "
            f"`inspect log convert --to json --output-dir FOLDER {path}`"
        ) from None
    except (zipfile.BadZipFile, zstandard.ZstdError, zlib.error, EOFError, ValueError, RuntimeError) as error:
        raise InputError(
            f"{called(path)}: a damaged zip file ({single_line(error)}); copy the log of inspect_ai again, or restore "
            f"that of an evaluation that was killed with `inspect log recover {path}`"
        ) from None


def read_header(archive: zipfile.ZipFile) -> dict[str, Any]:
    """What a log says of the whole evaluation."""
    return _read_object(archive, next(name for name in _HEADERS if name in archive.NameToInfo))


def archived_samples(archive: zipfile.ZipFile) -> Iterator[Mapping[str, Any]]:
    """Yield each sample of each epoch; of one that was written twice, the last."""
    for name in archive.NameToInfo:
        if name.startswith("samples/") and name.endswith(".json"):
            yield _read_object(archive, name)


def _read_object(archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    found = json.loads(_unpacked(archive, archive.getinfo(name)))
    if not isinstance(found, dict):
        raise ValueError(f"{name} is no JSON object")
    return found


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    if info.compress_type != _ZSTANDARD:
        return archive.read(info)
    packed = copy.copy(info)  # the entry as if it were stored as it is, to get at its packed bytes
    packed.compress_type, packed.file_size = zipfile.ZIP_STORED, info.compress_size
    del packed.CRC  # of the unpacked bytes, and looked at below
    with io.BytesIO(archive.read(packed)) as source:
        content = zstandard.ZstdDecompressor().stream_reader(source, read_across_frames=True).read()
    if len(content) != info.file_size or zlib.crc32(content) != info.CRC:
        raise zipfile.BadZipFile(f"Bad CRC-32 for file {info.filename!r}")
    return content
