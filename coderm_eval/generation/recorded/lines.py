"""Recorded candidates in lines of JSON, or in one object that fills a file: each line tells its format.

{"task_id", "solution"}, {"task_id", "completion"}     EvalPlus
{"eval": {task_id: [{"solution", ...}]}}               EvalPlus's results
{"doc", "resps", ...}                                  lm-eval's --log_samples
{"task_id", "solutions": [...]}                        CodeRM's authors
{"version", "eval": {"task", ...}, "samples": [...]}   a log of inspect_ai
{"0": {"origin_prompt", "prediction", ...}, ...}       OpenCompass's predictions
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from coderm_eval.core.errors import InputError
from coderm_eval.core.inputs import called, number_lines, parse_object
from coderm_eval.core.messages import expected_shape
from coderm_eval.core.records import Problem
from coderm_eval.generation.recorded.coderm_records import parse_record
from coderm_eval.generation.recorded.evalplus_results import is_results, results_programs
from coderm_eval.generation.recorded.evalplus_samples import parse_sample
from coderm_eval.generation.recorded.inspect_logs import is_log, programs_of_log
from coderm_eval.generation.recorded.logged_samples import LoggedSamples, is_logged
from coderm_eval.generation.recorded.opencompass_predictions import is_predictions, prediction_programs
from coderm_eval.generation.recorded.recorded_programs import RecordedPrograms

__all__ = ["numbered_objects", "read_lines"]

_SHAPE = expected_shape("solution")

_RESULTS = (
    ({"results", "configs"}, "lm-eval's results", "give samples_*.jsonl, which --log_samples writes beside them"),
    ({"results", "config_general"}, "lighteval's results", "give details_*.parquet, which --save-details writes"),
)
"""Keys of files of scores alone, whose they are, and where the answers are."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_lines(path: Path, file: io.BufferedReader, problems: Mapping[str, Problem]) -> RecordedPrograms:
    """Read programs by task id, in file order.

    Raises:
        InputError: there are no lines, or one in no known format.
    """
    recorded = RecordedPrograms()
    logged = LoggedSamples(problems)
    for number, line in numbered_objects(file):
        row, place = parse_object(path, number, line, _SHAPE), f"{path}:{number}"
        if is_log(row):
            found = programs_of_log(called(path), row, _listed(row.get("samples")), problems)
            for task_id in {**found.programs, **found.missing}:
                recorded.add(task_id, found.programs.get(task_id, []), found.missing.get(task_id, 0))
            continue
        for task_id, programs in _programs(place, row, line, problems, logged):
            recorded.add(task_id, programs)
    if not recorded.programs and not recorded.missing:
        raise InputError(f"{path}: no lines; expected {_SHAPE} on each")
    return recorded


def numbered_objects(file: io.BufferedReader) -> Iterator[tuple[int, bytes]]:
    """Yield lines with their numbers; the whole file where its first line only opens one object."""
    first = file.readline()
    if first.removeprefix(_BYTE_ORDER_MARK).strip() == b"{":
        yield 1, first + file.read()
    else:
        yield from number_lines(itertools.chain([first], file))


def _programs(
    place: str, row: Mapping[str, Any], line: bytes, problems: Mapping[str, Problem], logged: LoggedSamples
) -> Iterable[tuple[str, list[str]]]:
    """The task ids and the programs of a line."""
    for keys, kind, advice in _RESULTS:
        if keys <= row.keys():
            raise InputError(f"{place}: {kind}, without answers; {advice}")
    if is_results(row):
        return results_programs(place, row)
    if is_logged(row):
        return [logged.programs(place, row)]
    if "solutions" in row:
        return [parse_record(place, row, "solutions")]
    if is_predictions(row):
        return prediction_programs(place, row, problems)
    return [parse_sample(place, row, line, problems)]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
