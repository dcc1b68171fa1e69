"""A program without what models write around the function: usage, asserts, prose that happens to be Python."""

from __future__ import annotations

import ast

from coderm_eval.core.programs.source import bound, parse
from coderm_eval.generation.extraction.names import DEFINITIONS, IMPORTS, binds, calls, loads, needed_by, stores, users
from coderm_eval.generation.extraction.setting import sets_attributes, setting_statements
from coderm_eval.generation.extraction.source_text import source_lines
from coderm_eval.generation.extraction.stubs import is_empty

__all__ = ["without_usage"]

_ENDINGS = frozenset({"exit", "quit", "sys.exit", "input", "unittest.main", "doctest.testmod", "pytest.main"})


def without_usage(source: str, name: str, *, first: bool = False) -> str:
    """A program without the top-level statements that its function `name` does not need and that could break it.

    Dropped are asserts, statements that use the function, and definitions and variables behind it that nothing needs.
    Statements behind it stay that set, fill or register something. The text is unchanged where nothing is dropped, or
    where `name` is not defined.

    Args:
        first: whether the first definition counts, and not the last: a base model goes on with other exercises.
    """
    tree = parse(source)
    places = [n for n, node in enumerate(tree.body) if name in bound(node)] if tree else []
    if tree is None or not places:
        return source
    place = next((n for n in places if not _is_stub(tree.body[n])), places[-1]) if first else places[-1]
    statements = [node for n, node in enumerate(tree.body) if not (first and n > place and n in places)]
    position = statements.index(tree.body[place])
    own = needed_by(statements, [name])
    usage = {name, *(users(statements, [name]) - own)}
    setting = setting_statements(statements, position, usage, other_exercises=first)
    setting = [node for node in setting if not _breaks(node, usage, own, name)]
    needed = own | needed_by(statements, set().union(*map(loads, setting)))
    helpers = needed - usage
    kept: list[ast.stmt] = []
    for n, node in enumerate(statements):
        behind = n > position and node not in setting and not _serves(node, helpers, name)
        if _breaks(node, usage, needed, name) or behind:
            usage |= set() if isinstance(node, DEFINITIONS) else stores(node) - needed
        else:
            kept.append(node)
    return _text_of(source, tree.body, kept)


def _is_stub(node: ast.stmt) -> bool:
    """Return whether it is a function without a body, as the prompt that the answer repeats."""
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and is_empty(node)


def _breaks(node: ast.stmt, usage: set[str], needed: set[str], name: str) -> bool:
    """Return whether a statement tests, uses or imports the function, ends the process, or is prose."""
    if isinstance(node, ast.Assert):
        return True
    if isinstance(node, (*DEFINITIONS, *IMPORTS)):
        return isinstance(node, ast.ImportFrom) and name in binds(node) and name not in bound(node)
    if calls(node) & _ENDINGS or (loads(node) & usage and not binds(node) & usage):
        return not sets_attributes(node)
    if binds(node) & needed:
        return False
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return True
    if isinstance(node, ast.Expr) and not isinstance(node.value, (ast.Call, ast.Constant, ast.Await)):
        return True
    return not sets_attributes(node) and bool(loads(node) & usage)


def _serves(node: ast.stmt, helpers: set[str], name: str) -> bool:
    """Return whether a statement behind the function binds or changes something that the function needs."""
    if not (bound_here := binds(node)).isdisjoint(helpers) or name in bound_here:
        return True
    if isinstance(node, (*DEFINITIONS, *IMPORTS)):
        return False
    return not (read := loads(node)).isdisjoint(helpers) or name in read


def _text_of(source: str, statements: list[ast.stmt], kept: list[ast.stmt]) -> str:
    """The source without the lines of the statements that are not kept, unless a kept one shares them."""
    if len(kept) == len(statements):
        return source
    stay = {line for node in kept for line in _lines(node)}
    staying = set(map(id, kept))
    dropped = {line for node in statements if id(node) not in staying for line in _lines(node)} - stay
    lines = enumerate(source_lines(source), 1)
    return "".join(line for number, line in lines if number not in dropped).rstrip() + "\n"


def _lines(node: ast.stmt) -> range:
    first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
    return range(first, (node.end_lineno or node.lineno) + 1)
