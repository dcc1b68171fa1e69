"""Programs and tests that may be given from memory, as the files that a run reads."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

from coderm_eval.core.errors import InputError
from coderm_eval.core.files import write_jsonl
from coderm_eval.core.inputs import calling
from coderm_eval.core.records import NO_TEST
from coderm_eval.generation.settings import TestSettings

__all__ = ["GivenFiles", "Texts", "as_files", "as_path"]

Texts = Mapping[str, Sequence[str]]
"""Programs or tests by task id."""


class GivenFiles(NamedTuple):
    """The inputs of a run."""

    samples: Path
    tests: Mapping[str, Any] | None
    """The section `tests` of the settings; None where nothing was given."""
    from_memory: tuple[Path, ...]
    """Files that were written here, and are gone after the run."""


def as_path(given: object, name: str, expected: str) -> Path:
    """The file or folder that was given as the argument `name`.

    Raises:
        InputError: it is none, or empty, as a variable that is not set gives it: that would be the current folder.
    """
    if isinstance(given, str | os.PathLike) and str(given):
        return Path(given)
    raise InputError(f"{name} is {given!r:.60}; expected {expected}")


@contextmanager
def as_files(samples: str | Path | Texts, tests: str | Path | Texts | Mapping[str, Any] | None) -> Iterator[GivenFiles]:
    """The inputs as files, for as long as they are needed; messages call them by the arguments.

    Args:
        samples: a file, or programs by task id.
        tests: a file, tests by task id, or the section `tests` of the settings.

    Raises:
        InputError: something is given that is neither a file nor lists of texts.
    """
    with tempfile.TemporaryDirectory(prefix="coderm-eval-") as folder:
        written: dict[str, Path] = {}

        def as_file(given: str | Path | Texts, name: str) -> Path:
            if not isinstance(given, Mapping):
                return as_path(given, f"{name}s", f"a file, or a list of {name}s for each task id")
            written[name] = Path(folder) / f"{name}s.jsonl"
            write_jsonl(written[name], _rows(given, "solution" if name == "sample" else name))
            return written[name]

        file = as_file(samples, "sample")
        section = tests if _is_section(tests) else {"file": as_file(tests, "test")} if tests is not None else None
        with calling({path: f"{name}s" for name, path in written.items()}):
            yield GivenFiles(file, section, tuple(written.values()))


def _is_section(tests: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether these are settings of a test writer, and not tests by task id."""
    keys = {*TestSettings.model_fields, *TestSettings.renamed}
    return isinstance(tests, Mapping) and bool(tests) and keys.issuperset(tests)


def _rows(given: Texts, column: str) -> Iterator[dict[str, str]]:
    empty = [NO_TEST] if column == "test" else []
    for task, texts in given.items():
        if not isinstance(task, str):
            raise InputError(f"{task!r:.60}: expected a task id, such as 'demo/0'")
        if isinstance(texts, str) or not isinstance(texts, Collection) or not all(isinstance(t, str) for t in texts):
            raise InputError(f"{task}: expected a list of texts, found {texts!r:.60}")
        yield from ({"task_id": task, column: text} for text in texts or empty)
