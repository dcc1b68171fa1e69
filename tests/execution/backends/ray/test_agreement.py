"""Nodes whose verdicts would differ do not work together."""

from __future__ import annotations

import pytest
from helpers.cli import said

from coderm_eval.core.errors import IncompleteRunError
from coderm_eval.execution.backends.ray.agreement import about_here, require_agreement

HERE = about_here("rlimits")


def test_nodes_like_this_one_agree() -> None:
    assert require_agreement([("a", HERE), ("b", HERE)]) == HERE


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (HERE._replace(python="3.99"), ("Python 3.99", HERE.python)),
        (HERE._replace(version="9.0"), ("coderm-eval 9.0", HERE.version)),
        (HERE._replace(revision=-7), ("revision of the executor -7", str(HERE.revision))),
        (HERE._replace(isolation="namespaces"), ("isolation namespaces", "rlimits")),
    ],
)
def test_another_node_is_refused_by_name(other: object, words: tuple[str, str]) -> None:
    message = said(IncompleteRunError, require_agreement, [("good", HERE), ("bad (10.0.0.7)", other)])
    assert "node bad (10.0.0.7) has" in message
    assert all(word in message for word in words)


def test_nodes_of_one_machine_are_each_looked_at() -> None:
    other = HERE._replace(isolation="namespaces")
    assert "node a has isolation namespaces" in said(IncompleteRunError, require_agreement, [("a", HERE), ("a", other)])


def test_a_node_that_comes_later_is_held_to_the_same() -> None:
    late = [("late", HERE._replace(isolation="namespaces"))]
    assert "node late has isolation namespaces" in said(IncompleteRunError, require_agreement, late, HERE)
