"""The blind loop: request tests, request verdicts, pick. It is handed who writes the tests and who runs the programs.

    >>> results = rerank(problems, write_tests=..., execute=..., rule="majority", rules=["majority"], budget=...)

`write_tests` and `execute` are plain callables: a test drives the loop with lists, a host with a model and a sandbox.
Nothing here, or below it, can reach a benchmark's gold tests or grades.

Both are kept busy. A problem's tests are run as soon as they are written, while others' are being written. The problems
at even and at odd places take turns, so that one half's next tests are written while the other half's are run. What is
requested depends on the verdicts of whole turns, whose order is fixed: no result depends on who was faster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from coderm_eval.core.protocols import Block, Execute, Probe, WriteTests
from coderm_eval.core.records import Probes, ProblemCandidates, RerankResult
from coderm_eval.pipeline.background_writer import BackgroundTestWriter, PendingTests
from coderm_eval.pipeline.verdict_matrix import VerdictMatrix
from coderm_eval.selection.budget import BudgetPolicy
from coderm_eval.selection.budget.state import LazyPicks
from coderm_eval.selection.turns import alternate_halves

__all__ = ["rerank"]


def rerank(
    problems: Sequence[ProblemCandidates],
    *,
    write_tests: WriteTests,
    execute: Execute,
    rule: str,
    rules: Sequence[str],
    budget: BudgetPolicy,
    probe: Probe | None = None,
    on_round: Callable[[int], None] = lambda requested: None,
) -> list[RerankResult]:
    """Rerank every problem's candidates, in rounds over half the benchmark so that a GPU sees large batches.

    Args:
        problems: with at least one candidate each; task ids are distinct.
        write_tests: asked once per turn for test samples, by index; in a thread, but never twice at a time.
        execute: asked once per turn, for the new cells of the verdict matrices only.
        rule: whose picks the budget looks at; a name in `coderm_eval.selection.known_rules()`.
        rules: all that are applied to the final matrices.
        budget: decides how many tests each problem gets in the next round.
        probe: asked once, when all tests are there, to run the finalists on more inputs. The budget does not see it.
        on_round: told, after each decision of the budget, how many test samples were requested before it.

    Returns:
        One result per problem, in the order of `problems`.

    Raises:
        Exception: whatever `write_tests` raises, once all that it wrote before in that turn was run and recorded.
    """
    matrices = {item.problem.task_id: VerdictMatrix(item, rule) for item in problems}
    picks = LazyPicks(matrices, lambda task: matrices[task].pick())

    def wanted() -> Mapping[str, int]:
        states = {task: matrix.state() for task, matrix in matrices.items()}
        more = budget.next_round(states, picks)
        on_round(sum(state.requested for state in states.values()))
        return more

    def start(more: Mapping[str, int]) -> PendingTests:
        return writer.start({task: matrices[task].request(tests) for task, tests in more.items()})

    def finish(pending: PendingTests) -> None:
        for block, verdicts in execute(_blocks(pending, matrices)):
            matrices[block.problem.task_id].record(block, verdicts)
        pending.check()
        for task in pending.wanted:
            matrices[task].in_flight = False

    with BackgroundTestWriter(write_tests) as writer:
        alternate_halves(list(matrices), wanted, start, finish)
    probes = _probes(probe, matrices) if probe else {}
    return [matrix.conclude(rules, budget.stopped(task), probes.get(task)) for task, matrix in matrices.items()]


def _probes(probe: Probe, matrices: Mapping[str, VerdictMatrix]) -> Mapping[str, Probes]:
    rows = {task: chosen for task, matrix in matrices.items() if (chosen := matrix.finalists())}
    found = probe([matrices[task].part(chosen) for task, chosen in rows.items()])
    return {task: Probes(rows[task], verdicts) for task, verdicts in found.items()}


def _blocks(pending: PendingTests, matrices: Mapping[str, VerdictMatrix]) -> Iterator[Block | None]:
    for arrival in pending.arrivals():
        yield matrices[arrival[0]].add(arrival[1]) if arrival else None
