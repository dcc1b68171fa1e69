"""What a page does not tell, since it is passed on: in which folders of a machine its files lay."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["names_apart", "without_folders"]

_FOLDERS = re.compile(r"""(^|[=,"'\s])[/~][^=,"']*/(?=[^/=,"'])""")
"""The folders of an absolute path, which begins a text or what stands behind an equals sign, a comma or a quote."""


def without_folders(value: Any) -> Any:
    """A text with the names only of files that it has by absolute paths; anything else as it is.

    Addresses stay, as do relative paths, such as the name of a model.
    """
    return _FOLDERS.sub(r"\1", value) if isinstance(value, str) else value


def names_apart(paths: Sequence[str]) -> list[str]:
    """The paths where all are relative; else their last parts, as few as tell them apart."""
    parts = [Path(path).parts for path in paths]
    if not any(Path(path).is_absolute() for path in paths):
        return list(paths)
    for count in range(1, max(map(len, parts))):
        names = ["/".join(part[-count:]) for part in parts]
        if len(set(names)) == len(paths):
            return names
    return list(paths)
