"""What a file of recorded candidates holds: programs, and how many answers it should hold and does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from coderm_eval.core.records import Problem
from coderm_eval.generation.extraction.programs import extract_program

__all__ = ["HeldPrograms", "RecordedPrograms", "programs_in_answers"]


@dataclass(frozen=True)
class RecordedPrograms:
    """The programs of a file by task id, in the order of its samples."""

    programs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    """How many answers a task lacks that were asked for: they ended in an error, or the evaluation was stopped."""


@dataclass(frozen=True)
class HeldPrograms(RecordedPrograms):
    """Those of a file that is read at once, as its format needs it."""

    programs: dict[str, list[str]] = field(default_factory=dict)

    def add(self, task_id: str, programs: Sequence[str], missing: int = 0) -> None:
        """Put programs, and a count of answers that are not there, behind those that the task has."""
        if programs:
            self.programs.setdefault(task_id, []).extend(programs)
        if missing:
            self.missing[task_id] = self.missing.get(task_id, 0) + missing


def programs_in_answers(
    task_id: str, answers: Sequence[str], context: str, problems: Mapping[str, Problem]
) -> list[str]:
    """The program in each answer of a model; of a task that is not known, the answers as they are.

    Args:
        task_id: the task.
        answers: as the model gave them.
        context: what it was asked. Where that ends with the benchmark's own prompt, answers may go on from there.
        problems: of the benchmark, by task id.
    """
    problem = problems.get(task_id)
    if problem is None:
        return list(answers)
    prompt = problem.prompt.strip()
    completes = bool(prompt) and context.rstrip().endswith(prompt)
    return [extract_program(answer, problem, "default", completes=completes) for answer in answers]
