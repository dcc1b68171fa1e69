"""Which nodes may work together: verdicts of one store come from one executor, one Python and one isolation."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Sequence
from typing import NamedTuple

from coderm_eval.core.errors import IncompleteRunError
from coderm_eval.execution.limits_fingerprint import EXECUTOR_REVISION

__all__ = ["About", "about_here", "require_agreement"]


class About(NamedTuple):
    """What a node says of itself."""

    isolation: str
    python: str
    version: str
    """Of this package."""
    revision: int
    """Of the executor."""


def about_here(isolation: str) -> About:
    """Return what this process would say of itself."""
    python = ".".join(platform.python_version_tuple()[:2])
    return About(isolation, python, importlib.metadata.version("coderm-eval"), EXECUTOR_REVISION)


def require_agreement(nodes: Sequence[tuple[str, About]], agreed: About | None = None) -> About:
    """Return what all nodes have in common.

    Args:
        nodes: at least one, each with its name, which several on one machine share.
        agreed: what those that work already have in common.

    Raises:
        IncompleteRunError: a node has another Python or package than this process, or another isolation than others.
    """
    here = about_here("")
    for name, found in nodes:
        for what, there, ours in (
            ("Python", found.python, here.python),
            ("coderm-eval", found.version, here.version),
            ("revision of the executor", str(found.revision), str(here.revision)),
        ):
            if there != ours:
                raise IncompleteRunError(
                    f"node {name} has {what} {there}, and this process {ours}: install the same there, or take it "
                    "out of the Ray cluster"
                )
    first = agreed or nodes[0][1]
    for name, found in nodes:
        if found.isolation != first.isolation:
            raise IncompleteRunError(
                f"node {name} has isolation {found.isolation}, and others {first.isolation}: verdicts of both cannot "
                "be in one store; allow the same on all nodes, or set execution.isolation to 'rlimits'"
            )
    return first
