"""Programs and tests in, verdicts out: knows nothing of models or benchmarks.

`engine.run_pairs` is the whole interface. What isolates the programs from the host, and what does not,
is written at the top of `worker.py`.
"""

from coderm_eval.execution.engine import Pair, PairOutcome, run_pairs
from coderm_eval.execution.policy import Policy

__all__ = ["Pair", "PairOutcome", "Policy", "run_pairs"]
