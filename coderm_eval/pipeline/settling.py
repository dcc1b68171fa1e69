"""Stops drawing a problem's candidates once the lead of its most frequent behaviour is certain enough.

Candidates are drawn in rounds over all problems that have not settled, and run on probing inputs that are made from the
calls of the statement: no test is there yet. How many a problem gets depends on its own candidates alone, and the k-th
is the same whatever the limit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path

from coderm_eval.core.protocols import Draw, Probe
from coderm_eval.core.records import Problem, ProblemCandidates, Verdicts, deduplicate_candidates
from coderm_eval.core.store import Store, open_store
from coderm_eval.execution.probing import make_probe
from coderm_eval.execution.settings import ExecutionSettings
from coderm_eval.pipeline.preflight import checked_executor
from coderm_eval.pipeline.settings import DEFAULT_PROBE_INPUTS
from coderm_eval.selection.settling import behaviours, certainty_of_lead, next_round

__all__ = ["counts_until_settled", "settle", "settled_part"]


def settle(
    problems: Iterable[Problem],
    most: Mapping[str, int],
    draw: Draw,
    *,
    certainty: float,
    execution: ExecutionSettings,
    store: Store,
) -> dict[str, int]:
    """How many candidates each problem gets, by task id; arguments are those of `counts_until_settled`."""
    with checked_executor(execution) as (executor, isolation):
        probe = make_probe(executor, store, execution, isolation, DEFAULT_PROBE_INPUTS)
        assert probe
        return counts_until_settled(problems, most, draw, probe, certainty)


def settled_part(
    work: Sequence[ProblemCandidates], *, certainty: float, execution: ExecutionSettings, store_folder: Path
) -> list[ProblemCandidates]:
    """The first candidates of each problem, as many as would have been drawn."""
    programs = {item.problem.task_id: _in_order(item) for item in work}

    def draw(wanted: Mapping[str, range]) -> dict[str, list[str]]:
        return {task: [programs[task][sample] for sample in samples] for task, samples in wanted.items()}

    most = {task: len(listed) for task, listed in programs.items()}
    with open_store(store_folder) as store:
        problems = [item.problem for item in work]
        counts = settle(problems, most, draw, certainty=certainty, execution=execution, store=store)
    return [
        ProblemCandidates(problem, deduplicate_candidates(islice(programs[problem.task_id], counts[problem.task_id])))
        for problem in problems
    ]


def counts_until_settled(
    problems: Iterable[Problem], most: Mapping[str, int], draw: Draw, probe: Probe, certainty: float
) -> dict[str, int]:
    """How many candidates each problem gets, by task id.

    Args:
        most: candidates of each problem at most.
        draw: asked once a round for the programs of the next samples of all problems that have not settled.
        probe: runs programs on probing inputs; each program is run once.
        certainty: stop where the most frequent behaviour is ahead of the next with this probability.
    """
    polls = {problem.task_id: _Poll(problem) for problem in problems}
    counts, unsettled = dict.fromkeys(polls, 0), list(polls)
    while unsettled:
        wanted = {task: next_round(counts[task], most[task]) for task in unsettled}
        drawn = draw(wanted)
        counts.update((task, samples.stop) for task, samples in wanted.items())
        unsettled = [task for task in unsettled if counts[task] < most[task]]
        new = {task: polls[task].new(drawn[task]) for task in unsettled}
        answers = probe([(item, ()) for item in new.values() if item.candidates])
        for task in unsettled:
            polls[task].record(drawn[task], new[task], answers.get(task))
        unsettled = [task for task in unsettled if polls[task].certainty() < certainty]
    return counts


class _Poll:
    """The behaviours of a problem's candidates so far."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._behaviours: dict[str, tuple[int, ...] | None] = {}
        self._groups: Counter[tuple[int, ...]] = Counter()

    def new(self, programs: Iterable[str]) -> ProblemCandidates:
        """The programs that have not been run yet."""
        unseen = (program for program in programs if program not in self._behaviours)
        return ProblemCandidates(self._problem, deduplicate_candidates(unseen))

    def record(self, programs: Iterable[str], ran: ProblemCandidates, answers: Verdicts | None) -> None:
        """Count the programs of a round, of which some are new and were run."""
        if answers is not None:
            found = zip(ran.candidates, behaviours(answers), strict=True)
            self._behaviours.update((candidate.program, behaviour) for candidate, behaviour in found)
        self._groups.update(filter(None, map(self._behaviours.__getitem__, programs)))

    def certainty(self) -> float:
        return certainty_of_lead(self._groups.values())


def _in_order(item: ProblemCandidates) -> list[str]:
    """The programs of a problem's samples."""
    found = {sample: candidate.program for candidate in item.candidates for sample in candidate.samples}
    return [found[sample] for sample in sorted(found)]
