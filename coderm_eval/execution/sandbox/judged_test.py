"""What a test makes of each answer that a program has given; verdicts are put together from that.

Most answers of a program have been given by others, though seldom all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from coderm_eval.execution.sandbox.call_tree import TreePosition, short_form
from coderm_eval.execution.sandbox.judgement import GOES_ON, Judgement
from coderm_eval.execution.sandbox.program_answers import ProgramAnswers
from coderm_eval.execution.wire.ends import UNANSWERED, End

__all__ = ["Judge", "JudgedTest"]

Judge = Callable[[Sequence[tuple[int, str]]], Sequence[Judgement]]
"""Given answers, with the number of the call that each is to, in order, it says something of the first of them, and of
others until one is not GOES_ON."""


class JudgedTest:
    """A test that has a judge.

    Args:
        calls: those that it makes of a program that is right.
        judge: asks the test.
    """

    def __init__(self, calls: Sequence[str], judge: Judge) -> None:
        self.calls = tuple(calls)
        self._judge = judge
        self._known: list[dict[str | bytes, Judgement]] = [{} for _ in calls]

    def follow(self, program: ProgramAnswers) -> TreePosition | None:
        """As `CallTree.follow`, for what is not known of an answer yet is asked; None if the test has to be run."""
        answers = program.answers_along(self.calls)
        for number, answer in enumerate(answers):
            if answer in UNANSWERED:
                return self._decided(number, End(answer))
            judgement = self._judgement(number, answers)
            if judgement is None:
                return None
            if judgement != GOES_ON:
                return self._decided(number, End(judgement))
        if len(answers) == len(self.calls):
            return None
        return TreePosition(self.calls[: len(answers) + 1], None, unanswered=True)

    def _decided(self, number: int, verdict: End) -> TreePosition:
        return TreePosition(self.calls[: number + 1], None, verdict)

    def _judgement(self, number: int, answers: Sequence[str]) -> Judgement:
        known = self._known[number]
        short = short_form(answers[number])
        if short not in known:
            self._ask(number, answers)
        return known.get(short)

    def _ask(self, first: int, answers: Sequence[str]) -> None:
        """Have the answer with the number `first` judged, and those after it that nothing is known of."""
        asked = [
            (number, answer)
            for number, answer in enumerate(answers[first:], first)
            if answer not in UNANSWERED and short_form(answer) not in self._known[number]
        ]
        for (number, answer), judgement in zip(asked, self._judge(asked), strict=False):
            self._known[number][short_form(answer)] = judgement
