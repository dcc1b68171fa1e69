"""Outputs, checked before work starts: they can be written, and nothing is lost by it.

Every verb that writes asks `check_output` first. `--overwrite` allows what would be lost.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from coderm_eval.core.errors import OutputError
from coderm_eval.core.files import file_sha256
from coderm_eval.core.store import Store, open_store

__all__ = ["ANOTHER_OUT", "check_output", "note_output", "require_same", "require_writable", "would_destroy"]

_ANOTHER = "give another {}, or --overwrite to replace it"
ANOTHER_OUT = _ANOTHER.format("--out")

_OUTPUTS = "outputs"
"""The table of files that were made from a store, and can be made from it again."""


def check_output(
    out: Path,
    *,
    inputs: Mapping[str, Path | None],
    store: Path | None = None,
    files: Collection[str] | None = None,
    overwrite: bool = False,
    flag: str = "--out",
) -> None:
    """Find out, before work starts, whether `out` can be written and what would be lost by it.

    Args:
        out: a file; or a folder where `files` is given.
        inputs: what the command reads, by flag; None where the flag was not given.
        store: the folder of stored results, if there is one. A file that was made from it may be replaced.
        files: names of what is written in the folder `out`.
        overwrite: whether the user allows what would be lost.
        flag: what the user gave `out` after.

    Raises:
        OutputError: it cannot be written, is an input, or is a file that could not be made again.
    """
    _require_kind(out, flag, is_folder=files is not None)
    require_writable(out, is_folder=files is not None, flag=flag)
    if store is not None and os.path.realpath(store) == os.path.realpath(out.parent if files is None else out):
        raise OutputError(f"{out}: the store {store} has its files there; give --store a folder of its own")
    if overwrite:
        return
    for path in [out, *(out / name for name in files or ())]:
        _require_apart(path, inputs)
    if files is None:
        _require_known(out, store, flag)


def note_output(out: Path, store: Store) -> None:
    """Note in the store that the file, as it is now, was made from it."""
    if out.is_file():
        store.table(_OUTPUTS).add_all({file_sha256(out): {"file": out.name}})


def require_same(contents: Mapping[Path, str]) -> None:
    """Refuse to write texts, by path, where a file is that has another content.

    Raises:
        OutputError: names the file.
    """
    for path, text in contents.items():
        if _has_content(path) and path.read_bytes() != text.encode():
            raise OutputError(f"{path}: another file is there, and would be lost; {ANOTHER_OUT}")


def _has_content(path: Path) -> bool:
    return _kind(path) == stat.S_IFREG and path.stat().st_size > 0


def _kind(path: Path) -> int:
    """The kind of file, such as S_IFREG; 0 where there is none, or none could be."""
    try:
        return stat.S_IFMT(path.stat().st_mode)
    except OSError:
        return 0


def _require_kind(out: Path, flag: str, *, is_folder: bool) -> None:
    if is_folder and _kind(out) not in (0, stat.S_IFDIR):
        raise OutputError(f"{out}: a file is there; name a folder after {flag}")
    if not is_folder and _kind(out) == stat.S_IFDIR:
        raise OutputError(f"{out}: this is a folder; name a file after {flag}")


def require_writable(out: Path, *, is_folder: bool, flag: str = "--out") -> None:
    """Write a file without a name where `out` is to be; a pipe or device is taken as it is."""
    if _kind(out) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return
    try:
        with suppress(FileNotFoundError):
            out.stat()  # raises an error for a name that no file can have
        folder = Path(os.path.realpath(out if is_folder else out.parent))
        while not os.path.lexists(folder):
            folder = folder.parent
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error.strerror}); name another place after {flag}") from error


def _require_apart(path: Path, inputs: Mapping[str, Path | None]) -> None:
    for flag, given in inputs.items():
        if given is not None and would_destroy(path, given):
            raise OutputError(f"{path}: --out would overwrite the input {flag} {given}; {ANOTHER_OUT}")


def would_destroy(path: Path, given: Path) -> bool:
    """Whether what is written to `path` takes the place of an input, of a file in one, or of its twin with .gz."""
    if _kind(given) not in (0, stat.S_IFREG, stat.S_IFDIR):  # a pipe or device
        return False
    if _kind(path) and _kind(given) and path.samefile(given):
        return True
    one, other = os.path.realpath(path), os.path.realpath(given)
    inside = one.startswith(other + os.sep) and one.endswith(".py")  # of a folder of samples
    return inside or one.removesuffix(".gz") == other.removesuffix(".gz")


def _require_known(out: Path, store: Path | None, flag: str) -> None:
    """Refuse a file with content, unless it was made from this store, and so can be made again."""
    if not _has_content(out):
        return
    if store is None:
        raise OutputError(f"{out}: a file is there, and would be lost; {_ANOTHER.format(flag)}")
    with open_store(store, read_only=True) as opened:
        if file_sha256(out) in opened.table(_OUTPUTS):
            return
    raise OutputError(
        f"{out}: the file was not made from the store {store}, and would be lost; {_ANOTHER.format(flag)}"
    )
