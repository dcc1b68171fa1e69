"""The imports of a test: its libraries stay, and a module that is not there stands for the candidate.

Test writers do not know where the function under test is, so they invent a module for it: `from solution import f`,
`import your_module as m`, `from src import solution`. Such an import becomes a name for the candidate, at any depth.
"""

from __future__ import annotations

import ast
import builtins
import importlib.util
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from coderm_eval.core.programs.given_to_tests import CANDIDATE_MODULE
from coderm_eval.core.programs.solution_class import CLASS
from coderm_eval.core.programs.source import after_future, all_nodes, is_known_module, parse
from coderm_eval.generation.extraction.dotted import dotted
from coderm_eval.generation.extraction.names import imported_as
from coderm_eval.generation.extraction.source_text import replaced

__all__ = ["bound_anywhere", "with_imports_resolved"]

_LIBRARIES = frozenset(
    {
        *("pytest", "parameterized", "ddt", "hypothesis", "nose", "nose2", "nose_parameterized", "testtools", "mock"),
        *("absl", "hamcrest", "testfixtures", "pyfakefs", "deepdiff", "pytest_check", "pytest_benchmark", "flaky"),
        *("freezegun", "faker", "pytest_mock", "pytest_asyncio", "unittest2", "asynctest", "aiounittest", "assertpy"),
        *("networkx", "sklearn", "torch", "tensorflow", "matplotlib", "requests"),
        *("sortedcontainers", "six", "attr", "attrs", "pydantic", "dateutil", "pytz", "yaml", "psutil", "dirtyjson"),
        *("timeout_decorator", "func_timeout", "wrapt_timeout_decorator", "typing_extensions", "gmpy2", "mpmath"),
    }
)
"""Packages that tests are written with, besides those that `is_known_module` knows: not installed, they are missing; no
candidate has such a name."""

_IMPORT_FAILURES = ("ImportError", "ModuleNotFoundError", "Exception", "BaseException")

_BUILTINS = frozenset(dir(builtins))
_BINDING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.arg)
"""Types of nodes that bind a name, besides names and imports."""

_IMPORTING = ("importlib.import_module", "import_module", "__import__")

_FROM_UNITTEST = {
    **{name: f"from unittest import {name}" for name in ("TestCase", "IsolatedAsyncioTestCase")},
    **{name: f"from unittest.mock import {name}" for name in ("patch", "MagicMock", "Mock")},
}
_MODULES = {
    **{name: f"import {name}" for name in ("unittest", "pytest", "math", "random", "itertools", "collections", "re")},
    **{name: f"import {name}" for name in ("json", "string", "sys", "os", "time", "datetime", "copy", "functools")},
    **{"np": "import numpy as np", "pd": "import pandas as pd"},
}
"""Names that a test may use as modules without the import, which then stands in another block of the answer."""


def with_imports_resolved(code: str, entry_point: str) -> tuple[str, str | None]:
    """A test's source with the imports that it needs, and the name of a module that it needs and that is missing.

    The function under test is never hidden by an import of that name.
    """
    tree = parse(code)
    if tree is None:
        return code, None
    nodes = _Nodes(tree)
    imports = _Imports(nodes, entry_point)
    changes = [
        (node, text) for node in (*nodes.imports, *nodes.calls) if (text := imports.replacement(node)) is not None
    ]
    changed = replaced(code, changes) if changes else code
    if any("_Candidate(" in text for _, text in changes):
        changed = after_future(changed, CANDIDATE_MODULE).removesuffix("\n")
    nodes = nodes if changed is code else _Nodes(parse(changed) or ast.Module([], []))
    return _completed(changed, nodes, entry_point), next(imports.missing(), None)


class _Nodes:
    """The nodes of a test by what they are, of which each is gone through alone: most nodes are none of these."""

    def __init__(self, tree: ast.Module) -> None:
        found: defaultdict[type[ast.AST], list[Any]] = defaultdict(list)
        for node in all_nodes(tree):
            found[type(node)].append(node)
        self.imports: list[ast.Import | ast.ImportFrom] = found[ast.Import] + found[ast.ImportFrom]
        self.calls: list[ast.Call] = found[ast.Call]
        self.names: list[ast.Name] = found[ast.Name]
        self.attributes: list[ast.Attribute] = found[ast.Attribute]
        self.tries: list[ast.Try] = found[ast.Try]
        self.binding = [*self.names, *self.imports, *(node for kind in _BINDING for node in found[kind])]
        """Those in which `bound_anywhere` finds names."""


class _Imports:
    """The imports of one test, and how it uses what they import."""

    def __init__(self, nodes: _Nodes, entry_point: str) -> None:
        self._imports = nodes.imports
        self._entry_point = entry_point
        self._names = {node.id for node in nodes.names}
        self._modules = _used_as_modules(nodes.attributes)
        self._excused = {id(inner) for node in nodes.tries if _expects_failure(node) for inner in all_nodes(node)}
        self._others = set(self._other_packages())

    def missing(self) -> Iterator[str]:
        """Yield the libraries that the test uses and that are not installed."""
        for node in self._imports:
            if id(node) in self._excused:
                continue
            for module, name in _imported(node):
                if self._is_library(module) and not self._works(node, module) and (name in self._names or name == "*"):
                    yield module.partition(".")[0]

    def replacement(self, node: ast.Import | ast.ImportFrom | ast.Call) -> str | None:
        """The statements in place of an import; None where `node` stays as it is."""
        if isinstance(node, ast.Import):
            return self._of_import(node)
        if isinstance(node, ast.ImportFrom):
            return self._of_from_import(node)
        if dotted(node.func) in _IMPORTING:
            module = node.args[0] if node.args else None
            if isinstance(module, ast.Constant) and isinstance(module.value, str):
                return None if self._is_library(module.value) else "_Candidate()"
        return None

    def _other_packages(self) -> Iterator[str]:
        """Yield packages that are used for something else than the function under test."""
        for node in self._imports:
            for alias in node.names if isinstance(node, ast.Import) else ():
                used = self._modules.get(imported_as(alias), set())
                if used and not self._is_candidate(imported_as(alias)):
                    yield alias.name.partition(".")[0]

    def _is_candidate(self, name: str) -> bool:
        """Return whether a name is used as a module with the function under test, or with its class."""
        return not self._modules.get(name, set()).isdisjoint({self._entry_point, CLASS})

    def _is_library(self, module: str) -> bool:
        package = module.partition(".")[0]
        return is_known_module(module) or package in _LIBRARIES or package in self._others

    def _works(self, node: ast.AST, module: str) -> bool:
        """Return whether the import of a library does no harm: it works, or the test goes on without it."""
        package = module.partition(".")[0]
        return package in sys.stdlib_module_names or id(node) in self._excused or _is_installed(package)

    def _of_import(self, node: ast.Import) -> str | None:
        kept: list[ast.alias] = []
        names: list[str] = []
        for alias in node.names:
            if not self._is_library(alias.name):
                names += self._stand_ins(alias)
            elif (alias.asname or alias.name) != self._entry_point and self._works(node, alias.name):
                kept.append(alias)
        if len(kept) == len(node.names):
            return None
        return _joined([ast.unparse(ast.Import(kept))] if kept else [], names)

    def _stand_ins(self, alias: ast.alias) -> Iterator[str]:
        """Yield the statement that makes the name of an imported module stand for the candidate."""
        path = alias.name.split(".")
        name, function = alias.asname or path[0], self._entry_point
        if name == function:
            if function in self._modules.get(name, ()):  # `import f`, then `f.f(1)`
                yield f"{function}.{function} = {function}"
        elif name in self._names:
            yield f"{name} = _Candidate({', '.join(map(repr, path[1:])) if alias.asname is None else ''})"

    def _of_from_import(self, node: ast.ImportFrom) -> str | None:
        module = node.module or ""
        if not node.level and self._is_library(module):
            kept = [a for a in node.names if (a.asname or a.name) != self._entry_point]
            works = self._works(node, module)
            if works and len(kept) == len(node.names):
                return None
            return _joined([ast.unparse(ast.ImportFrom(module, kept, 0))] if works and kept else [], [])
        names: list[str] = []
        for alias in node.names:
            name = alias.asname or alias.name
            if name == self._entry_point:
                continue
            if alias.name == self._entry_point:
                names.append(f"{name} = {self._entry_point}")
            elif self._is_candidate(name) and not name[:1].isupper():
                names.append(f"{name} = _Candidate()")
            elif name not in (alias.name, "*") and name in self._names and id(node) not in self._excused:
                names.append(f"{name} = {alias.name}")
        return _joined([], names)


def _expects_failure(node: ast.Try) -> bool:
    """Return whether a `try` goes on without the import."""
    kinds = [kind for handler in node.handlers for kind in getattr(handler.type, "elts", [handler.type])]
    return any(kind is None or dotted(kind) in _IMPORT_FAILURES for kind in kinds)


def _used_as_modules(nodes: Iterable[ast.Attribute]) -> dict[str, set[str]]:
    """The attributes that are used of each name, at any depth: {"src": {"solution", "f"}} for `src.solution.f`."""
    used: dict[str, set[str]] = {}
    for node in nodes:
        attributes = []
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            attributes.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name):
            used.setdefault(inner.id, set()).update(attributes)
    return used


def _imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield each module that a statement imports or imports from, with the name that it binds."""
    if isinstance(node, ast.Import):
        yield from ((a.name, imported_as(a)) for a in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
        yield from ((node.module, a.asname or a.name) for a in node.names)


def _is_installed(package: str) -> bool:
    return package in sys.modules or importlib.util.find_spec(package) is not None


def _joined(kept: Sequence[str], names: Sequence[str]) -> str:
    return "; ".join([*kept, *names]) or "pass"


def _completed(code: str, nodes: _Nodes, entry_point: str) -> str:
    """The source with the imports that it uses and does not have; `nodes` are its own."""
    names = {node.id for node in nodes.names}
    modules = _used_as_modules(nodes.attributes)
    bound = {entry_point, *bound_anywhere(nodes.binding)} | _BUILTINS
    wanted = [text for name, text in _FROM_UNITTEST.items() if name in names - bound]
    wanted += [text for name, text in _MODULES.items() if name not in bound and name in modules]
    return after_future(code, "\n".join(wanted)).removesuffix("\n") if wanted else code


def bound_anywhere(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Names that some statement among the nodes of a test binds, in whatever scope."""
    for node in nodes:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (imported_as(alias) for alias in node.names)
