"""The model that a file of recorded candidates names, where its format has a place for that.

A log of inspect_ai names it itself, and lm-eval's samples_TASK_DATE.jsonl by results_DATE.json beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coderm_eval.core.inputs import PARQUET, ZIP, is_folder, open_input, parse_object
from coderm_eval.generation.recorded.inspect_archives import open_archive, read_header
from coderm_eval.generation.recorded.inspect_logs import is_log, log_origin
from coderm_eval.generation.recorded.lines import numbered_objects
from coderm_eval.generation.recorded.logged_samples import is_logged

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
        if is_log(row):
            return log_origin(row)
        return _beside(path) if is_logged(row) else {}


def _beside(samples: Path) -> Mapping[str, Any]:
    """What lm-eval's results say of the model; empty where they are not there any more."""
    name = re.fullmatch(r"samples_(.+)_([^_]+)\.jsonl", samples.name)
    if name is None:
        return {}
    try:
        results = json.loads(samples.with_name(f"results_{name[2]}.json").read_text(encoding="utf-8"))
        sampling = results["configs"][name[1]]["generation_kwargs"]
        known = {"model": results["model_name"], "max_tokens": sampling.get("max_gen_toks")}
        known |= {key: sampling.get(key) for key in ("temperature", "top_p")}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return {key: value for key, value in known.items() if isinstance(value, (str, int, float))}
