"""Tests that judge how long calls take, which says nothing here: a program answers beforehand, in another process."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from coderm_eval.core.programs.source import all_nodes

__all__ = ["is_of_time", "reads_clock"]

_CLOCKS = frozenset(
    {
        *("default_timer", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time"),
        *("process_time_ns", "thread_time", "time", "time_ns", "timeit", "now"),
    }
)


def reads_clock(tree: ast.Module) -> bool:
    """Return whether a test calls a function that is named like a clock's."""
    return any(isinstance(node, ast.Call) and _is_clock(node.func) for node in all_nodes(tree))


def is_of_time(assertions: Sequence[ast.AST], tree: ast.Module) -> bool:
    """Return whether each of these assertions of a test compares readings of a clock, or what is made of them."""
    readings = _names_of_readings(tree)
    return bool(assertions) and all(_holds_reading(assertion, readings) for assertion in assertions)


def _names_of_readings(tree: ast.Module) -> set[str]:
    """Return the variables that hold a reading, or a value that one was used for."""
    assigned = [node for node in all_nodes(tree) if isinstance(node, ast.Assign)]
    found: set[str] = set()
    before = -1
    while len(found) > before:
        before = len(found)
        for node in assigned:
            if _holds_reading(node.value, found):
                found.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return found


def _holds_reading(node: ast.AST, readings: set[str]) -> bool:
    return any(
        _is_clock(inner.func) if isinstance(inner, ast.Call) else isinstance(inner, ast.Name) and inner.id in readings
        for inner in all_nodes(node)
    )


def _is_clock(function: ast.expr) -> bool:
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name in _CLOCKS
        case _:
            return False
