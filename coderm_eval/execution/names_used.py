"""What a program names, by use: enough to tell that it keeps no state, and that it cannot read its own text.

Both are told from lists of what is harmless (`known_names`); what is in none of them counts as harmful.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

__all__ = ["NamesUsed"]


class NamesUsed:
    """The names in a program.

    Args:
        nodes: all nodes of its tree, those outside before those inside.
    """

    def __init__(self, nodes: Iterable[ast.AST]) -> None:
        self.modules: set[str] = set()
        """Modules that it names in import statements; `from a import b` may name a module a.b, or a function."""
        self.imported: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        """{name: (module, name in it) that it stands for}; the second is empty where it stands for the module."""
        self.starred: set[str] = set()
        self.read: Counter[str] = Counter()
        """{name: how often it is read}."""
        self.asked: Counter[str] = Counter()
        """{`getattr` or `type`: how often it is called with what shows no more than an attribute or a class}."""
        self.opens_streams = 0
        """How often `open` is called for standard input or output."""
        self.bound: set[str] = set()
        """Names of variables, functions, classes and arguments."""
        self.own: set[str] = set()
        """Names that its objects may have as attributes, because it says so."""
        self.classes: set[str] = set()
        self.bases: set[str] = set()
        self.attributes: set[str] = set()
        """Attributes that are read of anything but a name."""
        self.attributes_of: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """{name: the attributes that are read of it, and how often}."""
        self.changes = False
        """Whether it changes a variable of its module, or an attribute of something but `self`."""
        self.changed: set[str] = set()
        """Names of which an attribute is changed, or one of an attribute, an item or a result of theirs."""
        self.changes_self = False
        self.self_is_any = False
        """Whether something but an instance may be called `self`."""
        self.formats = False
        """Whether it has text formatted that may name attributes."""
        self._selves: set[int] = set()
        for node in nodes:
            visit = _VISITORS.get(type(node))
            if visit:
                visit(self, node)

    def _name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.read[node.id] += 1
        else:
            self.bound.add(node.id)
            self.own.add(node.id)
            self.self_is_any |= node.id == "self"

    def _attribute(self, node: ast.Attribute) -> None:
        name = node.value.id if isinstance(node.value, ast.Name) else ""
        if not isinstance(node.ctx, ast.Load):
            self.own.add(node.attr)
            self.changed.add(_innermost(node))
            self.changes |= name != "self"
            self.changes_self = True
        elif node.attr == "format":
            self.formats |= not (isinstance(node.value, ast.Constant) and "_" not in str(node.value.value))
        elif name:
            self.attributes_of[name][node.attr] += 1
        else:
            self.attributes.add(node.attr)

    def _call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "type":
            self.asked[name] += len(node.args) == 1 and not isinstance(node.args[0], ast.Starred)
        elif name == "getattr" and len(node.args) in (2, 3) and isinstance(node.args[1], ast.Constant):
            self.asked[name] += 1
            self.attributes.add(str(node.args[1].value))
        elif name == "open" and node.args and isinstance(node.args[0], ast.Constant):
            self.opens_streams += node.args[0].value in _STREAMS

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.bound.add(node.name)
        self.own.add(node.name)

    def _class(self, node: ast.ClassDef) -> None:
        self.bound.add(node.name)
        self.own.add(node.name)
        self.classes.add(node.name)
        self.bases.update(map(_outermost, node.bases))
        self.bases.update("" for _ in node.keywords)  # a metaclass
        for item in node.body:
            if isinstance(item, ast.FunctionDef) and _UNBOUND.isdisjoint(map(_name_of, item.decorator_list)):
                self._selves.update(map(id, item.args.args[:1]))

    def _argument(self, node: ast.arg) -> None:
        self.bound.add(node.arg)
        self.self_is_any |= node.arg == "self" and id(node) not in self._selves

    def _named(self, node: ast.ExceptHandler | ast.MatchAs | ast.MatchStar) -> None:
        self.bound.update(filter(None, [node.name]))

    def _rest(self, node: ast.MatchMapping) -> None:
        self.bound.update(filter(None, [node.rest]))

    def _class_pattern(self, node: ast.MatchClass) -> None:
        self.attributes.update(node.kwd_attrs)

    def _global(self, _: ast.Global) -> None:
        self.changes = True

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.modules.add(alias.name)
            name = alias.asname or alias.name.partition(".")[0]
            self.imported[name].add((alias.name if alias.asname else name, ""))

    def _import_from(self, node: ast.ImportFrom) -> None:
        if not node.module or node.level:
            return
        self.modules.add(node.module)
        for alias in node.names:
            if alias.name == "*":
                self.starred.add(node.module)
            else:
                self.modules.add(f"{node.module}.{alias.name}")
                self.imported[alias.asname or alias.name].add((node.module, alias.name))


_STREAMS = (0, 1, "/dev/stdin")
_UNBOUND = frozenset({"classmethod", "staticmethod"})


def _name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _outermost(base: ast.expr) -> str:
    """Return `a` for a, a.B and a[b]."""
    return _name_of(base.value if isinstance(base, (ast.Attribute, ast.Subscript)) else base)


def _innermost(node: ast.expr) -> str:
    """Return `a` for a.b, a[b], a(b), and so on; empty where something else stands there."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return _name_of(node)


_VISITORS: Mapping[type[ast.AST], Callable[[NamesUsed, Any], None]] = {
    ast.Name: NamesUsed._name,
    ast.Attribute: NamesUsed._attribute,
    ast.Call: NamesUsed._call,
    ast.FunctionDef: NamesUsed._function,
    ast.AsyncFunctionDef: NamesUsed._function,
    ast.ClassDef: NamesUsed._class,
    ast.arg: NamesUsed._argument,
    ast.ExceptHandler: NamesUsed._named,
    ast.MatchAs: NamesUsed._named,
    ast.MatchStar: NamesUsed._named,
    ast.MatchMapping: NamesUsed._rest,
    ast.MatchClass: NamesUsed._class_pattern,
    ast.Global: NamesUsed._global,
    ast.Import: NamesUsed._import,
    ast.ImportFrom: NamesUsed._import_from,
}
