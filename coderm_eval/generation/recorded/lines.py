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
from coderm_eval.core.inputs import BYTE_ORDER_MARK, called, number_lines, parse_object
from coderm_eval.core.line_index import LineIndex
from coderm_eval.core.messages import expected_shape
from coderm_eval.core.records import Problem
from coderm_eval.generation.recorded.coderm_records import parse_record
from coderm_eval.generation.recorded.evalplus_results import is_results, results_programs
from coderm_eval.generation.recorded.evalplus_samples import parse_sample
from coderm_eval.generation.recorded.inspect_logs import is_log, programs_of_log
from coderm_eval.generation.recorded.logged_samples import LoggedSamples, is_logged
from coderm_eval.generation.recorded.opencompass_predictions import is_predictions, prediction_programs
from coderm_eval.generation.recorded.recorded_programs import HeldPrograms, RecordedPrograms

__all__ = ["numbered_objects", "read_lines"]

_SHAPE = expected_shape("solution")

_RESULTS = (
    ({"results", "configs"}, "lm-eval's results", "give samples_*.jsonl, which --log_samples writes beside them"),
    ({"results", "config_general"}, "lighteval's results", "give details_*.parquet, which --save-details writes"),
)
"""Keys of files of scores alone, whose they are, and where the answers are."""

_KEYS_OF_OTHERS = frozenset({"doc", "eval", "results"})
"""Of which any other tool's object has one, unless all of its values are objects."""


def read_lines(path: Path, file: io.BufferedReader, problems: Mapping[str, Problem]) -> RecordedPrograms:
    """Find programs by task id, in file order. Where each line is of one task they are read when they are asked for.

    Raises:
        InputError: there are no lines, or one in no known format.
    """
    recorded = _indexed(path, file, problems) or _held(path, file, problems)
    if not recorded.programs and not recorded.missing:
        raise InputError(f"{path}: no lines; expected {_SHAPE} on each")
    return recorded


def _indexed(path: Path, file: io.BufferedReader, problems: Mapping[str, Problem]) -> RecordedPrograms | None:
    """The programs of EvalPlus's lines or of CodeRM's authors'; None as soon as a line is another."""
    index = LineIndex(path, file)
    for number, line in index.read():
        if number == 1 and _opens_object(line):
            return None
        row = parse_object(path, number, line, _SHAPE)
        if _is_of_another_tool(row):
            return None
        task_id, programs = _of_one_task(f"{path}:{number}", row, line, problems)
        if programs:
            index.add(task_id, len(programs))

    def programs_of_line(line: bytes) -> list[str]:
        return _of_one_task(str(path), parse_object(path, 0, line, _SHAPE), line, problems)[1]

    return RecordedPrograms(index.texts(programs_of_line))


def _held(path: Path, file: io.BufferedReader, problems: Mapping[str, Problem]) -> RecordedPrograms:
    """The programs of lines in any format."""
    file.seek(0)
    recorded = HeldPrograms()
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
    return recorded


def numbered_objects(file: io.BufferedReader) -> Iterator[tuple[int, bytes]]:
    """Yield lines with their numbers; the whole file where its first line only opens one object."""
    first = file.readline()
    if _opens_object(first):
        yield 1, first + file.read()
    else:
        yield from number_lines(itertools.chain([first], file))


def _opens_object(line: bytes) -> bool:
    return line.removeprefix(BYTE_ORDER_MARK).strip() == b"{"


def _is_of_another_tool(row: Mapping[str, Any]) -> bool:
    """Return whether a line may be of many tasks, or of one that others are needed for to understand it."""
    if _KEYS_OF_OTHERS.isdisjoint(row) and isinstance(row.get("task_id"), str):
        return False  # nearly every line of millions, found in a fifth of the time
    are_scores = any(keys <= row.keys() for keys, _, _ in _RESULTS)
    return are_scores or is_log(row) or is_results(row) or is_logged(row) or is_predictions(row)


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
    if is_predictions(row):
        return prediction_programs(place, row, problems)
    return [_of_one_task(place, row, line, problems)]


def _of_one_task(
    place: str, row: Mapping[str, Any], line: bytes, problems: Mapping[str, Problem]
) -> tuple[str, list[str]]:
    """The task id and the programs of a line."""
    if "solutions" in row:
        return parse_record(place, row, "solutions")
    return parse_sample(place, row, line, problems)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
