"""The stage that runs candidates on probing inputs; what the store holds is not made or run again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from coderm_eval.core.protocols import Block, Probe
from coderm_eval.core.records import Problem, ProblemCandidates, UnitTest, Verdicts, fingerprint
from coderm_eval.core.store import Store
from coderm_eval.execution.backends.base import Executor
from coderm_eval.execution.cached import cached_execution
from coderm_eval.execution.executor import limits_from_settings
from coderm_eval.execution.limits_fingerprint import limits_fingerprint
from coderm_eval.execution.probing.inputs import REVISION, probing_inputs
from coderm_eval.execution.probing.statement import shown_calls
from coderm_eval.execution.settings import ExecutionSettings

__all__ = ["make_probe"]

_Problem = tuple[ProblemCandidates, Sequence[UnitTest]]


def make_probe(
    executor: Executor, store: Store, settings: ExecutionSettings, isolation: str, number: int, *, bar: bool = True
) -> Probe | None:
    """Return the loop's `probe`, with up to `number` inputs a problem; None for 0 of them.

    Args:
        bar: whether the progress is shown.
    """
    if not number:
        return None
    execute = cached_execution(executor, store.verdicts(), settings, isolation, calls=True, bar=bar)
    find_inputs = _Inputs(executor, store, settings, isolation, number)

    def probe(problems: Sequence[_Problem]) -> dict[str, Verdicts]:
        inputs = find_inputs(problems)
        found = execute(_block(item, inputs[item.problem.task_id]) for item, _ in problems)
        return {block.problem.task_id: verdicts for block, verdicts in found}

    return probe


def _block(item: ProblemCandidates, inputs: Sequence[str]) -> Block:
    return Block(item.problem, 0, [candidate.program for candidate in item.candidates], inputs)


class _Inputs:
    """Finds the probing inputs of problems; the store keeps those of a problem and its tests in a row."""

    def __init__(
        self, executor: Executor, store: Store, settings: ExecutionSettings, isolation: str, number: int
    ) -> None:
        self._executor = executor
        self._table = store.table("probing_inputs")
        self._limits = limits_from_settings(settings)
        self._conditions = fingerprint(limits_fingerprint(self._limits), isolation, str(REVISION), str(number))
        self._number = number

    def __call__(self, problems: Sequence[_Problem]) -> Mapping[str, Sequence[str]]:
        """Return the inputs by task id; none where tests could not be run, or no call is there that can be mutated."""
        wanted = {self._key(item, tests): (item, tests) for item, tests in problems}
        found = self._table.get_many(wanted)
        for key, inputs in self._made({key: pair for key, pair in wanted.items() if key not in found}):
            self._table.add_all({key: {"inputs": inputs}})
        found = self._table.get_many(wanted)
        return {item.problem.task_id: found[key]["inputs"] if key in found else () for key, (item, _) in wanted.items()}

    def _made(self, wanted: Mapping[str, _Problem]) -> Iterator[tuple[str, list[str]]]:
        """Yield the inputs by key: mutations of the tests' calls, or else of those that the statement shows."""
        for key, calls in self._calls_of_tests(wanted):
            problem = wanted[key][0].problem
            yield key, self._mutations(calls, problem) or self._mutations(shown_calls(problem), problem)

    def _calls_of_tests(self, wanted: Mapping[str, _Problem]) -> Iterator[tuple[str, list[str]]]:
        """Yield the calls that tests make, by key; no calls without tests, and nothing where they could not be run."""
        yield from ((key, []) for key, (_, tests) in wanted.items() if not tests)
        sources = (
            (key, item.problem.entry_point, [test.source for test in tests])
            for key, (item, tests) in wanted.items()
            if tests
        )
        for key, calls in self._executor.rehearse(sources, self._limits):
            if calls is not None:
                yield key, list(chain.from_iterable(calls))

    def _mutations(self, calls: Sequence[str], problem: Problem) -> list[str]:
        return probing_inputs(calls, problem.entry_point, self._number)

    def _key(self, item: ProblemCandidates, tests: Sequence[UnitTest]) -> str:
        """Return the key of a problem's inputs: everything that they are made from."""
        problem = item.problem
        shown = (problem.task_id, problem.entry_point, problem.form, problem.prompt, problem.question)
        return fingerprint(self._conditions, *shown, *(test.source for test in tests))
