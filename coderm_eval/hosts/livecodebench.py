"""The files of LiveCodeBench's own runner and of its leaderboard, in and out; graded by whoever calls.

custom output   [{"question_id", "code_list"}, ...]   what the runner's custom evaluator grades
eval_all        the same keys among others            what the runner writes, and the leaderboard takes

The runner pairs entries and problems by their order only, so what is written is sorted as it sorts its problems.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from coderm_eval.benchmarks.livecodebench.rows import Row
from coderm_eval.errors import InputError, NotRunError, SettingsError, one_line, shown
from coderm_eval.inputs import few
from coderm_eval.records import Grade
from coderm_eval.report.files import write_text
from coderm_eval.report.scores import pass_at_1

__all__ = ["check_complete", "leaderboard_file", "read_outputs", "write_custom_output", "write_eval_all"]

_ENTRY = '{"question_id": "...", "code_list": ["...", "..."]}'


def read_outputs(path: Path) -> dict[str, list[str]]:
    """{question id: its programs}, in file order, of a custom output or an eval_all file, gzipped or not.

    Raises:
        InputError: no such file, not such a list, an entry without an id or without programs, or a question twice.
    """
    programs: dict[str, list[str]] = {}
    for number, entry in enumerate(_entries(path), 1):
        question, listed = _parse(f"{path}: entry {number}", entry)
        if question in programs:
            other = list(programs).index(question) + 1
            raise InputError(
                f"{path}: entry {number} has question {question!r}, as entry {other} has; leave one of them out"
            )
        programs[question] = listed
    return programs


def write_custom_output(path: Path, programs: Mapping[str, Sequence[str]]) -> None:
    """Write what the runner's custom evaluator takes.

    Raises:
        InputError: the file's name is not one that the runner takes, or two questions differ in how many programs
            they have.
    """
    if path.suffix != ".json":  # it replaces the last five characters by the names of its own files
        raise InputError(f"{path}: LiveCodeBench's runner takes a plain .json file; give it a name that ends so")
    _check_same_number(path, programs)
    _write_list(
        path, [{"question_id": question, "code_list": list(programs[question])} for question in sorted(programs)]
    )


def write_eval_all(
    path: Path,
    rows: Sequence[Row],
    programs: Mapping[str, Sequence[str]],
    grades: Mapping[str, Sequence[Grade]],
) -> None:
    """Write what the runner would have written of these programs, had it given these grades.

    Args:
        rows: each problem that has programs; any other is left out of the file.
        grades: of each question's programs, in their order.

    Raises:
        InputError: two questions differ in how many programs they have.
        NotRunError: a grade could not be run; nothing is written.
    """
    _check_same_number(path, programs)
    _check_graded(path, programs, grades)
    problems = {row.question_id: row for row in rows}
    _write_list(path, [_eval_all_entry(problems[q], programs[q], grades[q]) for q in sorted(programs)])


def leaderboard_file(folder: Path, name: str, n: int, temperature: float) -> Path:
    """Where the leaderboard looks for the eval_all file of `n` samples of the model called `name`.

    Raises:
        SettingsError: no folder can have that name, or the leaderboard would not find it.
        InputError: there is such a file with another n or temperature already; the leaderboard takes exactly one.
    """
    if not name.strip() or name in (".", "..") or set(name) & set("/\\*?["):  # it is looked up as a pattern
        raise SettingsError(
            f"the leaderboard's name of the model is {name!r}; write one without / \\ * ? [, such as 'Llama3-70B (N=1)'"
        )
    # The runner's temperature is a float, so its files say 1.0 and 0.0.
    path = folder / name / f"Scenario.codegeneration_{n}_{float(temperature)}_eval_all.json"
    for other in sorted(path.parent.glob("Scenario.codegeneration_*_eval_all.json")):
        if other != path:
            raise InputError(
                f"{other}: the leaderboard takes one file of {name!r}, which would be {path.name}; "
                "delete this one, or choose another name"
            )
    return path


def check_complete(rows: Sequence[Row], programs: Mapping[str, Sequence[str]], release_rows: int) -> str | None:
    """Why the leaderboard would skip a file of these programs, as a sentence; None where it would not.

    Args:
        rows: the problems that were selected.
        release_rows: how many a file must have. The leaderboard's script of 2025-02 wants the 880 of release_v5, a
            later one the 1055 of release_v6.
    """
    without = [row.question_id for row in rows if row.question_id not in programs]
    written = len(rows) - len(without)
    if written == release_rows:
        return None
    lacking = f" (no program for {len(without)} more: {few(without)})" if without else ""
    return (
        f"the file has {written} problems{lacking}, and LiveCodeBench's leaderboard skips every file without exactly "
        f"{release_rows}; give programs for all problems of that release, selected without dates, platform and kind"
    )


def _entries(path: Path) -> list[Any]:
    content = _content(path)
    beginning = shown(content[:100].decode("utf-8", "replace"))
    try:
        entries = json.loads(content)
    except (ValueError, RecursionError) as error:  # a UnicodeDecodeError is a ValueError
        raise InputError(f"{path}: not JSON ({one_line(error)}): {beginning}; expected [{_ENTRY}, ...]") from None
    if not isinstance(entries, list) or not entries:
        raise InputError(f"{path}: no list with an entry for each question: {beginning}; expected [{_ENTRY}, ...]")
    return entries


def _content(path: Path) -> bytes:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        if not path.is_file():
            raise InputError(f"{path}: no such file; name a JSON file of [{_ENTRY}, ...]")
        with opener(path, "rb") as file:
            return file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read ({one_line(error)}); write the file again") from error


def _parse(place: str, entry: Any) -> tuple[str, list[str]]:
    """An entry's question id and programs."""
    if isinstance(entry, list):
        raise InputError(f"{place} has no question id, only a list: {_json(entry)}; write each entry as {_ENTRY}")
    if not isinstance(entry, dict) or not {"question_id", "code_list"} <= entry.keys():
        raise InputError(f"{place} lacks question_id or code_list: {_json(entry)}; expected {_ENTRY}")
    question, programs = entry["question_id"], entry["code_list"]
    if type(question) not in (str, int):  # a bool is an int, too
        raise InputError(f"{place}: question_id is {_json(question)}; expected a text or a whole number")
    if not isinstance(programs, list) or not programs or not all(isinstance(program, str) for program in programs):
        raise InputError(
            f"{place}: code_list of question {question!r} is {_json(programs)}; expected a list of one text or more, "
            "each of them a program"
        )
    return str(question), programs


def _json(value: Any) -> str:
    return shown(json.dumps(value, ensure_ascii=False))


def _check_same_number(path: Path, programs: Mapping[str, Sequence[str]]) -> None:
    with_number = {len(programs[question]): question for question in sorted(programs, reverse=True)}
    if len(with_number) > 1:
        fewest, most = min(with_number), max(with_number)
        raise InputError(
            f"{path}: questions {with_number[fewest]!r} and {with_number[most]!r} have {fewest} and {most} programs, "
            f"but LiveCodeBench's runner takes the same number of each; set n to {fewest} or less"
        )


def _check_graded(path: Path, programs: Mapping[str, Sequence[str]], grades: Mapping[str, Sequence[Grade]]) -> None:
    ungraded = [question for question in sorted(programs) if any(grade.passed is None for grade in grades[question])]
    if ungraded:
        raise NotRunError(
            f"{path}: not written, as it has no place for grades that could not be run (those of {few(ungraded)}); "
            "run the same command to try them again"
        )


def _eval_all_entry(row: Row, programs: Sequence[str], grades: Sequence[Grade]) -> dict[str, Any]:
    """One problem, with the runner's keys in its order."""
    return {
        "question_title": row.question_title,
        "question_content": row.question_content,
        "platform": row.platform,
        "question_id": row.question_id,
        "contest_id": row.contest_id,
        "contest_date": datetime.fromisoformat(row.contest_date).isoformat(),
        "starter_code": row.starter_code,
        "difficulty": row.difficulty,
        "output_list": list(programs),  # the model's answers, of which only the programs are known here
        "code_list": list(programs),
        "graded_list": [grade.passed for _, grade in zip(programs, grades, strict=True)],
        "pass@1": pass_at_1(grades),
        "metadata": [json.dumps(dict(grade.statuses)) for grade in grades],
    }


def _write_list(path: Path, entries: Sequence[Mapping[str, Any]]) -> None:
    """In ASCII, as the runner opens files in whatever encoding the machine prefers."""
    write_text(path, json.dumps(entries, indent=4, allow_nan=False) + "\n")
