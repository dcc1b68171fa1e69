"""What is wrong with a setting, in this project's words: the value, and what was expected in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel

from coderm_eval.core.docstrings import field_docstrings
from coderm_eval.core.messages import suggestion

__all__ = ["describe"]

_EXPECTED = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "datetime_from_date_parsing": "a date, such as 2026-11-28 or 2026-11-28T21:30:00Z",
    "datetime_parsing": "a date, such as 2026-11-28 or 2026-11-28T21:30:00Z",
    "datetime_type": "a date, such as 2026-11-28 or 2026-11-28T21:30:00Z",
    "dict_type": "a mapping, such as `{{top_k: 20}}`",
    "finite_number": "a finite number",
    "float_parsing": "a number",
    "float_type": "a number",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "{ge:g} or more",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "invalid_key": "the name of a setting, as a text",
    "less_than": "less than {lt:g}",
    "less_than_equal": "{le:g} or less",
    "list_type": "a list",
    "literal_error": "{expected}",
    "path_type": "a path",
    "string_type": "a text",
    "tuple_type": "a list",
}
"""What was expected, by pydantic's types of errors."""


def describe(section: type[BaseModel], problem: Mapping[str, Any]) -> str:
    """One of the errors that pydantic found in `section`, in a sentence.

    Args:
        problem: an entry of `ValidationError.errors()`.
    """
    kind, given = problem["type"], problem["input"]
    sections, where = _path(section, problem["loc"])
    name = ".".join(where)
    if kind == "extra_forbidden":
        return f"unknown setting {name!r}; {suggestion(where[-1], list(sections[-1].model_fields))}"
    if kind == "missing":
        return f"{name} is missing: give the {field_docstrings(sections[-1]).get(where[-1], 'value')}"
    if kind == "value_error":  # raised by a section, which knows what may be shown
        return ": ".join(filter(None, [name, str(problem["ctx"]["error"])]))
    if kind == "model_type":
        return f"{name} is {given!r:.60}: expected its settings, such as `{name}: {_example(sections[-1], given)}`"
    expected = _EXPECTED.get(kind, "something else").format(**problem.get("ctx", {}))
    return f"{name} is {given!r:.60}: expected {expected}"


def _path(section: type[BaseModel], location: Sequence[Any]) -> tuple[list[type[BaseModel]], list[str]]:
    """The sections that lead to a place, and its key, without what pydantic adds for alternatives."""
    sections: list[type[BaseModel]] = [section]
    where: list[str] = []
    for part in location:
        field = sections[-1].model_fields.get(part) if isinstance(part, str) else None
        inside_value = where and where[-1] in sections[-1].model_fields
        if inside_value and not isinstance(part, int):
            break
        where.append(str(part))
        if field and isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            sections.append(field.annotation)
    return sections, where


def _example(section: type[BaseModel], given: Any) -> str:
    """A section as it could be written, with the value that was given where it fits."""
    fields = section.model_fields
    fitting = [key for key, field in fields.items() if isinstance(given, str) and given in get_args(field.annotation)]
    return f"{{{fitting[0]}: {given}}}" if fitting else f"{{{next(iter(fields))}: ...}}"
