"""Files of tensors with one record about them, in the format of safetensors."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, ValidationError

from coderm_eval.core.errors import InputError, SettingsError
from coderm_eval.core.files import write_atomically
from coderm_eval.core.messages import single_line

__all__ = ["Record", "Tensor", "read_tensors", "write_tensors"]

Tensor = npt.NDArray[np.float32]


class Record(BaseModel):
    """What a file says about its tensors."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


R = TypeVar("R", bound=Record)


def write_tensors(path: Path, kind: str, record: Record, tensors: Mapping[str, Tensor]) -> None:
    """The same bytes for the same content, written whole or not at all.

    The record is one entry of the metadata, JSON under the name `kind`: safetensors writes several entries in an
    order that changes from process to process.

    Raises:
        InputError: the file cannot be written.
    """
    content = _library("safetensors.numpy").save(dict(tensors), metadata={kind: record.model_dump_json()})
    try:
        write_atomically(path, content)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); name another file after --out") from error


def read_tensors(path: Path, kind: str, record: type[R], command: str) -> tuple[R, dict[str, Tensor]]:
    """The content of a file that `command` wrote.

    Raises:
        InputError: no such file, not one of safetensors, or one that holds something else.
    """
    library = _library("safetensors")
    hint = f"name a file that `{command} --out` wrote"
    try:
        with library.safe_open(path, framework="numpy") as file:
            metadata, names = file.metadata() or {}, sorted(file.keys())
            if kind not in metadata:
                raise InputError(f"{path}: no {kind} in it, but {_shown(metadata, names)}; {hint}")
            return _parsed(path, record, metadata[kind], hint), {name: file.get_tensor(name) for name in names}
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; {hint}") from None
    except (OSError, TypeError, library.SafetensorError) as error:
        raise InputError(
            f"{path}: not a file of safetensors that can be read ({single_line(error)}); {hint}"
        ) from error


def _parsed(path: Path, record: type[R], said: str, hint: str) -> R:
    try:
        return record.model_validate_json(said)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"])) or "JSON"
        raise InputError(f"{path}: {where} in {said!r:.60}: {problem['msg'].lower()}; {hint}") from error


def _shown(metadata: Mapping[str, str], names: list[str]) -> str:
    found = sorted(metadata) or names
    return ", ".join(repr(name) for name in found[:3]) or "nothing"


def _library(name: str) -> Any:
    if find_spec("safetensors") is None:
        raise SettingsError("a probe's files need safetensors, which is not installed: run `pip install safetensors`")
    return importlib.import_module(name)
