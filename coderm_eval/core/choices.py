"""The words that flags offer, where `--help` finds them without what they stand for, which takes long to import."""

from __future__ import annotations

from typing import Literal

__all__ = ["OWN_EXPORTERS", "Api", "Backend", "BudgetPolicyName", "ShownCandidate"]

Api = Literal["chat", "completions"]

Backend = Literal["openai", "vllm", "hf"]

BudgetPolicyName = Literal["sequential", "uniform", "greedy"]

ShownCandidate = Literal["first", "rotate", "none"]

OWN_EXPORTERS = ("board", "csv", "evalplus", "every-eval-ever", "huggingface", "latex", "livecodebench")
"""Names of the exporters that come with the package; their modules are called so, with _ for -."""
