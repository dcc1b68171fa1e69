"""A unit test as text: whether it asserts anything, and whether it names the function under test."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from coderm_eval.core.programs.given_to_tests import is_given
from coderm_eval.core.programs.source import all_nodes, child_nodes
from coderm_eval.core.programs.time_assertions import is_of_time, reads_clock

__all__ = ["asserts", "asserts_time_only", "mentions"]

_ASSERTING_CALL = re.compile(r"assert|^(?:fail|raises|warns|expect|verify)$", re.IGNORECASE)
"""self.assertEqual, numpy.testing.assert_allclose, assert_that, pytest.raises; a helper of another name that asserts
is seen by its own body."""

_ONE_VALUE = frozenset({"assertTrue", "assertFalse", "assert_"})
"""Assertions of one value; the second argument is what they say."""

_OF_EXISTENCE = frozenset({"callable", "hasattr"})

_SWALLOWING = frozenset({"AssertionError", "Exception", "BaseException", ""})
"""What catches a failed assertion; "" is a bare `except`."""


def asserts(tree: ast.Module) -> bool:
    """Return whether some assertion of a test can fail, as far as the text tells.

    None can in assertions of constants, in a `try` that catches its failure, and in a test method that is a coroutine
    or a generator, whose body unittest never runs.
    """
    return any(map(_can_fail, _reached(tree)))


def asserts_time_only(tree: ast.Module) -> bool:
    """Return whether all assertions of a test that can fail are about how long something takes."""
    return reads_clock(tree) and is_of_time([node for node in _reached(tree) if _can_fail(node)], tree)


def mentions(tree: ast.Module, name: str) -> bool:
    """Return whether a test names the function under test: as a name, an attribute, an import or a text."""
    return any(_name(node) == name for node in all_nodes(tree))


def _name(node: ast.AST) -> str | None:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) | ast.Constant(value=str(name)):
            return str(name)
        case _:
            return None


def _reached(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the nodes of a test whose failure would be one of the test."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        yield node
        ignored: list[ast.stmt] = []
        if isinstance(node, ast.Module):
            ignored = [part for part in node.body if is_given(part)]
        elif isinstance(node, ast.Try) and any(map(_swallows, node.handlers)):
            ignored = node.body
        elif isinstance(node, ast.ClassDef):
            ignored = [method for method in node.body if _is_never_run(method, node)]
        children = child_nodes(node)
        pending += [child for child in children if child not in ignored] if ignored else children


def _swallows(handler: ast.ExceptHandler) -> bool:
    """Return whether a handler catches a failed assertion and goes on."""
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return not any(map(_can_fail, all_nodes(handler))) and not _SWALLOWING.isdisjoint(map(_last_name, caught))


def _is_never_run(method: ast.stmt, case: ast.ClassDef) -> bool:
    """Return whether a test method only makes a coroutine or a generator."""
    if isinstance(method, ast.AsyncFunctionDef):
        bases = [_last_name(base) for base in case.bases]
        return any(base.endswith("TestCase") and "Async" not in base for base in bases)
    return (
        isinstance(method, ast.FunctionDef)
        and method.name.startswith("test")
        and any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in _own_nodes(method))
    )


def _own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Yield the nodes of a function without those of functions in it."""
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            pending += child_nodes(node)


def _can_fail(node: ast.AST) -> bool:
    match node:
        case ast.Raise():
            return True
        case ast.Assert(test=test):
            return not (_is_constant(test) or _is_true(test))
        case ast.Call(func=function, args=given) if _ASSERTING_CALL.search(called := _last_name(function)):
            values = given[:1] if called in _ONE_VALUE else given
            settled = values and all(map(_is_constant, values))
            return called == "fail" or not (settled or (called == "assertTrue" and any(map(_is_true, values))))
        case _:
            return False


def _is_constant(value: ast.expr) -> bool:
    """Return whether a value is the same whatever the function does: a constant, or that there is such a function."""
    if isinstance(value, ast.Call) and _last_name(value.func) in _OF_EXISTENCE:
        return True
    return not any(isinstance(node, (ast.Name, ast.Call, ast.Attribute)) for node in all_nodes(value))


def _is_true(value: ast.expr) -> bool:
    """Return whether a value is true whatever the program does: `assert (f(1) == 2, "message")`."""
    match value:
        case ast.Tuple(elts=[_, *_]) | ast.JoinedStr(values=[_, *_]):
            return True
        case ast.BoolOp(op=ast.Or(), values=parts):
            return any(isinstance(part, ast.Constant) and part.value for part in parts)
        case _:
            return False


def _last_name(node: ast.expr | None) -> str:
    """unittest.TestCase: TestCase; nothing: empty."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
