"""Best-of-N with unit-test reward, measurable inside the harnesses people already use.

Importing this package imports no harness, no model library and no dataset. A name loads its module when it is first
used, since the processes that run programs are forked and must stay small.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coderm_eval.core.errors import CodermError
    from coderm_eval.core.protocols import Block
    from coderm_eval.core.records import (
        Candidate,
        Grade,
        Problem,
        ProblemCandidates,
        RerankResult,
        Selection,
        UnitTest,
        Verdict,
        Verdicts,
    )
    from coderm_eval.pipeline.api import compare, evaluate, load_run
    from coderm_eval.pipeline.loop import rerank
    from coderm_eval.report.finished_run import Run
    from coderm_eval.selection.budget import UniformBudget
    from coderm_eval.selection.plain_arrays import select

__version__ = "0.1.0"

__all__ = [
    "Block",
    "Candidate",
    "CodermError",
    "Grade",
    "Problem",
    "ProblemCandidates",
    "RerankResult",
    "Run",
    "Selection",
    "UniformBudget",
    "UnitTest",
    "Verdict",
    "Verdicts",
    "compare",
    "evaluate",
    "load_run",
    "rerank",
    "select",
]

_HOMES = {
    "Block": "core.protocols",
    "CodermError": "core.errors",
    "Run": "report.finished_run",
    "UniformBudget": "selection.budget",
    "compare": "pipeline.api",
    "evaluate": "pipeline.api",
    "load_run": "pipeline.api",
    "rerank": "pipeline.loop",
    "select": "selection.plain_arrays",
}
"""The modules that names load, but for those of `core.records`."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'coderm_eval' has no attribute {name!r}")
    return getattr(importlib.import_module(f"coderm_eval.{_HOMES.get(name, 'core.records')}"), name)
