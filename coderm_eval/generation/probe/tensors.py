"""Files of tensors with one record about them, in the format of safetensors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, ValidationError

from coderm_eval.core.errors import InputError
from coderm_eval.core.files import write_atomically
from coderm_eval.core.messages import single_line
from coderm_eval.generation.probe.libraries import probe_library

__all__ = ["Record", "Tensor", "read_tensors", "write_tensors"]

Tensor = npt.NDArray[np.float32]


class Record(BaseModel):
    """A file's description of its tensors."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


R = TypeVar("R", bound=Record)


def write_tensors(path: Path, kind: str, record: Record, tensors: Mapping[str, Tensor]) -> None:
    """Write a file atomically; the same content gives the same bytes.

    The record is one entry of the metadata, JSON under the name `kind`: safetensors writes several entries in an
    order that changes from process to process.

    Raises:
        OutputError: the file cannot be written.
    """
    content = probe_library("safetensors.numpy").save(dict(tensors), metadata={kind: record.model_dump_json()})
    write_atomically(path, content)


def read_tensors(path: Path, kind: str, record: type[R], command: str) -> tuple[R, dict[str, Tensor]]:
    """Read a file that `command` wrote.

    Raises:
        InputError: the file is missing, is not one of safetensors, or holds something else.
    """
    library = probe_library("safetensors")
    hint = f"name a file that `{command} --out` wrote"
    try:
        with library.safe_open(path, framework="numpy") as file:
            metadata, names = file.metadata() or {}, sorted(file.keys())
            if kind not in metadata:
                raise InputError(f"{path}: no {kind} in it, but {_quoted_names(metadata, names)}; {hint}")
            return _parse_record(path, record, metadata[kind], hint), {name: file.get_tensor(name) for name in names}
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; {hint}") from None
    except (OSError, TypeError, library.SafetensorError) as error:
        raise InputError(
            f"{path}: not a file of safetensors that can be read ({single_line(error)}); {hint}"
        ) from error


def _parse_record(path: Path, record: type[R], text: str, hint: str) -> R:
    try:
        return record.model_validate_json(text)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"])) or "JSON"
        raise InputError(f"{path}: {where} in {text!r:.60}: {problem['msg'].lower()}; {hint}") from error


def _quoted_names(metadata: Mapping[str, str], tensors: list[str]) -> str:
    """The names of what a file of something else holds."""
    found = sorted(metadata) or tensors
    return ", ".join(repr(name) for name in found[:3]) or "nothing"
