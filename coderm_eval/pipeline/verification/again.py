"""Some of a run's problems run again, from the candidates and tests in its run directory, and what came out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from coderm_eval.benchmarks import Benchmark
from coderm_eval.core.errors import InputError
from coderm_eval.core.files import write_jsonl
from coderm_eval.core.records import ProblemCandidates
from coderm_eval.pipeline.rule_files import is_rule_file
from coderm_eval.pipeline.run import run
from coderm_eval.pipeline.settings import Settings, recorded_as_settings
from coderm_eval.report.recorded_results import RecordedRun, read_recorded_run
from coderm_eval.report.rows import test_rows
from coderm_eval.report.run_directory import RunDirectory
from coderm_eval.report.verification.consistency import different

__all__ = ["different_wholes", "run_again", "settings_again", "without_draws"]

_OF_PROBING = ("per_problem", "problems_without", "problems_undecided")
"""Numbers of inputs follow from the tests; how often they were run also from what timed out."""


def settings_again(
    summary: Mapping[str, Any], scratch: Path, *, workers: int | None, rule_file: str | None, source: str
) -> Settings:
    """The settings of the run, but with the tests that it used as recorded ones, all of which are run.

    Raises:
        InputError: the run names a Python file that the user has not: `rule_file` is what the user names.
    """
    given = {key: value for key, value in summary["settings"].items() if key not in ("n", "preset", "budget")}
    if is_rule_file(given["select"]) and given["select"] != rule_file:
        raise InputError(
            f"{source}: its picks are by a rule of a file, which would have to be run; if you trust the file, give "
            f"--select {given['select']} in the folder where it is"
        )
    without_tests = given["tests"].get("backend") == "none"
    budget = {**summary["settings"].get("budget", {}), "policy": "uniform", "average": None}
    return recorded_as_settings(
        {
            **given,
            "tests": {"backend": "none"} if without_tests else {"file": str(scratch / "tests.jsonl")},
            **({} if without_tests else {"budget": budget}),
            "report": False,
            "execution": {**given["execution"], **({"workers": workers} if workers else {})},
        },
        source=source,
    )


def without_draws(settings: Settings, recorded: RecordedRun, *, whole: bool) -> Settings:
    """The settings, but with nothing to be drawn from the tests that would not come out as in the run.

    Args:
        whole: whether all problems are run again.
    """
    of_tests = recorded.results if whole else []
    one_each = all(sum(t.multiplicity for t in r.tests) == len(r.test_samples) for r in of_tests)
    most = max((len(result.test_samples) for result in of_tests), default=0) if one_each else 0
    drawn = settings.resample_tests or 0
    curve = settings.budget_curve and recorded.summary["settings"]["budget"].get("rates") in ("agreement", "oracle")
    return settings.model_copy(
        update={"resample_tests": drawn if 0 < drawn <= most else None, "budget_curve": bool(curve and most)}
    )


def run_again(
    recorded: RecordedRun, places: Sequence[int], benchmark: Benchmark, settings: Settings, scratch: Path
) -> tuple[RunDirectory, RecordedRun]:
    """The same run of the problems at these places."""
    chosen = [recorded.results[place] for place in places]
    write_jsonl(scratch / "tests.jsonl", (row for result in chosen for row in test_rows(result)))
    out = RunDirectory(scratch / "run")
    run(
        benchmark,
        [ProblemCandidates(result.problem, result.candidates) for result in chosen],
        settings,
        out=out.folder,
        store_folder=scratch / "store",
        graded=bool(recorded.grades),
        allow_partial=True,
    )
    return out, read_recorded_run(out, benchmark.problem_by_id())


def different_wholes(directory: RunDirectory, again: RunDirectory) -> Iterator[str]:
    """Yield what came out otherwise of all problems: counts, tests at fault, and what draws of tests give."""
    there, here = directory.summary(), again.summary()
    drawn = {"resampled": here["resampled"]} if here["resampled"] else {}
    probing = {key: here["probing_inputs"][key] for key in _OF_PROBING}
    yield from different("summary.json", {"probing_inputs": probing, **drawn}, there)
    yield from different("summary.json: test_faults", _faults(here), _faults(there))
    curves = [folder.folder / "curve.csv" for folder in (directory, again)]
    if all(path.exists() for path in curves) and curves[0].read_bytes() != curves[1].read_bytes():
        yield "curve.csv: not the curve that the tests give"


def _faults(summary: Mapping[str, Any]) -> dict[str, Any]:
    """The entry `test_faults` without the numbers of tests, which are others where some could not be used."""
    found = dict(summary["test_faults"])
    reasons = {
        kind: {**row, "example": {key: value for key, value in row["example"].items() if key != "test"}}
        for kind, row in found["by_reason"].items()
    }
    return {**found, "by_reason": reasons}
