"""Whether a run directory is what its run found: its files agree, and its verdicts and grades come out again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from coderm_eval.benchmarks import load_benchmark
from coderm_eval.core.errors import InputError
from coderm_eval.pipeline.verification.again import different_wholes, run_again, settings_again, without_draws
from coderm_eval.pipeline.verification.inputs import contradictions_of_inputs
from coderm_eval.report.provenance import read_provenance
from coderm_eval.report.recorded_results import read_recorded_run
from coderm_eval.report.run_directory import RunDirectory
from coderm_eval.report.tally import Tally
from coderm_eval.report.verification.consistency import contradictions
from coderm_eval.report.verification.derived_files import contradictions_of_files
from coderm_eval.report.verification.differences import differences, same_verdicts
from coderm_eval.report.verification.provenance_checks import contradictions_of_hashes
from coderm_eval.report.verification.recorded_tally import contradictions_of_tally, recorded_rows

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
    has_provenance: bool
    """Whether there is a provenance.json, which earlier versions did not write."""


def verify(
    directory: RunDirectory, scratch: Path, *, problems: int | None, workers: int | None, rule_file: str | None = None
) -> Verification:
    """Compare the files with each other, and a seeded sample of problems with what comes out now.

    Args:
        directory: of a finished run.
        scratch: an empty folder for what is run.
        problems: how many to run again; None for all.
        workers: processes at a time.
        rule_file: FILE.py:NAME of a rule that may be run; else a run that names one is refused.

    Raises:
        InputError: this is no run directory, or its files cannot be read together.
        CodermError: what a run raises.
    """
    summary, provenance = directory.summary(), read_provenance(directory)
    try:
        settings = settings_again(summary, scratch, workers=workers, rule_file=rule_file, source=str(directory))
        benchmark = load_benchmark(summary["benchmark"], settings.for_benchmark(summary["benchmark"]))
    except (AttributeError, KeyError, TypeError) as error:
        raise InputError(
            f"{directory}: its summary.json does not say with which settings it was made ({error!r:.80}); another "
            "version wrote it"
        ) from None
    try:
        recorded = read_recorded_run(directory, benchmark.problem_by_id())
        found = [*contradictions_of_hashes(directory, provenance)] if provenance else []
        found += contradictions_of_inputs(recorded, benchmark, provenance)
        rows = [*recorded_rows(recorded, benchmark.errata, directory.alternative_grades())]
        found += contradictions(recorded, Tally(rows), benchmark.protocol_note)
        found += contradictions_of_files(directory, recorded)
        found += contradictions_of_tally(directory, rows)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise InputError(
            f"{directory}: its files do not belong together, or another version wrote them ({error!r:.80})"
        ) from None
    places = _sample(len(recorded.results), problems)
    whole = len(places) == len(recorded.results)
    settings = without_draws(settings, recorded, whole=whole)
    there, again = run_again(recorded, places, benchmark, settings, scratch)
    found += (changed := [*differences(recorded, places, again), *_of_other_grader(directory, there)])
    if whole and not changed and same_verdicts(recorded, again):
        found += different_wholes(directory, there)
    return Verification(
        problems=len(recorded.results),
        again=len(places),
        cells=sum(result.verdicts.matrix.size for result in again.results),
        grades=sum(map(len, again.grades)),
        findings=tuple(found),
        has_provenance=provenance is not None,
    )


def _of_other_grader(directory: RunDirectory, again: RunDirectory) -> Iterator[str]:
    """Yield on which picks the benchmark's other grader says something else now."""
    there, here = directory.alternative_grades(), again.alternative_grades()
    for task, grade in here.grades.items() if here else ():
        old = there.grades.get(task) if there else None
        if old is None or (old.statuses and old != grade):
            said = "missing" if old is None else dict(old.statuses)
            yield f"alternative_grades.jsonl: {task}: it is {said}, and now {dict(grade.statuses)}"


def _sample(count: int, wanted: int | None) -> list[int]:
    places = range(count)
    return list(places) if wanted is None else sorted(random.Random(_SEED).sample(places, min(wanted, count)))
