"""What the fields of a class are, in the words below them in its source.

They are read when somebody asks. Pydantic would read them whenever a class is made, and so all settings at each start.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
from collections.abc import Iterator

__all__ = ["field_docstrings"]


def field_docstrings(section: type) -> dict[str, str]:
    """The string after each field by its name, those of base classes included; none where there is no source."""
    found: dict[str, str] = {}
    for base in reversed(section.__mro__):
        if not base.__module__.startswith(("builtins", "pydantic")):
            found |= dict(_strings_after_fields(base))
    return found


def _strings_after_fields(section: type) -> Iterator[tuple[str, str]]:
    try:
        [definition] = ast.parse(textwrap.dedent(inspect.getsource(section))).body
    except OSError:
        return
    assert isinstance(definition, ast.ClassDef)
    for field, text in itertools.pairwise(definition.body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        ):
            yield field.target.id, inspect.cleandoc(text.value.value)
