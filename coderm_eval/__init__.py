"""Best-of-N with unit-test reward, measurable inside the harnesses people already use.

Importing this package imports no harness, no model library and no dataset. A name loads its module when it is first
used, since the processes that run programs are forked and must stay small.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coderm_eval.core.errors import CodermError
    from coderm_eval.core.records import Candidate, Grade, Problem, RerankResult, Selection, UnitTest, Verdict, Verdicts
    from coderm_eval.pipeline.loop import rerank

__version__ = "0.1.0"

__all__ = [
    "Candidate",
    "CodermError",
    "Grade",
    "Problem",
    "RerankResult",
    "Selection",
    "UnitTest",
    "Verdict",
    "Verdicts",
    "rerank",
]

_HOMES = {"CodermError": "core.errors", "rerank": "pipeline.loop"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'coderm_eval' has no attribute {name!r}")
    return getattr(importlib.import_module(f"coderm_eval.{_HOMES.get(name, 'core.records')}"), name)
