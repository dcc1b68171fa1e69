"""Our grades beside recorded ones, sample by sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from coderm_eval.benchmarks.recorded_grades import RecordedGrade
from coderm_eval.core.errors import InputError
from coderm_eval.core.inputs import called
from coderm_eval.core.messages import abbreviated, counted
from coderm_eval.core.records import Grade, fingerprint

__all__ = ["GradeDifferences", "grade_differences", "render_differences", "require_grades_of"]


class Difference(NamedTuple):
    """A sample that is right by one of the two and wrong by the other."""

    task_id: str
    sample: int
    """Its place among the task's samples, from 0."""
    ours: Grade
    recorded: Grade


@dataclass
class GradeDifferences:
    """What a comparison of grades found."""

    compared: int = 0
    """Samples that both graded."""
    ungraded: int = 0
    """Samples that could not be graded here."""
    other_programs: int = 0
    """Samples whose program is another text there."""
    differences: list[Difference] = field(default_factory=list)


def require_grades_of(
    path: Path, programs: Mapping[str, Sequence[str]], recorded: Mapping[str, Sequence[RecordedGrade]]
) -> None:
    """Refuse grades that are not of these samples: each task's are compared in their order.

    Raises:
        InputError: a task has no grades there, or fewer than samples.
    """
    missing = [task for task, listed in programs.items() if len(recorded.get(task, ())) < len(listed)]
    if missing:
        raise InputError(
            f"{called(path)}: fewer grades than there are samples of {counted(len(missing), 'task')} "
            f"({abbreviated(missing)}); give the grades of these samples, in their order"
        )


def grade_differences(
    programs: Mapping[str, Sequence[str]],
    grades: Mapping[tuple[str, str], Grade],
    recorded: Mapping[str, Sequence[RecordedGrade]],
) -> GradeDifferences:
    """Compare the grades of samples with what was recorded of the samples at the same places.

    Args:
        programs: the samples of each task.
        grades: ours, by task id and program.
        recorded: by task id, at least as many as samples.
    """
    found = GradeDifferences()
    for task, listed in programs.items():
        for sample, (program, there) in enumerate(zip(listed, recorded[task], strict=False)):
            ours = grades[task, program]
            found.other_programs += there.program not in (None, fingerprint(program))
            found.ungraded += ours.passed is None
            found.compared += ours.passed is not None
            if ours.passed is not None and ours.passed != there.grade.passed:
                found.differences.append(Difference(task, sample, ours, there.grade))
    return found


def render_differences(found: GradeDifferences, path: Path) -> str:
    """A sentence on all samples, and a line for each difference."""
    right = sum(difference.ours.passed is True for difference in found.differences)
    wrong = len(found.differences) - right
    also = f"; {found.ungraded:,} could not be graded here" if found.ungraded else ""
    other = f"; {found.other_programs:,} have another text there" if found.other_programs else ""
    lines = [
        f"{called(path)}: {len(found.differences):,} of {counted(found.compared, 'sample')} are graded otherwise, "
        f"{right:,} right here and {wrong:,} wrong here{also}{other}"
    ]
    lines += [
        f"{task} sample {sample}: here {_statuses(ours)}; there {_statuses(recorded)}"
        for task, sample, ours, recorded in found.differences
    ]
    return "\n".join(lines)


def _statuses(grade: Grade) -> str:
    return ", ".join(f"{suite} {status}" for suite, status in grade.statuses.items())
