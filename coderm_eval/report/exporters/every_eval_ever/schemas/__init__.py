"""Every Eval Ever's JSON schemas, unchanged; LICENSE beside them says where they come from.

Its own package checks more, but needs Python 3.12, pandas and DuckDB.
"""

from __future__ import annotations

import functools
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

from coderm_eval.core.errors import InputError
from coderm_eval.core.messages import single_line

__all__ = ["require_valid"]


def require_valid(schema: str, content: Any, path: Path) -> None:
    """Refuse what the database would refuse.

    Args:
        schema: "eval", or "instance_level_eval" for a line of a problem.
        content: as JSON.
        path: of the file that it is for.

    Raises:
        InputError: names the place.
    """
    found = best_match(_validator(schema).iter_errors(content))
    if found is not None:
        raise InputError(
            f"{path}: not written, as {found.json_path} does not fit Every Eval Ever's schema: "
            f"{single_line(found.message)}"
        )


@functools.cache
def _validator(schema: str) -> Draft7Validator:
    return Draft7Validator(json.loads((files(__name__) / f"{schema}.schema.json").read_text(encoding="utf-8")))
