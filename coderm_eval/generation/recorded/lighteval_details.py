"""Recorded answers in the details of lighteval: Parquet, a row for each document with all answers to it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coderm_eval.core.errors import InputError
from coderm_eval.core.inputs import called
from coderm_eval.core.messages import abbreviated, single_line
from coderm_eval.core.records import Problem
from coderm_eval.generation.recorded.recorded_programs import HeldPrograms, RecordedPrograms, programs_in_answers
from coderm_eval.generation.recorded.task_ids import Statements, known_task_id, require_problems

__all__ = ["read_details"]

_COLUMNS = (
    "doc.query",
    "doc.num_samples",
    "doc.specific.task_id",
    "doc.specific.question_id",
    "model_response.text",
    "model_response.text_post_processed",
)
"""What is read: LiveCodeBench's documents hold all private tests as well, some of them megabytes long."""

_ROWS = 64
"""Rows that are in memory at a time."""


def read_details(path: Path, file: io.BufferedReader, problems: Mapping[str, Problem]) -> RecordedPrograms:
    """The programs of the answers of each document.

    Raises:
        InputError: it is damaged, of something else, or of texts without task ids where the benchmark is not known.
    """
    recorded, reader = HeldPrograms(), _Rows(called(path), problems)
    for number, row in enumerate(_rows(called(path), file), 1):
        recorded.add(*reader.read(number, row))
    if not recorded.programs and not recorded.missing:
        raise InputError(f"{called(path)}: details of lighteval without a row; give those of an evaluation that ran")
    return recorded


def _rows(place: str, file: io.BufferedReader) -> Iterator[Mapping[str, Any]]:
    """Yield each row; pyarrow is imported here, since it takes a while and few read this format."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        source = parquet.ParquetFile(pa.PythonFile(file, mode="r"))
        names = source.schema_arrow.names
        if not {"doc", "model_response"} <= {*names}:
            raise InputError(
                f"{place}: a Parquet file with the columns {abbreviated(names)}, and not lighteval's details, which "
                'have doc and model_response; write {"task_id": "...", "solution": "..."} lines'
            )
        for batch in source.iter_batches(_ROWS, columns=list(_COLUMNS)):
            yield from batch.to_pylist()
    except pa.ArrowException as error:
        raise InputError(f"{place}: a Parquet file that cannot be read ({single_line(error)}); copy it again") from None


class _Rows:
    """Reads rows of one file."""

    def __init__(self, place: str, problems: Mapping[str, Problem]) -> None:
        self._place = place
        self._problems = problems
        self._statements = Statements(problems)

    def read(self, number: int, row: Mapping[str, Any]) -> tuple[str, list[str], int]:
        """The task id, the programs, and the number of answers that lighteval asked for and did not get."""
        doc, response = (_mapping(row.get(key)) for key in ("doc", "model_response"))
        query = doc.get("query")
        task_id = self._task_id(number, doc, query if isinstance(query, str) else "")
        answers = response.get("text_post_processed") or response.get("text")
        if not isinstance(answers, list) or not answers or not all(isinstance(answer, str) for answer in answers):
            raise InputError(
                f"{self._place}: row {number} ({task_id}) has no texts; give the details of a generating task"
            )
        asked_for = doc.get("num_samples") or 1
        if len(answers) < asked_for:  # lighteval has one empty text for a request that failed
            answers = [answer for answer in answers if answer]
        programs = programs_in_answers(task_id, answers, str(query), self._problems)
        return task_id, programs, max(0, asked_for - len(answers))

    def _task_id(self, number: int, doc: Mapping[str, Any], query: str) -> str:
        """The benchmark's id of a document, or else its number: lighteval itself drops the ids of documents."""
        specific = _mapping(doc.get("specific"))
        given = next((specific[key] for key in ("task_id", "question_id") if specific.get(key) is not None), None)
        if type(given) in (str, int):  # a bool is an int, too
            return known_task_id(given, self._problems)
        require_problems(self._place, self._problems)
        return self._statements.task_of(query) or f"row {number}"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
