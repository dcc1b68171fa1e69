"""The datasets that the board knows, so that no entry stands beside another that was graded by other tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["DATASETS", "Dataset"]


class Dataset(NamedTuple):
    """A version of a benchmark's data, or a named part of it."""

    benchmark: str
    name: str
    problems: int


DATASETS: Mapping[str, Dataset] = {
    "42526ec0e7d5f3ee0b06d6ced98f8c8bae3d76519151bfb3d36f79010645bd7f": Dataset(
        "humaneval+", "HumanEval+ v0.1.10", 164
    ),
    "b54e762755248ca411b523c917fa9f93c07b5ff2966bf60b3917b853926a3dad": Dataset("mbpp+", "MBPP+ v0.2.0", 378),
    "c5b506861320626b7e3f5c5b9984904322e8f97bf782560a30e1ce10b2dcbc7e": Dataset("demo", "demo", 14),
}
"""By the SHA-256 that a run directory has. A selection of LiveCodeBench is known once it has a name here."""
