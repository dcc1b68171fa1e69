"""Programs and tests that may be given from memory, as the files that a run reads."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

from coderm_eval.core.errors import InputError
from coderm_eval.core.files import write_jsonl
from coderm_eval.core.records import NO_TEST
from coderm_eval.generation.settings import TestSettings

__all__ = ["GivenFiles", "Texts", "as_files"]

Texts = Mapping[str, Sequence[str]]
"""Programs or tests by task id."""


class GivenFiles(NamedTuple):
    """The inputs of a run."""

    samples: Path
    tests: Mapping[str, Any] | None
    """The section `tests` of the settings; None where nothing was given."""
    from_memory: tuple[Path, ...]
    """Files that were written here, and are gone after the run."""


@contextmanager
def as_files(samples: str | Path | Texts, tests: str | Path | Texts | Mapping[str, Any] | None) -> Iterator[GivenFiles]:
    """The inputs as files, for as long as they are needed.

    Args:
        samples: a file, or programs by task id.
        tests: a file, tests by task id, or the section `tests` of the settings.

    Raises:
        InputError: there is something else than texts in a list.
    """
    with tempfile.TemporaryDirectory(prefix="coderm-eval-") as folder:
        written: dict[str, Path] = {}

        def as_file(given: str | Path | Texts, column: str) -> Path:
            if not isinstance(given, Mapping):
                return Path(given)
            written[column] = Path(folder) / f"{column}s.jsonl"
            write_jsonl(written[column], _rows(given, column))
            return written[column]

        file = as_file(samples, "solution")
        section = tests if _is_section(tests) else {"file": as_file(tests, "test")} if tests is not None else None
        yield GivenFiles(file, section, tuple(written.values()))


def _is_section(tests: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether these are settings of a test writer, and not tests by task id."""
    keys = {*TestSettings.model_fields, *TestSettings.renamed}
    return isinstance(tests, Mapping) and bool(tests) and keys.issuperset(tests)


def _rows(given: Texts, column: str) -> Iterator[dict[str, str]]:
    empty = [NO_TEST] if column == "test" else []
    for task, texts in given.items():
        if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
            raise InputError(f"{task}: expected a list of texts, found {texts!r:.60}")
        yield from ({"task_id": task, column: text} for text in texts or empty)
