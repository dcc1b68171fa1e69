"""What pytest would collect in a module, and what it would have to supply, as far as the text tells."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeGuard

from coderm_eval.core.programs.source import all_nodes
from coderm_eval.generation.extraction.dotted import dotted

__all__ = [
    "Function",
    "NotSuppliedError",
    "classes_of_tests",
    "fixture_decorators",
    "has_known_bases",
    "hook_call",
    "is_function",
    "is_test",
    "is_told_to_be_a_test",
    "members",
    "needs_pytest",
    "require_supplied",
]

Function = ast.FunctionDef | ast.AsyncFunctionDef

_OF_PYTEST = frozenset(
    {
        *("benchmark", "cache", "capfd", "caplog", "capsys", "mocker", "monkeypatch", "recwarn"),
        *("tmp_path", "tmp_path_factory", "tmpdir"),
    }
)
"""Fixtures that pytest and its best-known plug-ins have."""
_OWN = frozenset({"staticmethod", "classmethod"})


class NotSuppliedError(Exception):
    """Says what a test function needs that only pytest has."""


def is_function(node: ast.AST) -> TypeGuard[Function]:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))


def is_test(node: ast.AST, tree: ast.Module, owner: ast.ClassDef | None = None) -> TypeGuard[Function]:
    """Return whether pytest would run a function, and not skip it or expect it to fail.

    A function with arguments that nothing but the test itself gives is a helper; one of doctests alone runs nothing.
    """
    if not is_function(node) or not node.name.startswith("test"):
        return False
    if len(node.body) == 1 and ">>>" in (ast.get_docstring(node) or ""):
        return False
    if any(map(_is_off, node.decorator_list)) or any(map(_is_fixture, node.decorator_list)):
        return False
    return not (_missing(node, tree, owner) and node.name in _called(tree))


def is_told_to_be_a_test(node: Function, tree: ast.Module) -> bool:
    """Return whether a function that may be a test has its arguments, as no copy of the function under test does."""
    missing = _missing(node, tree, None)
    return not missing or not _OF_PYTEST.isdisjoint(missing)


def _is_off(decorator: ast.expr) -> bool:
    name = _named(decorator)
    conditions = isinstance(decorator, ast.Call) and (
        decorator.args or any(keyword.arg == "condition" for keyword in decorator.keywords)
    )
    return name.endswith("mark.skip") or (name.endswith("mark.xfail") and not conditions)


def fixture_decorators(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield `pytest.fixture` in each decorator, at any depth."""
    for node in filter(is_function, all_nodes(tree)):
        for decorator in filter(_is_fixture, node.decorator_list):
            yield decorator.func if isinstance(decorator, ast.Call) else decorator


def _is_fixture(decorator: ast.expr) -> bool:
    return _named(decorator).rpartition(".")[2] == "fixture"


def _named(decorator: ast.expr) -> str:
    return dotted(decorator.func if isinstance(decorator, ast.Call) else decorator)


def classes_of_tests(tree: ast.Module) -> Iterator[tuple[str, ast.ClassDef]]:
    """Yield the classes that pytest would take for classes of tests, also those in them, each with its dotted name.

    And those that assert as a TestCase does: their base was forgotten.
    """
    pending = [("", node) for node in tree.body]
    for path, node in pending:  # which grows meanwhile
        if not isinstance(node, ast.ClassDef) or any(map(_is_off, node.decorator_list)):
            continue
        if node.name.startswith("Test") or _asserts_as_a_case(node):
            pending += ((f"{path}{node.name}.", inner) for inner in node.body)
            if any(is_test(method, tree, node) for method in members(node, tree)):
                yield path + node.name, node


def _asserts_as_a_case(node: ast.ClassDef) -> bool:
    """Return whether a class without a base calls methods of unittest's TestCase."""
    called = (inner.func for inner in all_nodes(node) if isinstance(inner, ast.Call))
    return not node.bases and any(dotted(function).startswith("self.assert") for function in called)


def members(node: ast.ClassDef, tree: ast.Module) -> list[Function]:
    """The methods of a class, also those that it inherits from classes of the module."""
    found: dict[str, Function] = {}
    for each in _with_bases(node, tree):
        for method in filter(is_function, each.body):
            found.setdefault(method.name, method)
    return list(found.values())


def _with_bases(node: ast.ClassDef, tree: ast.Module) -> list[ast.ClassDef]:
    known = _classes(tree)
    found = [node]
    for each in found:  # which grows meanwhile
        bases = [known[name] for base in each.bases if (name := dotted(base)) in known]
        found += (base for base in bases if base not in found)
    return found


@functools.lru_cache(maxsize=1)
def _classes(tree: ast.Module) -> dict[str, ast.ClassDef]:
    return {each.name: each for each in tree.body if isinstance(each, ast.ClassDef)}


def has_known_bases(node: ast.ClassDef, tree: ast.Module) -> bool:
    """Return whether all bases of a class are the module's own or are of no account."""
    names = {"object", "ABC", "abc.ABC", *_classes(tree)}
    return all(dotted(base) in names for each in _with_bases(node, tree) for base in each.bases)


def hook_call(node: Function, called: str, receiver: str = "") -> str:
    """The call of pytest's set-up or tear-down `node`, which may name the module, class or method that it serves.

    Args:
        called: the expression of the function.
        receiver: "self" or "cls" for a method that is called on it.
    """
    decorators = set(map(_named, node.decorator_list))
    names = [argument.arg for argument in node.args.args]
    given = ["cls"] if receiver == "cls" and decorators.isdisjoint(_OWN) else []
    others = names[1:] if receiver and "staticmethod" not in decorators else names
    used = {inner.id for inner in all_nodes(node) if isinstance(inner, ast.Name)} & set(others)
    if used or isinstance(node, ast.AsyncFunctionDef):
        raise NotSuppliedError(f"pytest's argument of {node.name} is not supplied")
    required = len(others) - len(node.args.defaults)
    return f"{called}({', '.join([*given, *['None'] * required])})"


def needs_pytest(node: Function, tree: ast.Module, owner: ast.ClassDef | None = None) -> bool:
    """Return whether a test is more than a call: a coroutine, or one with marks, fixtures or parameters."""
    classes = _with_bases(owner, tree) if owner else []
    decorated = any(each.decorator_list for each in (node, *classes))
    asynchronous = isinstance(node, ast.AsyncFunctionDef)
    return decorated or asynchronous or bool(_arguments(node, owner)) or _has_fixtures_or_marks(tree)


@functools.lru_cache(maxsize=1)
def _has_fixtures_or_marks(tree: ast.Module) -> bool:
    marked = any(isinstance(inner, ast.Name) and inner.id == "pytestmark" for inner in all_nodes(tree))
    return marked or any(True for _ in fixture_decorators(tree))


def require_supplied(node: Function, tree: ast.Module, owner: ast.ClassDef | None = None) -> None:
    """Refuse a test function if it, or a fixture, names a fixture that is not there."""
    missing = _missing(node, tree, owner)
    missing += (name for name in _asked_for(node, tree, owner) if name not in _given(tree, owner))
    missing += (name for fixture in _fixtures(tree) for name in _missing(fixture, tree, None))
    missing += (name for fixture in _own_fixtures(tree, owner) for name in _missing(fixture, tree, owner))
    if missing:
        raise NotSuppliedError(f"fixture {missing[0]} is not supplied")


def _missing(node: Function, tree: ast.Module, owner: ast.ClassDef | None) -> list[str]:
    """The arguments of a function that nothing gives: no fixture, no parameters, no decorator that is not pytest's."""
    arguments = _arguments(node, owner)
    if not arguments:
        return []
    names = _given(tree, owner)
    for decorator in _decorators(node, tree, owner):
        name = _named(decorator)
        if ".mark." not in f".{name}" and name not in _OWN and not _is_fixture(decorator):
            return []
        if name.endswith("mark.parametrize") and isinstance(decorator, ast.Call):
            given = [*decorator.args[:1], *(k.value for k in decorator.keywords if k.arg == "argnames")]
            texts = [inner.value for each in given for inner in all_nodes(each) if isinstance(inner, ast.Constant)]
            if not texts:
                return []
            names.update(part.strip() for text in texts for part in str(text).split(","))
    return [name for name in arguments if name not in names]


def _given(tree: ast.Module, owner: ast.ClassDef | None) -> set[str]:
    return {"request", *map(_fixture_name, (*_fixtures(tree), *_own_fixtures(tree, owner)))}


def _asked_for(node: Function, tree: ast.Module, owner: ast.ClassDef | None) -> Iterator[str]:
    """Yield the fixtures of `pytest.mark.usefixtures`."""
    for mark in _decorators(node, tree, owner):
        if isinstance(mark, ast.Call) and _named(mark).endswith("mark.usefixtures"):
            yield from (str(name.value) for name in mark.args if isinstance(name, ast.Constant))


def _decorators(node: Function, tree: ast.Module, owner: ast.ClassDef | None) -> list[ast.expr]:
    """The decorators and marks of a test function, its class and its module."""
    marked = [node, *(_with_bases(owner, tree) if owner else ())]
    return [*_pytestmark(tree), *(decorator for each in marked for decorator in each.decorator_list)]


@functools.lru_cache(maxsize=1)
def _fixtures(tree: ast.Module) -> Sequence[Function]:
    return _fixtures_of(tree.body)


@functools.lru_cache(maxsize=1)
def _own_fixtures(tree: ast.Module, owner: ast.ClassDef | None) -> Sequence[Function]:
    return _fixtures_of(members(owner, tree)) if owner else ()


def _fixtures_of(statements: Iterable[ast.AST]) -> Sequence[Function]:
    return [node for node in statements if is_function(node) and any(map(_is_fixture, node.decorator_list))]


@functools.lru_cache(maxsize=1)
def _pytestmark(tree: ast.Module) -> Sequence[ast.expr]:
    values = [node.value for node in tree.body if isinstance(node, ast.Assign) and _binds_pytestmark(node)]
    return [mark for value in values for mark in getattr(value, "elts", [value])]


def _binds_pytestmark(node: ast.Assign) -> bool:
    return any(dotted(target) == "pytestmark" for target in node.targets)


def _arguments(node: Function, owner: ast.ClassDef | None) -> list[str]:
    """The arguments that a function needs, but for what a method is called on."""
    positional = [*node.args.posonlyargs, *node.args.args]
    required = positional[: len(positional) - len(node.args.defaults)]
    if owner and "staticmethod" not in map(_named, node.decorator_list):
        required = required[1:]
    keywords = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    return [argument.arg for argument in (*required, *(one for one, default in keywords if default is None))]


def _fixture_name(node: Function) -> str:
    for decorator in node.decorator_list:
        for keyword in decorator.keywords if isinstance(decorator, ast.Call) else ():
            if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                return str(keyword.value.value)
    return node.name


@functools.lru_cache(maxsize=1)
def _called(tree: ast.Module) -> frozenset[str]:
    """The last part of the name of each function that is called."""
    calls = (inner.func for inner in all_nodes(tree) if isinstance(inner, ast.Call))
    return frozenset(call.attr if isinstance(call, ast.Attribute) else dotted(call) for call in calls)
