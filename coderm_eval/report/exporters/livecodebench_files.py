"""The files that LiveCodeBench's runner and leaderboard read: their names and contents."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from coderm_eval.benchmarks.livecodebench.rows import Row
from coderm_eval.core.errors import IncompleteRunError, InputError, SettingsError
from coderm_eval.core.messages import abbreviated
from coderm_eval.core.records import Grade
from coderm_eval.report.scores import pass_at_1

__all__ = ["check_complete", "custom_output_text", "eval_all_text", "leaderboard_file"]


def custom_output_text(path: Path, programs: Mapping[str, Sequence[str]]) -> str:
    """The input of the runner's custom evaluator.

    Raises:
        InputError: the file's name is not one that the runner takes, or two questions differ in how many programs
            they have.
    """
    if path.suffix != ".json":  # it replaces the last five characters by the names of its own files
        raise InputError(f"{path}: LiveCodeBench's runner takes a plain .json file; give it a name that ends so")
    _check_same_number(path, programs)
    return _listed({"question_id": question, "code_list": list(programs[question])} for question in sorted(programs))


def eval_all_text(
    path: Path,
    rows: Sequence[Row],
    programs: Mapping[str, Sequence[str]],
    grades: Mapping[str, Sequence[Grade]],
) -> str:
    """The runner's output for these programs and grades.

    Args:
        path: the file, for messages.
        rows: the problems; those without programs are left out of the file.
        programs: by question id.
        grades: by question id, those of its programs in their order.

    Raises:
        InputError: two questions differ in how many programs they have.
        IncompleteRunError: a grade could not be run.
    """
    _check_same_number(path, programs)
    _check_graded(path, programs, grades)
    problems = {row.question_id: row for row in rows}
    return _listed(_eval_all_entry(problems[q], programs[q], grades[q]) for q in sorted(programs))


def leaderboard_file(folder: Path, name: str, n: int, temperature: float) -> Path:
    """The path where the leaderboard looks for the eval_all file of `n` samples of the model called `name`.

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
    """Say why the leaderboard would skip a file of these programs; None if it would not.

    Args:
        rows: the problems that were selected.
        programs: by question id.
        release_rows: how many problems a file must have.
    """
    without = [row.question_id for row in rows if row.question_id not in programs]
    written = len(rows) - len(without)
    if written == release_rows:
        return None
    lacking = f" (no program for {len(without)} more: {abbreviated(without)})" if without else ""
    return (
        f"the file has {written} problems{lacking}, and LiveCodeBench's leaderboard skips every file without exactly "
        f"{release_rows}; give programs for all problems of that release, selected without dates, platform and io"
    )


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
        raise IncompleteRunError(
            f"{path}: not written, as it has no place for grades that could not be run (those of "
            f"{abbreviated(ungraded)}); run the same `coderm-eval rerank` to try them again"
        )


def _eval_all_entry(row: Row, programs: Sequence[str], grades: Sequence[Grade]) -> dict[str, Any]:
    """The entry of one problem, with the runner's keys in its order."""
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


def _listed(entries: Iterable[Mapping[str, Any]]) -> str:
    """The entries in ASCII, since the runner opens files in the machine's preferred encoding."""
    return json.dumps(list(entries), indent=4, allow_nan=False) + "\n"
