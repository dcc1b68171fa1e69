"""Tests that are no TestCase classes: pytest's functions and classes, and HumanEval's `check(candidate)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from coderm_eval.core.programs.given_to_tests import PARAMETRIZED
from coderm_eval.core.programs.source import parse
from coderm_eval.generation.extraction.dotted import dotted
from coderm_eval.generation.extraction.source_text import source_lines

__all__ = ["has_test_functions", "with_test_case"]

_CASE = "CodermTestFunctions"


def has_test_functions(tree: ast.Module) -> bool:
    """Return whether a module has a test of pytest's or HumanEval's style."""
    return any(_lines(node, "f") for node in tree.body) or any(_is_pytest_class(node) for node in tree.body)


def with_test_case(code: str, entry_point: str) -> str:
    """The source of a test with a TestCase class that calls its test functions; unchanged if it has such a class."""
    tree = parse(code)
    if tree is None or any(dotted(base).endswith("TestCase") for base in _bases(tree)) or not has_test_functions(tree):
        return code
    methods = [line for node in tree.body for line in _lines(node, entry_point)]
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and _is_pytest_class(node)]
    parts = [_without_calls_of_check(code, tree).rstrip("\n"), "import unittest"]
    if any("_coderm_arguments" in line for line in methods):
        parts.append(PARAMETRIZED)
    if methods:
        parts.append("\n".join([f"class {_CASE}(unittest.TestCase):", *methods]))
    parts += [_case_of(node) for node in classes]
    return "\n\n".join(parts) + "\n"


def _bases(tree: ast.Module) -> Iterator[ast.expr]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from node.bases


def _lines(node: ast.stmt, entry_point: str) -> Sequence[str]:
    """The method that calls a test function; none for any other statement."""
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return ()
    required = len(node.args.args) - len(node.args.defaults)
    if isinstance(node, ast.FunctionDef) and required == 1 and _is_check(node):
        return (f"    def test_{node.name}(self):", f"        {node.name}({entry_point})", "")
    if not node.name.startswith("test") or node.name == entry_point:
        return ()
    is_parametrized = any(_is_parametrize(decorator) for decorator in node.decorator_list)
    if required and not is_parametrized:
        return ()
    call = f"{node.name}(**arguments)" if is_parametrized else f"{node.name}()"
    if isinstance(node, ast.AsyncFunctionDef):
        call = f"__import__('asyncio').run({call})"
    loop = (f"        for arguments in _coderm_arguments({node.name}):", f"            {call}")
    return (f"    def {node.name}(self):", *(loop if is_parametrized else (f"        {call}",)), "")


def _is_parametrize(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and dotted(decorator.func).endswith("mark.parametrize")


def _is_check(node: ast.FunctionDef) -> bool:
    return node.name == "check" or node.args.args[0].arg == "candidate"


def _is_pytest_class(node: ast.stmt) -> bool:
    """Return whether pytest would take it for a class of tests."""
    return (
        isinstance(node, ast.ClassDef)
        and node.name.startswith("Test")
        and all(dotted(base) == "object" for base in node.bases)
        and any(isinstance(item, ast.FunctionDef) and item.name.startswith("test") for item in node.body)
    )


def _case_of(node: ast.ClassDef) -> str:
    """A TestCase class with the methods of a class of pytest's style."""
    lines = [f"class {_CASE}{node.name}({node.name}, unittest.TestCase):"]
    for item in node.body:
        hook = {"setup_method": "setUp", "setup": "setUp", "teardown_method": "tearDown"}.get(getattr(item, "name", ""))
        if hook and isinstance(item, ast.FunctionDef):
            arguments = "None" if len(item.args.args) > 1 else ""
            lines += [f"    def {hook}(self):", f"        self.{item.name}({arguments})", ""]
    return "\n".join(lines if len(lines) > 1 else [*lines, "    pass"])


def _without_calls_of_check(code: str, tree: ast.Module) -> str:
    """The source without the statements that call a check or test function at once, which a class now does."""
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and _lines(node, "f")}
    lines = source_lines(code)
    for node in reversed(tree.body):
        call = node.value if isinstance(node, ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in names:
            lines[node.lineno - 1 : node.end_lineno] = ["pass\n"]
    return "".join(lines)
