"""Which tests are harmless: whatever they do, what comes after them finds everything as it was before.

Such a test can share its process with others. The proof is an allow-list: each node of the test's tree is of a kind,
and names what, the lists know. What a test has made itself is its own, and it may change it. It reaches modules,
classes and functions of the library by listed names only, so that it can neither change them nor look at its process.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Set

from coderm_eval.core.programs.given_to_tests import is_given, names_used
from coderm_eval.core.programs.source import all_nodes, is_main_guard, is_special
from coderm_eval.execution.harmless_imports import Imports, Nodes, names_of_candidate
from coderm_eval.execution.harmless_names import (
    ATTRIBUTES,
    MODULES,
    REFUSED_BUILTINS,
    SPECIAL_METHODS,
    TEST_CASE,
    known_attributes,
)
from coderm_eval.execution.harmless_pytest import attributes_of_pytest, marks
from coderm_eval.execution.own_attributes import RECEIVERS, methods, names_of_body, receiver_set

__all__ = ["is_harmless"]

_PLAIN: frozenset[type[ast.AST]] = frozenset(
    {
        *(ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete, ast.Return, ast.Pass, ast.Raise, ast.Assert),
        *(ast.If, ast.For, ast.While, ast.Break, ast.Continue, ast.Global, ast.Nonlocal, ast.Lambda, ast.arguments),
        *(ast.BoolOp, ast.NamedExpr, ast.BinOp, ast.UnaryOp, ast.IfExp, ast.Compare, ast.Constant, ast.keyword),
        *(ast.List, ast.Tuple, ast.Dict, ast.Set, ast.Starred, ast.Subscript, ast.Slice, ast.Yield, ast.YieldFrom),
        *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.JoinedStr),
        *(ast.FormattedValue, ast.withitem, ast.alias, ast.Import, ast.ImportFrom),
        *(ast.Load, ast.Store, ast.Del),
        *(kind for base in (ast.boolop, ast.operator, ast.unaryop, ast.cmpop) for kind in base.__subclasses__()),
    }
)
"""Nodes that are harmless if what is in them is. Not: what is asynchronous, and `match`, which reads attributes."""

_KEPT = RECEIVERS | {"classmethod", "super", "type"}
"""Names that mean the same everywhere in a test."""

_OF_SUPER = frozenset({"__init__", "setUp", "setUpClass", "tearDown", "tearDownClass"})
_NAMES_ATTRIBUTES = re.compile(r"\{[^{}:!]*[.\[]")
"""Matches a text that has `str.format` look at attributes."""


def is_harmless(tree: ast.Module) -> bool:
    """Return whether the test of this tree can share its process with others; in doubt it cannot.

    Raises:
        Exception: the tree is too much for the analysis, such as one of deep nesting.
    """
    nodes: Nodes = defaultdict(list)
    others = [part for part in tree.body if not is_given(part)]
    for part in others:
        if not is_main_guard(part):
            for node in all_nodes(part):
                nodes[type(node)].append(node)
    return _Proof(nodes, names_used() if len(others) < len(tree.body) else frozenset()).holds()


class _Proof:
    """The proof for one test.

    Args:
        nodes: those that are looked at.
        given: names that others use, which are known.
    """

    def __init__(self, nodes: Nodes, given: Set[str]) -> None:
        self._nodes = nodes
        self._given = given
        self._imports = Imports(nodes)
        self._candidates = names_of_candidate(nodes)
        self._set = [node for node in nodes[ast.Attribute] if receiver_set(node)]
        """Places where an attribute of `self` or `cls` is set."""
        self._own = {name for node in nodes[ast.ClassDef] for name in names_of_body(node)}
        """Attributes that the test's classes give to themselves and to their instances."""
        self._own.update(node.attr for node in self._set)
        self._excused: set[ast.AST] = set()
        """Nodes that are harmless where they stand, though their names are kept."""
        self._loaded: set[str] = set()
        self._of_others: set[str] = set()
        """Attributes of anything but `self`."""
        self._checks: dict[type[ast.AST], Callable[..., bool]] = {
            ast.ClassDef: self._class,
            ast.FunctionDef: self._function,
            ast.Call: self._call,  # those above know which of the nodes below are excused
            ast.Attribute: self._attribute,
            ast.Name: self._name,
            ast.arg: lambda node: node in self._excused or _may_be_bound(node.arg),
            ast.ExceptHandler: lambda node: not node.name or _may_be_bound(node.name),
            ast.Try: lambda node: not _yields(node),  # what is left of it could be run at any later time
            ast.With: lambda node: not _yields(node),
        }

    def holds(self) -> bool:
        return (
            all(kind in _PLAIN or kind in self._checks for kind, nodes in self._nodes.items() if nodes)
            and all(check(node) for kind, check in self._checks.items() for node in self._nodes[kind])
            and self._receivers_are_own()
            and all(map(_may_be_bound, self._imports.bound))
            and self._imports.are_harmless(self._loaded | self._given | self._of_others | self._own)
        )

    def _receivers_are_own(self) -> bool:
        """Return whether `self` and `cls` are the test's own wherever an attribute of theirs is set."""
        if not self._set:
            return True
        safe: set[ast.AST] = set()
        names: set[str] = set()
        for method, receiver in methods(self._nodes[ast.ClassDef]):
            inside = {node for node in ast.walk(method) if receiver_set(node) == receiver}
            if inside:
                safe |= inside
                names.add(method.name)
        # such a method may be reached through `self` only, since `Case.method(module)` would set the module's
        return safe == set(self._set) and names.isdisjoint(self._loaded | self._of_others)

    def _attribute(self, node: ast.Attribute) -> bool:
        base, name = node.value, node.attr
        if not (isinstance(base, ast.Name) and base.id == "self"):
            self._of_others.add(name)
        if isinstance(base, ast.Name) and base.id in RECEIVERS:
            return name in self._own or name in ATTRIBUTES or name in TEST_CASE
        if not isinstance(node.ctx, ast.Load):
            return False
        if isinstance(base, ast.Name) and name in MODULES.get(self._imports.modules.get(base.id, ""), ()):
            return True
        if isinstance(base, ast.Name) and base.id in self._candidates:
            return self._name(ast.Name(name, ast.Load()))
        if name == "format":
            return isinstance(base, ast.Constant) and not _NAMES_ATTRIBUTES.search(str(base.value))
        of_super = name in _OF_SUPER and _is_call_of(base, "super")
        return of_super or node in self._excused or name in ATTRIBUTES or self._is_unknown(name)

    def _is_unknown(self, name: str) -> bool:
        """Return whether nothing but what is the test's own or the program's has such an attribute."""
        of_pytest = attributes_of_pytest() if "pytest" in self._imports.used else ()
        return not (name.startswith("_") or name in known_attributes() or name in of_pytest)

    def _call(self, node: ast.Call) -> bool:
        if _is_call_of(node, "type") and len(node.args) == 1 and not isinstance(node.args[0], ast.Starred):
            self._excused.add(node.func)  # with three arguments it makes a class
        return True

    def _name(self, node: ast.Name) -> bool:
        if isinstance(node.ctx, ast.Load):
            self._loaded.add(node.id)
            special = is_special(node.id) and node.id != "__name__"
            return node in self._excused or not (special or node.id in REFUSED_BUILTINS)
        return _may_be_bound(node.id)

    def _function(self, node: ast.FunctionDef) -> bool:
        self._excused.update(marks(node, self._imports.modules))
        return _may_be_bound(node.name) or node.name in SPECIAL_METHODS

    def _class(self, node: ast.ClassDef) -> bool:
        self._excused.update(method.args.args[0] for method, _ in methods([node]))
        return not node.keywords and _may_be_bound(node.name)


def _may_be_bound(name: str) -> bool:
    return name not in _KEPT and not is_special(name)


def _is_call_of(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name and not node.keywords


def _yields(node: ast.AST) -> bool:
    return any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in ast.walk(node))
