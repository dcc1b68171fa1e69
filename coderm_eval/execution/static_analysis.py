"""Programs and tests as text, looked at without being run: which are the same, and which programs keep a state."""

from __future__ import annotations

import ast
import types
import warnings
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from coderm_eval.core.programs.source import parse

__all__ = ["PURE_MODULES", "ProgramInfo", "analyse", "identity_of_test"]


class ProgramInfo(NamedTuple):
    """A program's text, read."""

    identity: str
    """The same for programs that differ only in comments, docstrings and layout."""
    stateful: bool
    """Whether an answer may depend on earlier calls. Not sure is yes, which costs time but changes no verdict."""
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
"""Of built-in functions whose names programs like to give to variables."""
_PURE_OF_SYS = frozenset({"maxsize", "set_int_max_str_digits", "setrecursionlimit"})
"""What may be used of `sys`: a process runs one program, whose limits are the same whenever they are set."""
_PURE_DECORATORS = frozenset({"classmethod", "dataclass", "property", "staticmethod", "total_ordering"})
"""A cache is none: what it returns may be changed by the next caller."""


def analyse(program: str) -> ProgramInfo | None:
    """None if the text is no Python."""
    tree = parse(program)
    if tree is None:
        return None
    tree.body = [node for node in tree.body if not _is_main_guard(node)]
    nodes = list(ast.walk(tree))
    stateful = not all(map(_keeps_nothing, tree.body)) or _is_impure(nodes)
    return ProgramInfo(_identity(tree, nodes, program), stateful, tuple(sorted(set(_imports(nodes)))))


def identity_of_test(test: str) -> str | None:
    """The same for tests that differ only in comments, docstrings and layout; None if the text is no Python."""
    tree = parse(test)
    return _identity(tree, ast.walk(tree), test) if tree else None


def _identity(tree: ast.Module, nodes: Iterable[ast.AST], source: str) -> str:
    """Of the compiled code, which is half the work of writing out the tree; the source itself if it has none."""
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
    """All of a code object but its place in the source."""
    constants = [
        _essence(value) if isinstance(value, types.CodeType) else (type(value).__name__, value)
        for value in code.co_consts
    ]
    names = (code.co_name, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    shape = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    return (code.co_code, getattr(code, "co_exceptiontable", b""), names, shape, constants)


def _forget_line(node: ast.ClassDef) -> None:
    """From Python 3.13 on the code of a class's body says on which line its definition, or its decorator, begins."""
    node.lineno = 1
    for decorator in node.decorator_list:
        decorator.lineno = 1


def _drop_docstring(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    if node.body and isinstance(node.body[0], ast.Expr):
        value = node.body[0].value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            node.body[:1] = [] if len(node.body) > 1 else [ast.Pass(lineno=1, col_offset=0)]


def _is_main_guard(node: ast.stmt) -> bool:
    """`if __name__ == "__main__":`, which it never is here."""
    return (
        isinstance(node, ast.If)
        and not node.orelse
        and ast.unparse(node.test) in ("__name__ == '__main__'", "'__main__' == __name__")
    )


def _keeps_nothing(node: ast.stmt) -> bool:
    """Whether a statement of a module or class leaves behind nothing that a later call could change."""
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
    """`from a import b` may name a module a.b, or a function."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names if alias.name != "*")


def _is_impure(nodes: Iterable[ast.AST]) -> bool:
    """Whether a node changes or looks at anything but the arguments and what was made in the same call."""
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
    """The names that an import statement binds to modules, or to what is in them, that may keep a state."""
    if isinstance(node, ast.ImportFrom):
        pure = (node.module or "").partition(".")[0] in PURE_MODULES
        return set() if pure else {alias.asname or alias.name for alias in node.names}
    impure = [alias for alias in node.names if alias.name.partition(".")[0] not in PURE_MODULES]
    return {(alias.asname or alias.name).partition(".")[0] for alias in impure}
