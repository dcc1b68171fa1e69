"""How many candidates a problem gets, driven with plain lists: what is drawn and run, and where it stops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from coderm_eval.core.records import Problem, ProblemCandidates, UnitTest, Verdict, Verdicts
from coderm_eval.pipeline.settling import counts_until_settled

ALIKE = [f"1 {text}" for text in range(40)]
"""Programs of different texts, all of which answer 1."""
MIXED = [f"{i % 2} {i}" for i in range(40)]
LATE = [*MIXED[:6], *ALIKE[6:]]


class Script:
    """Draws the programs that it is given; a "program" begins with the number that it answers to the one input."""

    def __init__(self, programs: Mapping[str, Sequence[str]], *, inputs: int = 1) -> None:
        self.programs = programs
        self.inputs = inputs
        self.drawn: list[tuple[str, int]] = []
        self.ran: list[str] = []

    def draw(self, wanted: Mapping[str, range]) -> dict[str, list[str]]:
        self.drawn.extend((task, sample) for task, samples in wanted.items() for sample in samples)
        return {task: [self.programs[task][sample] for sample in samples] for task, samples in wanted.items()}

    def probe(self, problems: Sequence[tuple[ProblemCandidates, Sequence[UnitTest]]]) -> dict[str, Verdicts]:
        return {item.problem.task_id: self._answers(item) for item, tests in problems if not tests}

    def _answers(self, item: ProblemCandidates) -> Verdicts:
        programs = [candidate.program for candidate in item.candidates]
        self.ran.extend(programs)
        shape = len(programs), self.inputs
        outputs = np.array([int(program.split()[0]) for program in programs], np.int64)
        return Verdicts(
            np.full(shape, Verdict.PASSED, np.uint8), np.zeros(shape), np.broadcast_to(outputs[:, None], shape)
        )

    def counts(self, most: int = 40, certainty: float = 0.95) -> dict[str, int]:
        problems = [Problem(task, "f", "", "") for task in self.programs]
        return counts_until_settled(problems, dict.fromkeys(self.programs, most), self.draw, self.probe, certainty)


def test_a_problem_stops_once_its_lead_is_certain() -> None:
    script = Script({"alike": ALIKE, "mixed": MIXED, "late": LATE})
    assert script.counts() == {"alike": 8, "mixed": 40, "late": 12}
    assert sorted(script.drawn) == sorted(
        (task, sample) for task, count in (("alike", 8), ("mixed", 40), ("late", 12)) for sample in range(count)
    )


def test_more_certainty_takes_more_candidates() -> None:
    found = [Script({"alike": ALIKE}).counts(certainty=certainty)["alike"] for certainty in (0.9, 0.997, 0.999, 0.9999)]
    assert found == [8, 8, 12, 18]


def test_a_limit_that_is_not_reached_changes_nothing() -> None:
    assert [Script({"late": LATE}).counts(most)["late"] for most in (3, 11, 12, 13, 40)] == [3, 11, 12, 12, 12]


def test_what_a_problem_gets_does_not_depend_on_others() -> None:
    alone = [Script({task: programs}).counts()[task] for task, programs in (("late", LATE), ("alike", ALIKE))]
    assert alone == list(Script({"late": LATE, "alike": ALIKE}).counts().values())


def test_a_problem_without_inputs_gets_all_candidates() -> None:
    assert Script({"alike": ALIKE}, inputs=0).counts() == {"alike": 40}


def test_a_program_is_run_once_and_counts_each_time_it_is_drawn() -> None:
    script = Script({"same": ["1 same"] * 20, "two": ["0 a", "1 b"] * 10})
    assert script.counts(20) == {"same": 8, "two": 20}
    assert script.ran == ["1 same", "0 a", "1 b"]


def test_what_no_decision_depends_on_is_not_run() -> None:
    script = Script({"few": ALIKE})
    assert script.counts(most=8) == {"few": 8} and script.ran == []
