"""Python source as text: parsed, and asked for the names that it defines."""

from __future__ import annotations

import ast
import functools
import symtable
import sys
import warnings
from collections.abc import Iterator

__all__ = [
    *("after_future", "all_nodes", "bound", "child_nodes", "defines", "is_known_module", "is_made"),
    *("is_main_guard", "is_special"),
    *("module_names", "parse", "scopes", "symbol_table", "syntax_tree"),
]


def syntax_tree(source: str) -> ast.Module:
    """The syntax tree of `source`.

    Raises:
        SyntaxError or ValueError: it is no Python, here or anywhere.
        Exception: the parser gives up, as on text that is nested too deeply (MemoryError, RecursionError, SystemError).
    """
    with warnings.catch_warnings():  # "invalid escape sequence" is the model's business, not the user's
        warnings.simplefilter("ignore")
        return ast.parse(source)


def parse(source: str) -> ast.Module | None:
    """The syntax tree of `source`, which others may have, too, and nobody changes; None if it has none."""
    return _parsed_lately(source) if len(source) <= _LONGEST_KEPT else _parsed(source)


def _parsed(source: str) -> ast.Module | None:
    try:
        return syntax_tree(source)
    except Exception:
        return None


_LONGEST_KEPT = 10_000
"""Characters of a text whose tree is kept for a moment."""

_parsed_lately = functools.lru_cache(maxsize=8)(_parsed)
"""Reading a test parses it five times, at 0.1 ms each."""


_WITHOUT_NODES = frozenset(
    {
        *("arg", "asname", "attr", "conversion", "ctx", "id", "is_async", "kind", "kwd_attrs", "level", "lineno"),
        *("module", "op", "ops", "rest", "simple", "str", "tag", "type_comment"),
    }
)
"""Fields that hold no node, or one that says no more than its type: a context, an operator."""
_LEAVES = frozenset({"Constant", "Global", "MatchSingleton", "Nonlocal", "ParamSpec", "TypeIgnore", "alias"})
"""Types of nodes that hold no other."""
_NAMED = frozenset({"AsyncFunctionDef", "ClassDef", "ExceptHandler", "FunctionDef", "MatchAs", "MatchStar"}) | {
    *("TypeVar", "TypeVarTuple")
}
"""Types of nodes whose name is text."""


def all_nodes(tree: ast.AST) -> list[ast.AST]:
    """A node and all that are in it, the outer before the inner, but contexts and operators.

    It takes a third of the time of `ast.walk`, which is most of the time of looking through a program.
    """
    nodes = [tree]
    for node in nodes:  # which grows meanwhile
        nodes += child_nodes(node)
    return nodes


def child_nodes(node: ast.AST) -> list[ast.AST]:
    """The nodes directly in a node, in their order, but contexts and operators."""
    nodes: list[ast.AST] = []
    for name in _FIELDS[type(node)]:
        value = getattr(node, name, None)
        if type(value) is list:
            nodes += [item for item in value if item is not None] if None in value else value
        elif value is not None:
            nodes.append(value)
    return nodes


class _Fields(dict[type[ast.AST], tuple[str, ...]]):
    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        without = _WITHOUT_NODES | {"name"} if kind.__name__ in _NAMED else _WITHOUT_NODES
        self[kind] = () if kind.__name__ in _LEAVES else tuple(name for name in kind._fields if name not in without)
        return self[kind]


_FIELDS = _Fields()
"""By the type of a node, those that may hold nodes."""


def after_future(program: str, statements: str) -> str:
    """A program with `statements` at its start, but after imports from `__future__`, which have to be first."""
    tree = parse(program) or ast.Module([], [])
    first = max([node.end_lineno or 0 for node in tree.body if _is_future(node)], default=0)
    lines = program.split("\n")
    return "\n".join([*lines[:first], statements, *lines[first:], ""])


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def is_special(name: str) -> bool:
    """Return whether a name is one of Python's own, such as `__dict__`; `__` is a variable that nobody reads."""
    return name.startswith("__") and name.endswith("__") and name.strip("_") != ""


def is_main_guard(node: ast.stmt) -> bool:
    """Return whether it is `if __name__ == "__main__":`, which never holds in the sandbox."""
    if not isinstance(node, ast.If) or node.orelse or not isinstance(node.test, ast.Compare):
        return False
    sides = [node.test.left, *node.test.comparators]
    named = [side.id for side in sides if isinstance(side, ast.Name)] == ["__name__"]
    compared = [side.value for side in sides if isinstance(side, ast.Constant)] == ["__main__"]
    return named and compared and len(sides) == 2 and isinstance(node.test.ops[0], ast.Eq)


def symbol_table(source: str) -> symtable.SymbolTable | None:
    """The names of each scope of a program; None if it has none that can be told."""
    try:
        with warnings.catch_warnings():  # from Python 3.12 on the compiler warns of escapes here, too
            warnings.simplefilter("ignore")
            return symtable.symtable(source, "program.py", "exec")
    except Exception:  # no Python, or too much for the compiler: MemoryError from 6,000 minus signs in a row
        return None


def scopes(scope: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    """A scope and all that are in it."""
    yield scope
    for inner in scope.get_children():
        yield from scopes(inner)


def module_names(source: str) -> set[str]:
    """The names that a program defines or imports at module level; none if it is no Python."""
    table = symbol_table(source)
    symbols = table.get_symbols() if table else []
    return {symbol.get_name() for symbol in symbols if is_made(symbol)}


def is_made(symbol: symtable.Symbol) -> bool:
    """Return whether a scope gives a name of its own a meaning."""
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


# Packages that a program or a test of a self-contained function may import from.
_KNOWN_MODULES = frozenset({*sys.stdlib_module_names, "numpy", "pandas", "scipy", "sympy"})


def defines(tree: ast.Module, name: str) -> bool:
    """Return whether the module defines `name` outside of functions: a function, class, variable or library's import.

    `from solution import f` defines nothing: it uses a program that stands elsewhere.
    """
    return any(name in bound(node) for node in tree.body)


def is_known_module(name: str | None) -> bool:
    """Return whether `name` (dotted; None for a relative import) is in the standard library or a common package."""
    return (name or "").partition(".")[0] in _KNOWN_MODULES


def bound(node: ast.stmt) -> Iterator[str]:
    """The names that a top-level statement defines, in its branches too: `try: import x; def f…`.

    A main guard defines none: it is not run.
    """
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
        yield node.target.id
    elif isinstance(node, ast.ImportFrom) and not node.level and is_known_module(node.module):
        yield from (alias.asname or alias.name for alias in node.names)
    elif isinstance(node, (ast.If, ast.Try, ast.With, ast.For)) and not is_main_guard(node):
        inner = [*node.body, *getattr(node, "orelse", []), *getattr(node, "finalbody", [])]
        for handler in getattr(node, "handlers", []):
            inner += handler.body
        for statement in inner:
            yield from bound(statement)
