"""Tests that are no TestCase classes: functions and classes of pytest's style, HumanEval's `check`, called asserts."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from coderm_eval.core.programs.given_pytest import PYTEST
from coderm_eval.core.programs.source import after_future, all_nodes, is_main_guard, parse
from coderm_eval.generation.extraction.assert_groups import has_assert
from coderm_eval.generation.extraction.dotted import dotted
from coderm_eval.generation.extraction.pytest_forms import (
    Function,
    NotSuppliedError,
    classes_of_tests,
    fixture_decorators,
    has_known_bases,
    hook_call,
    is_function,
    is_test,
    is_told_to_be_a_test,
    members,
    needs_pytest,
    require_supplied,
)
from coderm_eval.generation.extraction.source_text import replaced, source_lines

__all__ = ["has_test_functions", "with_test_case"]

_CASE = "CodermTestFunctions"
_UNSUPPLIED_BESIDE = "pytest's forms beside a TestCase class are not supplied"
_HOOKS_OF_CLASS = {"setup_class": "setUpClass", "teardown_class": "tearDownClass"}
_HOOKS_OF_METHOD = {
    **{"setup_method": "setUp", "setup": "setUp"},
    **{"teardown_method": "tearDown", "teardown": "tearDown"},
}
_HOOKS_OF_FUNCTION = {"setup_function": "setUp", "teardown_function": "tearDown"}
_HOOKS_OF_MODULE = {"setup_module": "setUpModule", "teardown_module": "tearDownModule"}


def has_test_functions(tree: ast.Module) -> bool:
    """Return whether a module has a test of pytest's or HumanEval's style."""
    if any(_is_check(node) or (is_test(node, tree) and is_told_to_be_a_test(node, tree)) for node in tree.body):
        return True
    return any(has_known_bases(node, tree) for _, node in classes_of_tests(tree)) or any(_called_tests(tree))


def with_test_case(code: str, entry_point: str) -> tuple[str, str | None]:
    """The source of a test with TestCase classes that call its test functions; unchanged if it has such a class.

    The second is what pytest would supply and this does not: without it, a part of the test would be left out.
    """
    tree = parse(code)
    if tree is None or not has_test_functions(tree):
        return code, None
    if any(dotted(base).endswith("TestCase") for base in _bases(tree)):
        return _beside_classes(code, tree)
    try:
        added = [*_module_hooks(tree), *_case_of_functions(tree, entry_point), *_cases_of_classes(tree)]
    except NotSuppliedError as error:
        return code, str(error)
    code = replaced(code, [(node, "_coderm_fixture") for node in fixture_decorators(tree)])
    code = _without_calls_of_tests(code, tree).rstrip("\n")
    code = "\n\n".join([code, "import unittest", *added]) + "\n"
    return after_future(code, PYTEST).removesuffix("\n") if "_coderm_" in code else code, None


def _beside_classes(code: str, tree: ast.Module) -> tuple[str, str | None]:
    """The source of a test with TestCase classes, in which its plain test functions are called, too, as by pytest.

    Not those that the test itself uses, nor any that name unittest: they run the classes.
    """
    used = {inner.id for inner in all_nodes(tree) if isinstance(inner, ast.Name)}
    found = [node for node in tree.body if is_test(node, tree) and node.name not in used and not _names_unittest(node)]
    tests = [node for node in found if is_told_to_be_a_test(node, tree)]
    if any(fixture_decorators(tree)) or any(needs_pytest(node, tree) for node in tests):
        return code, _UNSUPPLIED_BESIDE
    if not tests:
        return code, None
    methods = [line for node in tests for line in _method(node.name, f"{node.name}()")]
    case = "\n".join([f"class {_CASE}(unittest.TestCase):", *methods])
    return "\n\n".join([code.rstrip("\n"), "import unittest", case]) + "\n", None


def _names_unittest(node: ast.AST) -> bool:
    return any(isinstance(inner, ast.Name) and inner.id in ("unittest", "TextTestRunner") for inner in all_nodes(node))


def _bases(tree: ast.Module) -> Iterator[ast.expr]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from node.bases


def _module_hooks(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if is_function(node) and node.name in _HOOKS_OF_MODULE:
            yield f"def {_HOOKS_OF_MODULE[node.name]}():\n    {hook_call(node, node.name)}"


def _case_of_functions(tree: ast.Module, entry_point: str) -> Iterator[str]:
    """Yield the class that calls the test functions of a module, if there are any."""
    called = [node for node in _called_tests(tree) if node.name != entry_point]
    methods: list[str] = []
    for node in tree.body:
        if node in called:
            methods += _method(f"test_{node.name}", f"{node.name}()")
        elif _is_check(node) and is_function(node):
            methods += _method(f"test_{node.name}", f"{node.name}({entry_point})")
        elif is_test(node, tree) and node.name != entry_point:
            methods += _method(node.name, _call(node, node.name, tree))
    if methods:
        hooks = _hooks([node for node in tree.body if is_function(node)], _HOOKS_OF_FUNCTION)
        yield "\n".join([f"class {_CASE}(unittest.TestCase):", *hooks, *methods])


def _cases_of_classes(tree: ast.Module) -> Iterator[str]:
    """Yield a TestCase class for each class of pytest's style."""
    for path, node in classes_of_tests(tree):
        found = members(node, tree)
        if any(method.name == "__init__" for method in found):
            raise NotSuppliedError(f"pytest does not run class {node.name}, which has an __init__")
        if not has_known_bases(node, tree):
            raise NotSuppliedError(f"a base of class {node.name} is not known")
        lines = [f"class {_CASE}{path.replace('.', '')}({path}, unittest.TestCase):"]
        lines += [*_hooks(found, _HOOKS_OF_CLASS, "cls"), *_hooks(found, _HOOKS_OF_METHOD, "self")]
        for method in found:
            if is_test(method, tree, node):
                lines += _method(method.name, _call(method, f"super().{method.name}", tree, node))
            elif method.name.startswith("test"):
                lines.append(f"    {method.name} = property(lambda self: super().{method.name})")  # not run, but there
        yield "\n".join(lines)


def _call(node: Function, name: str, tree: ast.Module, owner: ast.ClassDef | None = None) -> str:
    """The call of a test function."""
    require_supplied(node, tree, owner)
    return f"_coderm_run(self, {name})" if needs_pytest(node, tree, owner) else f"{name}()"


def _hooks(found: Sequence[Function], names: Mapping[str, str], receiver: str = "") -> list[str]:
    """The methods of a TestCase class that call pytest's own set-up and tear-down."""
    lines: list[str] = []
    for hook in dict.fromkeys(names.values()):
        hooks = [node for node in found if names.get(node.name) == hook]
        calls = [hook_call(node, f"{receiver}.{node.name}".lstrip("."), receiver) for node in hooks]
        if calls:
            lines += ["    @classmethod"] * (receiver == "cls") + _method(hook, *calls, receiver=receiver or "self")
    return lines


def _method(name: str, *statements: str, receiver: str = "self") -> list[str]:
    return [f"    def {name}({receiver}):", *(f"        {statement}" for statement in statements), ""]


def _is_check(node: ast.stmt) -> bool:
    """Return whether it is HumanEval's function, which is called with the function under test."""
    if not isinstance(node, ast.FunctionDef) or len(node.args.args) - len(node.args.defaults) != 1:
        return False
    return node.name == "check" or node.args.args[0].arg == "candidate"


def _called_tests(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """Yield the functions of asserts, without arguments, that a module calls which has no asserts of its own."""
    statements = [part for node in tree.body for part in (getattr(node, "body", []) if is_main_guard(node) else [node])]
    calls = [node.value for node in statements if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
    names = {dotted(call.func) for call in calls if not (call.args or call.keywords)}
    if any(map(has_assert, statements)):
        return
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in names and _is_of_asserts(node, tree):
            yield node


def _is_of_asserts(node: ast.FunctionDef, tree: ast.Module) -> bool:
    needs_nothing = len(node.args.args) == len(node.args.defaults)
    return needs_nothing and any(map(has_assert, node.body)) and not is_test(node, tree)


def _without_calls_of_tests(code: str, tree: ast.Module) -> str:
    """The source without the statements that call a check or test function at once, which a class now does."""
    names = {node.name for node in tree.body if is_function(node) and (_is_check(node) or is_test(node, tree))}
    names |= {node.name for node in _called_tests(tree)}
    lines = source_lines(code)
    for node in reversed(tree.body):
        call = node.value if isinstance(node, ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in names:
            lines[node.lineno - 1 : node.end_lineno] = ["pass\n"]
    return "".join(lines)
