"""The JSON Schema of an entry, and what is wrong by it."""

from __future__ import annotations

import functools
import json
from importlib.resources import files
from typing import Any, Literal

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from coderm_eval.core.messages import single_line

__all__ = ["violation"]


def violation(content: object, of: Literal["entry", "pick"]) -> str | None:
    """Say what is wrong with entry.json, or with a line of picks.jsonl; None if nothing is."""
    error = best_match(_validator(of).iter_errors(content))
    if error is None:
        return None
    where = ".".join(str(part) for part in error.absolute_path)
    return f"{where}: {single_line(error.message)}" if where else single_line(error.message)


@functools.cache
def _validator(of: str) -> Draft202012Validator:
    schema: dict[str, Any] = json.loads(
        files("coderm_eval.report.exporters.board").joinpath("entry.schema.json").read_text(encoding="utf-8")
    )
    return Draft202012Validator(schema if of == "entry" else {"$ref": "#/$defs/pick", "$defs": schema["$defs"]})
