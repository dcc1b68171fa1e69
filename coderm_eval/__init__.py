"""Best-of-N with unit-test reward, measurable inside the harnesses people already use.

Importing this package imports no harness, no model library and no dataset.
"""

from coderm_eval.errors import CodermError
from coderm_eval.records import (
    Candidate,
    Grade,
    Problem,
    Selection,
    UnitTest,
    Verdict,
    Verdicts,
)
from coderm_eval.rerank import Reranked, rerank

__version__ = "0.1.0"

__all__ = [
    "Candidate",
    "CodermError",
    "Grade",
    "Problem",
    "Reranked",
    "Selection",
    "UnitTest",
    "Verdict",
    "Verdicts",
    "rerank",
]
