"""Whether a run directory is what its run found: its files agree, and its verdicts and grades come out again."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coderm_eval.benchmarks import Benchmark, load_benchmark
from coderm_eval.core.errors import InputError
from coderm_eval.core.files import write_jsonl
from coderm_eval.core.records import ProblemCandidates
from coderm_eval.pipeline.rule_files import is_rule_file
from coderm_eval.pipeline.run import run
from coderm_eval.pipeline.run_identity import samples_sha256
from coderm_eval.pipeline.settings import Settings, recorded_as_settings
from coderm_eval.report.consistency import contradictions
from coderm_eval.report.differences import differences
from coderm_eval.report.recorded_results import RecordedRun, read_recorded_run
from coderm_eval.report.rows import test_rows
from coderm_eval.report.run_directory import RunDirectory

__all__ = ["Verification", "verify"]

_SEED = 0
"""Of the problems that are run again."""


@dataclass(frozen=True)
class Verification:
    """What was looked at, and what was found."""

    problems: int
    """Problems of the run."""
    again: int
    """Problems whose candidates were run again."""
    cells: int
    """Verdicts that were compared."""
    grades: int
    """Grades that were compared."""
    findings: tuple[str, ...]
    """Sentences; none of an honest run."""


def verify(directory: RunDirectory, scratch: Path, *, problems: int | None, workers: int | None) -> Verification:
    """Compare the files with each other, and a seeded sample of problems with what comes out now.

    Args:
        directory: of a finished run.
        scratch: an empty folder for what is run.
        problems: how many to run again; None for all.
        workers: processes at a time.

    Raises:
        InputError: this is no run directory, or its files cannot be read together.
        CodermError: what a run raises.
    """
    summary = directory.summary()
    try:
        settings = _settings(summary, scratch, workers, source=str(directory))
        benchmark = load_benchmark(summary["benchmark"], settings.for_benchmark(summary["benchmark"]))
    except (AttributeError, KeyError, TypeError) as error:
        raise InputError(
            f"{directory}: its summary.json does not say with which settings it was made ({error!r:.80}); another "
            "version wrote it"
        ) from None
    try:
        recorded = read_recorded_run(directory, benchmark.problem_by_id())
        found = [*_of_inputs(recorded, benchmark), *contradictions(recorded)]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise InputError(
            f"{directory}: its files do not belong together, or another version wrote them ({error!r:.80})"
        ) from None
    places = _sample(len(recorded.results), problems)
    again = _run_again(recorded, places, benchmark, settings, scratch)
    found += differences(recorded, places, again)
    return Verification(
        problems=len(recorded.results),
        again=len(places),
        cells=sum(result.verdicts.matrix.size for result in again.results),
        grades=sum(map(len, again.grades)),
        findings=tuple(found),
    )


def _settings(summary: Mapping[str, Any], scratch: Path, workers: int | None, *, source: str) -> Settings:
    """Return the settings of the run, but with the tests that it used as recorded ones, all of which are run."""
    given = {key: value for key, value in summary["settings"].items() if key not in ("n", "preset", "budget")}
    if is_rule_file(given["select"]):
        raise InputError(
            f"{source}: its picks are those of the file {given['select']}, and verify runs no file that a run names; "
            "make the same run again, and compare the two"
        )
    without_tests = given["tests"].get("backend") == "none"
    return recorded_as_settings(
        {
            **given,
            "tests": {"backend": "none"} if without_tests else {"file": str(scratch / "tests.jsonl")},
            **({} if without_tests else {"budget": {"policy": "uniform"}}),
            "resample_tests": None,
            "budget_curve": False,
            "report": False,
            "execution": {**given["execution"], **({"workers": workers} if workers else {})},
        },
        source=source,
    )


def _of_inputs(recorded: RecordedRun, benchmark: Benchmark) -> Iterator[str]:
    """Yield where the hashes in summary.json are not those of the benchmark and the candidates."""
    summary = recorded.summary
    if summary["dataset_sha256"] != benchmark.dataset_sha256:
        yield (
            f"summary.json: dataset_sha256 is {summary['dataset_sha256'][:12]}, and the {benchmark.name} file here has "
            f"{benchmark.dataset_sha256[:12]}"
        )
    candidates = [ProblemCandidates(result.problem, result.candidates) for result in recorded.results]
    if summary["inputs"]["samples"] != samples_sha256(candidates):
        yield "summary.json: inputs.samples is not the hash of samples.jsonl: one of the two was changed"


def _sample(count: int, wanted: int | None) -> list[int]:
    places = range(count)
    return list(places) if wanted is None else sorted(random.Random(_SEED).sample(places, min(wanted, count)))


def _run_again(
    recorded: RecordedRun, places: Sequence[int], benchmark: Benchmark, settings: Settings, scratch: Path
) -> RecordedRun:
    """Return the same run of some of its problems, from its own candidates and tests."""
    chosen = [recorded.results[place] for place in places]
    write_jsonl(scratch / "tests.jsonl", (row for result in chosen for row in test_rows(result)))
    out = scratch / "run"
    run(
        benchmark,
        [ProblemCandidates(result.problem, result.candidates) for result in chosen],
        settings,
        out=out,
        store_folder=scratch / "store",
        graded=bool(recorded.grades),
        allow_partial=True,
    )
    return read_recorded_run(RunDirectory(out), benchmark.problem_by_id())
