"""What can be told of programs and tests without running them: which are the same, and which programs keep a state."""

from __future__ import annotations

import ast
import types
import warnings
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from coderm_eval.core.programs.source import parse

__all__ = ["PURE_MODULES", "ProgramInfo", "analyse", "identity_of_test"]


class ProgramInfo(NamedTuple):
    """What a program's text says."""

    identity: str
    """The same for programs that differ only in comments, docstrings and layout."""
    stateful: bool
    """Whether an answer may depend on earlier calls. In doubt it is yes, which costs time but changes no verdict."""
    imports: tuple[str, ...]
    """Modules that it names in import statements, sorted."""


PURE_MODULES = frozenset(
    {
        *("abc", "array", "base64", "bisect", "cmath", "collections", "copy", "dataclasses", "enum", "fractions"),
        *("functools", "hashlib", "heapq", "itertools", "math", "numbers", "operator", "re", "statistics", "string"),
        *("textwrap", "typing", "unicodedata", "__future__"),
    }
)
_IMPURE_NAMES = frozenset({"__import__", "delattr", "eval", "exec", "globals", "locals", "setattr"})
_IMPURE_CALLS = frozenset({"compile", "hash", "id", "input", "open", "vars"})
"""Built-in functions that are impure when they are called; programs use their names for variables, too."""
_PURE_OF_SYS = frozenset({"maxsize", "set_int_max_str_digits", "setrecursionlimit"})
"""What may be used of `sys`: a process runs one program, so that it does not matter when it sets its own limits."""
_PURE_DECORATORS = frozenset({"classmethod", "dataclass", "property", "staticmethod", "total_ordering"})
"""A cache is not pure: a caller may change what it returns."""


def analyse(program: str) -> ProgramInfo | None:
    """Analyse a program; returns None if the text is not Python."""
    tree = parse(program)
    if tree is None:
        return None
    tree.body = [node for node in tree.body if not _is_main_guard(node)]
    nodes = list(ast.walk(tree))
    stateful = not all(map(_keeps_nothing, tree.body)) or _is_impure(nodes)
    return ProgramInfo(_identity(tree, nodes, program), stateful, tuple(sorted(set(_imports(nodes)))))


def identity_of_test(test: str) -> str | None:
    """Return a text that tests share if they differ only in comments, docstrings and layout; None if not Python."""
    tree = parse(test)
    return _identity(tree, ast.walk(tree), test) if tree else None


def _identity(tree: ast.Module, nodes: Iterable[ast.AST], source: str) -> str:
    """Return the compiled code as text, which is half the work of unparsing; the source if it cannot be compiled."""
    reads_docstrings = "__doc__" in source
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            _forget_line(node)
        if not reads_docstrings and isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            _drop_docstring(node)
    try:
        with warnings.catch_warnings():  # `x is 1` is the model's business, not the user's
            warnings.simplefilter("ignore")
            return repr(_essence(compile(tree, "<source>", "exec", dont_inherit=True)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source


def _essence(code: types.CodeType) -> tuple[Any, ...]:
    """Return all of a code object but its place in the source."""
    constants = [
        _essence(value) if isinstance(value, types.CodeType) else (type(value).__name__, value)
        for value in code.co_consts
    ]
    names = (code.co_name, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    shape = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    return (code.co_code, getattr(code, "co_exceptiontable", b""), names, shape, constants)


def _forget_line(node: ast.ClassDef) -> None:
    """Give a class the first line: from Python 3.13 on its code says on which line it, or its decorator, begins."""
    node.lineno = 1
    for decorator in node.decorator_list:
        decorator.lineno = 1


def _drop_docstring(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    if node.body and isinstance(node.body[0], ast.Expr):
        value = node.body[0].value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            node.body[:1] = [] if len(node.body) > 1 else [ast.Pass(lineno=1, col_offset=0)]


def _is_main_guard(node: ast.stmt) -> bool:
    """Return whether it is `if __name__ == "__main__":`, which never holds in the sandbox."""
    return (
        isinstance(node, ast.If)
        and not node.orelse
        and ast.unparse(node.test) in ("__name__ == '__main__'", "'__main__' == __name__")
    )


def _keeps_nothing(node: ast.stmt) -> bool:
    """Return whether a statement of a module or class leaves nothing that a later call could change."""
    if isinstance(node, ast.FunctionDef):
        defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
        return all(map(_is_constant, defaults)) and all(map(_is_pure_decorator, node.decorator_list))
    if isinstance(node, ast.ClassDef):
        bases = all(isinstance(base, ast.Name) for base in node.bases) and not node.keywords
        return bases and all(map(_keeps_nothing, node.body)) and all(map(_is_pure_decorator, node.decorator_list))
    if isinstance(node, (ast.Expr, ast.Assign, ast.AnnAssign)):
        return node.value is None or _is_constant(node.value) or _sets_a_limit(node.value)
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.Pass))


def _sets_a_limit(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and _is_pure_of_sys(node.func) and all(map(_is_constant, node.args))


def _is_pure_of_sys(node: ast.expr) -> bool:
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        return False
    return node.value.id == "sys" and node.attr in _PURE_OF_SYS


def _is_constant(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return _is_constant(node.operand)
    if isinstance(node, ast.BinOp):
        return _is_constant(node.left) and _is_constant(node.right)
    if isinstance(node, ast.Tuple):
        return all(map(_is_constant, node.elts))
    return isinstance(node, ast.Constant)


def _is_pure_decorator(node: ast.expr) -> bool:
    name = node.func if isinstance(node, ast.Call) else node
    return getattr(name, "id", getattr(name, "attr", "")) in _PURE_DECORATORS


def _imports(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the modules that are named; `from a import b` may name a module a.b, or a function."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names if alias.name != "*")


def _is_impure(nodes: Iterable[ast.AST]) -> bool:
    """Return whether a node changes or reads anything but the arguments and what was made in the same call."""
    nodes = list(nodes)
    impure = _IMPURE_NAMES | {f"{name}()" for name in _IMPURE_CALLS}
    harmless = {id(node.value) for node in nodes if isinstance(node, ast.Attribute) and _is_pure_of_sys(node)}
    used = set()
    for node in nodes:
        if isinstance(node, ast.Name) and id(node) not in harmless:
            used.add(node.id)
            if node.id == "self" and isinstance(node.ctx, ast.Store):
                return True
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            used.add(f"{node.func.id}()")
        elif isinstance(node, ast.Attribute):
            own = isinstance(node.value, ast.Name) and node.value.id == "self"
            if node.attr.startswith("__") or not (own or isinstance(node.ctx, ast.Load)):
                return True
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            impure |= _impure_names(node)
        elif isinstance(node, ast.Global):
            return True
    return "*" in impure or not used.isdisjoint(impure)


def _impure_names(node: ast.Import | ast.ImportFrom) -> set[str]:
    """Return the names that an import statement binds to modules that may keep a state, or to what is in them."""
    if isinstance(node, ast.ImportFrom):
        pure = (node.module or "").partition(".")[0] in PURE_MODULES
        return set() if pure else {alias.asname or alias.name for alias in node.names}
    impure = [alias for alias in node.names if alias.name.partition(".")[0] not in PURE_MODULES]
    return {(alias.asname or alias.name).partition(".")[0] for alias in impure}
