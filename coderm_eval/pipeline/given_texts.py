"""Programs and tests that are given from memory, as the files that a run reads."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeGuard

from coderm_eval.core.errors import InputError
from coderm_eval.core.files import write_jsonl
from coderm_eval.core.records import NO_TEST
from coderm_eval.generation.settings import TestSettings

__all__ = ["Texts", "as_file", "is_section"]

Texts = Mapping[str, Sequence[str]]
"""Programs or tests by task id."""


def is_section(tests: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether these are settings of a test writer, and not tests by task id."""
    keys = {*TestSettings.model_fields, *TestSettings.renamed}
    return isinstance(tests, Mapping) and bool(tests) and keys.issuperset(tests)


@contextmanager
def as_file(given: str | Path | Texts, column: str) -> Iterator[Path]:
    """The file itself, or one that holds texts which were given by task id, for as long as it is needed.

    Raises:
        InputError: there is something else than texts in a list.
    """
    if not isinstance(given, Mapping):
        yield Path(given)
        return
    for task, texts in given.items():
        if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
            raise InputError(f"{task}: expected a list of texts, found {texts!r:.60}")
    with tempfile.TemporaryDirectory(prefix="coderm-eval-") as folder:
        path = Path(folder) / f"{column}s.jsonl"
        empty = [NO_TEST] if column == "test" else []
        write_jsonl(path, ({"task_id": task, column: text} for task, texts in given.items() for text in texts or empty))
        yield path
