"""The model that a file of recorded candidates names, where its format has a place for that: a log of inspect_ai."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coderm_eval.core.inputs import PARQUET, ZIP, is_folder, open_input, parse_object
from coderm_eval.generation.recorded.inspect_archives import open_archive, read_header
from coderm_eval.generation.recorded.inspect_logs import is_log, log_origin
from coderm_eval.generation.recorded.lines import numbered_objects

__all__ = ["origin_in_file"]


def origin_in_file(path: Path) -> Mapping[str, Any]:
    """What a file that can be read says of its model and of the sampling, by name; empty in all other formats.

    Raises:
        InputError: it cannot be read.
    """
    if is_folder(path):
        return {}
    with open_input(path, also=(ZIP, PARQUET)) as file:
        beginning = file.peek(64)
        if beginning.startswith(ZIP):
            with open_archive(path, file) as archive:
                return log_origin(read_header(archive))
        if beginning.startswith((PARQUET, b"[")):
            return {}
        number, line = next(numbered_objects(file), (1, b"{}"))
        row = parse_object(path, number, line, "a log of inspect_ai")
        return log_origin(row) if is_log(row) else {}
