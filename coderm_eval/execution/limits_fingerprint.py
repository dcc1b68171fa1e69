"""What stored verdicts and grades depend on besides the program and the test."""

from __future__ import annotations

import json
import platform

from coderm_eval.core.records import fingerprint
from coderm_eval.execution.limits import Limits

__all__ = ["EXECUTOR_REVISION", "limits_fingerprint"]

EXECUTOR_REVISION = 20
"""Raise it when a change of the executor can change a verdict, so that stored ones are not used again."""


def limits_fingerprint(limits: Limits) -> str:
    """Return a text that changes with every limit, with the executor, and with the Python that runs the programs."""
    version = ".".join(platform.python_version_tuple()[:2])
    return fingerprint(json.dumps(tuple(limits)), version, str(EXECUTOR_REVISION))
