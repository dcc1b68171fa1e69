"""Which tests are harmless: whatever they do, what comes after them finds everything as it was before.

Such a test can share its process with others. The proof is an allow-list: each node of the test's tree is of a kind,
and names what, the lists know. What a test has made itself is its own, and it may change it. It reaches modules,
classes and functions of the library by listed names only, so that it can neither change them nor look at its process.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence

from coderm_eval.core.programs.source import is_main_guard, parse
from coderm_eval.execution.harmless_names import (
    ATTRIBUTES,
    MODULES,
    REFUSED_BUILTINS,
    SPECIAL_METHODS,
    TEST_CASE,
    WHOLE_MODULES,
    known_attributes,
)
from coderm_eval.execution.own_attributes import RECEIVERS, methods, names_of_body, receiver_set

__all__ = ["is_harmless"]

_PLAIN: frozenset[type[ast.AST]] = frozenset(
    {
        *(ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete, ast.Return, ast.Pass, ast.Raise, ast.Assert),
        *(ast.If, ast.For, ast.While, ast.Break, ast.Continue, ast.Global, ast.Nonlocal, ast.Lambda, ast.arguments),
        *(ast.BoolOp, ast.NamedExpr, ast.BinOp, ast.UnaryOp, ast.IfExp, ast.Compare, ast.Constant, ast.keyword),
        *(ast.List, ast.Tuple, ast.Dict, ast.Set, ast.Starred, ast.Subscript, ast.Slice, ast.Yield, ast.YieldFrom),
        *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.JoinedStr),
        *(ast.FormattedValue, ast.withitem, ast.alias),
        *(ast.Load, ast.Store, ast.Del),
        *(kind for base in (ast.boolop, ast.operator, ast.unaryop, ast.cmpop) for kind in base.__subclasses__()),
    }
)
"""Nodes that are harmless if what is in them is. Not: what is asynchronous, and `match`, which reads attributes."""

_LONGEST = 100_000
"""Characters of a test that is analysed."""
_KEPT = RECEIVERS | {"classmethod", "super", "type"}
"""Names that mean the same everywhere in a test."""

_OF_SUPER = frozenset({"__init__", "setUp", "setUpClass", "tearDown", "tearDownClass"})
_NAMES_ATTRIBUTES = re.compile(r"\{[^{}:!]*[.\[]")
"""Matches a text that has `str.format` look at attributes."""


def is_harmless(test: str) -> bool:
    """Return whether a test can share its process with others; in doubt it cannot."""
    if len(test) > _LONGEST:
        return False
    try:
        tree = parse(test)
        return tree is not None and _holds(tree)
    except Exception:  # a text that is too much for the analysis, such as one of deep nesting
        return False


def _holds(tree: ast.Module) -> bool:
    nodes = [node for part in tree.body if not is_main_guard(part) for node in ast.walk(part)]
    proof = _Proof(nodes)
    return all(map(proof.holds_for, nodes)) and proof.receivers_are_own()


class _Proof:
    """The proof for one test, whose `nodes` come from the outside to the inside."""

    def __init__(self, nodes: Sequence[ast.AST]) -> None:
        self._modules = {name: name for name in MODULES}
        """{name in the test: module}; what the test does not import may be a module of the program."""
        self._own: set[str] = set()
        """Attributes that the test's classes give to themselves and to their instances."""
        for node in nodes:
            if isinstance(node, ast.Import):
                self._modules |= {alias.asname: alias.name for alias in node.names if alias.asname}
            elif isinstance(node, ast.ClassDef):
                self._own.update(names_of_body(node))
            elif isinstance(node, ast.Attribute) and receiver_set(node):
                self._own.add(node.attr)
        self._classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
        self._set = {node for node in nodes if receiver_set(node)}
        """Places where an attribute of `self` or `cls` is set."""
        self._excused: set[ast.AST] = set()
        """Nodes that are harmless where they stand, though their names are kept."""
        self._loaded: set[str] = set()
        self._of_others: set[str] = set()
        """Attributes of anything but `self`."""
        self._checks: dict[type[ast.AST], Callable[..., bool]] = {
            ast.Attribute: self._attribute,
            ast.Call: self._call,
            ast.Name: self._name,
            ast.arg: lambda node: node in self._excused or _may_be_bound(node.arg),
            ast.ExceptHandler: lambda node: not node.name or _may_be_bound(node.name),
            ast.FunctionDef: lambda node: _may_be_bound(node.name) or node.name in SPECIAL_METHODS,
            ast.ClassDef: self._class,
            ast.Import: lambda node: all(map(_is_harmless_import, node.names)),
            ast.ImportFrom: _is_harmless_import_from,
            ast.Try: lambda node: not _yields(node),  # what is left of it could be run at any later time
            ast.With: lambda node: not _yields(node),
        }

    def holds_for(self, node: ast.AST) -> bool:
        """Return whether the node is harmless if those in it are."""
        kind = type(node)
        return kind in _PLAIN or (kind in self._checks and self._checks[kind](node))

    def receivers_are_own(self) -> bool:
        """Return whether `self` and `cls` are the test's own wherever an attribute of theirs is set."""
        if not self._set:
            return True
        safe: set[ast.AST] = set()
        names: set[str] = set()
        for method, receiver in methods(self._classes):
            inside = {node for node in ast.walk(method) if receiver_set(node) == receiver}
            if inside:
                safe |= inside
                names.add(method.name)
        # such a method may be reached through `self` only, since `Case.method(module)` would set the module's
        return safe == self._set and names.isdisjoint(self._loaded | self._of_others)

    def _attribute(self, node: ast.Attribute) -> bool:
        base, name = node.value, node.attr
        if not (isinstance(base, ast.Name) and base.id == "self"):
            self._of_others.add(name)
        if isinstance(base, ast.Name) and base.id in RECEIVERS:
            return name in self._own or name in ATTRIBUTES or name in TEST_CASE
        if not isinstance(node.ctx, ast.Load):
            return False
        if isinstance(base, ast.Name) and base.id in self._modules:
            return _is_known(self._modules[base.id], name)
        if name == "format":
            return isinstance(base, ast.Constant) and not _NAMES_ATTRIBUTES.search(str(base.value))
        of_super = name in _OF_SUPER and _is_call_of(base, "super")
        return of_super or name in ATTRIBUTES or not (name.startswith("_") or name in known_attributes())

    def _call(self, node: ast.Call) -> bool:
        if _is_call_of(node, "type") and len(node.args) == 1 and not isinstance(node.args[0], ast.Starred):
            self._excused.add(node.func)  # with three arguments it makes a class
        return True

    def _name(self, node: ast.Name) -> bool:
        if isinstance(node.ctx, ast.Load):
            self._loaded.add(node.id)
            special = _is_special(node.id) and node.id != "__name__"
            return node in self._excused or not (special or node.id in REFUSED_BUILTINS)
        return _may_be_bound(node.id)

    def _class(self, node: ast.ClassDef) -> bool:
        self._excused.update(method.args.args[0] for method, _ in methods([node]))
        return not node.keywords and _may_be_bound(node.name)


def _may_be_bound(name: str) -> bool:
    return name not in _KEPT and not _is_special(name)


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__") and name.strip("_") != ""


def _is_call_of(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name and not node.keywords


def _yields(node: ast.AST) -> bool:
    return any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in ast.walk(node))


def _is_known(module: str, name: str) -> bool:
    return name in MODULES.get(module, ())


def _is_harmless_import(alias: ast.alias) -> bool:
    return alias.name in MODULES and _may_be_bound(alias.asname or alias.name)


def _is_harmless_import_from(node: ast.ImportFrom) -> bool:
    module = node.module or ""
    names = [alias.name for alias in node.names]
    known = all(_is_known(module, name) for name in names) or (names == ["*"] and module in WHOLE_MODULES)
    return not node.level and known and all(_may_be_bound(alias.asname or alias.name) for alias in node.names)
