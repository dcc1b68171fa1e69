"""A class of several test methods as several tests, each with one of them: votes by method.

The source of a test is taken apart only where each part does what its method did in the whole. Otherwise it stays one
test. A part is the module without the other test methods: set-up, helpers and constants are in all of them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from coderm_eval.core.programs.source import all_nodes, parse
from coderm_eval.generation.extraction.dotted import dotted
from coderm_eval.generation.extraction.names import binds
from coderm_eval.generation.extraction.pytest_forms import Function, is_function
from coderm_eval.generation.extraction.source_text import source_lines
from coderm_eval.generation.extraction.test_classes import base_names, sets_methods, test_classes
from coderm_eval.generation.extraction.unit_tests import MOST_TEXT

__all__ = ["by_method"]

_Methods = Mapping[tuple[str, str], set[ast.stmt]]
"""The definitions of each test method, by the family of its class and its name."""


def by_method(source: str) -> tuple[str, ...]:
    """The tests of a cleaned source, one for each test method, in their order; the source itself where it has only one.

    A method that several classes inherit is one test. So are methods of one name in a class and in one that derives
    from it. One that is always skipped is none.
    """
    tree = parse(source)
    classes = _classes_that_run(tree) if tree else []
    if tree is None or not _can_be_parted(tree, classes):
        return (source,)
    methods = _methods(tree, classes)
    too_long = len(methods) * len(source) > MOST_TEXT  # each part repeats the helpers
    if len(methods) < 2 or too_long or _use_each_other(tree, methods):
        return (source,)
    every = {node for own in methods.values() for node in own}
    return tuple(_without(source, tree, every - own) for own in methods.values())


def _classes_that_run(tree: ast.Module) -> list[ast.ClassDef]:
    """The TestCase classes of a module, and its other classes that they derive from."""
    known = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    found = test_classes(tree)
    for node in found:  # which grows meanwhile
        found += [known[name] for name in sorted(base_names(node)) if name in known and known[name] not in found]
    return sorted(found, key=lambda node: node.lineno)


def _can_be_parted(tree: ast.Module, classes: Sequence[ast.ClassDef]) -> bool:
    """Return whether the text tells which test methods each class has."""
    names = {node.name for node in classes}
    if len(names) < len(classes) or sets_methods(tree, names) or any(node not in tree.body for node in classes):
        return False
    bases = [base for node in classes for base in node.bases]
    if not all(isinstance(base, ast.Name) or dotted(base).endswith("TestCase") for base in bases):
        return False
    return not any(_binds_test(item) for node in classes for item in node.body)


def _binds_test(item: ast.stmt) -> bool:
    """Return whether a statement of a class, which is no method, may bind one: `test_b = made_test(3)`."""
    data = (ast.List, ast.Tuple, ast.Dict, ast.Set, ast.Constant)
    if is_function(item) or isinstance(getattr(item, "value", None), data):
        return False
    return any(name.startswith("test") for name in binds(item))


def _methods(tree: ast.Module, classes: Sequence[ast.ClassDef]) -> _Methods:
    """The test methods, each with the function of the module that it has its name from, if there is one."""
    family = _families(classes)
    functions: dict[str, set[ast.stmt]] = {}
    for function in filter(is_function, tree.body):
        functions.setdefault(function.name, set()).add(function)
    found: dict[tuple[str, str], set[ast.stmt]] = {}
    for node in classes:
        for item in filter(is_function, node.body):
            if item.name.startswith("test") and not (_is_skipped(item) or _is_skipped(node)):
                found.setdefault((family[node.name], item.name), set(functions.get(item.name, ()))).add(item)
    return found


def _families(classes: Sequence[ast.ClassDef]) -> dict[str, str]:
    """By the name of a class one of those that derive from each other, the same for all of them."""
    family: dict[str, str] = {}
    for node in classes:
        joined = {family[base] for base in base_names(node) if base in family}
        family |= {name: node.name for name, other in family.items() if other in joined}
        family[node.name] = node.name
    return family


def _is_skipped(node: Function | ast.ClassDef) -> bool:
    decorators = (each.func if isinstance(each, ast.Call) else each for each in node.decorator_list)
    return any(dotted(each).rpartition(".")[2] == "skip" for each in decorators)


def _use_each_other(tree: ast.Module, methods: _Methods) -> bool:
    """Return whether a test method is named outside of its own definitions."""
    own = {id(inner): name for (_, name), nodes in methods.items() for node in nodes for inner in all_nodes(node)}
    names = {name for _, name in methods}
    return any(name in names and own.get(id(node)) != name for node in all_nodes(tree) for name in _named(node))


def _named(node: ast.AST) -> Iterator[str]:
    """Yield the name that a node reads, as a name, an attribute or a text."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
            yield name


def _without(source: str, tree: ast.Module, left_out: set[ast.stmt]) -> str:
    """The source without these functions and methods, and the comments above them."""
    lines = source_lines(source)
    bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    cuts: list[tuple[int, int, list[str]]] = []
    for body in bodies:
        is_emptied = left_out.issuperset(body)
        for index, item in enumerate(body):
            if item in left_out:
                first = body[index - 1].end_lineno if index else _first_line(item) - 1
                kept = [f"{' ' * item.col_offset}pass\n"] if is_emptied and not index else []
                cuts.append((first or 0, item.end_lineno or item.lineno, kept))
    for first, end, kept in sorted(cuts, reverse=True):
        lines[first:end] = kept
    return "".join(lines)


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)])
