"""Blocks of cells whose verdicts a function makes up, in place of an executor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from coderm_eval.core.protocols import Block
from coderm_eval.core.records import NO_OUTPUT, Problem, Verdict, Verdicts

__all__ = ["Decide", "execute", "filled"]

Decide = Callable[[Problem, str, str], "Verdict | tuple[Verdict, int]"]
"""(problem, program, test) -> the verdict, with an output where there is one."""


def filled(block: Block, decide: Decide) -> Verdicts:
    """The verdicts of a block, at half a second each."""
    verdicts = Verdicts.not_run(len(block.programs), len(block.tests))
    verdicts.cpu_seconds[:] = 0.5
    for row, program in enumerate(block.programs):
        for column, test in enumerate(block.tests):
            found = decide(block.problem, program, test)
            verdict, output = found if isinstance(found, tuple) else (found, NO_OUTPUT)
            verdicts.matrix[row, column], verdicts.outputs[row, column] = verdict, output
    return verdicts


def execute(decide: Decide) -> Callable[[Iterable[Block | None]], Iterator[tuple[Block, Verdicts]]]:
    """The loop's `execute`; of a turn the last block comes first, since order must not matter."""

    def run(blocks: Iterable[Block | None]) -> Iterator[tuple[Block, Verdicts]]:
        for block in reversed([block for block in blocks if block]):
            yield block, filled(block, decide)

    return run
