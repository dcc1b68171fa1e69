"""The keys under which the store holds verdicts: what they depend on, and nothing else."""

from __future__ import annotations

import hashlib

from coderm_eval.core.programs.forms import REVISIONS
from coderm_eval.core.protocols import Block
from coderm_eval.core.records import Problem, Verdicts, fingerprint
from coderm_eval.core.store import VerdictTable

__all__ = ["StoredBlocks", "cell_key"]


class StoredBlocks:
    """The blocks of a store that were run under the same conditions."""

    def __init__(self, table: VerdictTable, conditions: str) -> None:
        self._table = table
        self._conditions = conditions

    def read(self, block: Block) -> Verdicts | None:
        """Return the verdicts of a block; None unless all are there."""
        problem, conditions = block.problem, self._conditions
        if not block.cells:
            return Verdicts.not_run(len(block.programs), len(block.tests))
        found = self._table.read(*self._place(block))
        if found or not self._table.has_cells:
            return found
        return self._table.read_cells(
            [[cell_key(problem, conditions, program, test) for test in block.tests] for program in block.programs]
        )

    def add(self, block: Block, verdicts: Verdicts) -> None:
        self._table.add(*self._place(block), verdicts)

    def _place(self, block: Block) -> tuple[str, list[bytes], list[bytes]]:
        problem = block.problem
        key = fingerprint("verdicts", self._conditions, _form(problem), problem.entry_point, problem.task_id)
        return key, [*map(_digest, block.programs)], [*map(_digest, block.tests)]


def cell_key(problem: Problem, conditions: str, program: str, test: str) -> str:
    """Return the key of a single cell: everything that its verdict depends on."""
    return fingerprint("verdict", conditions, _form(problem), problem.entry_point, program, test)


def _form(problem: Problem) -> str:
    return f"{problem.form} {REVISIONS[problem.form]}"


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]
