"""A unit test out of a model's answer or a recorded line: cleaned source, or the reason why there is none."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Sequence
from typing import NamedTuple

from coderm_eval.generation.extraction import Extraction, extract_code, parse

__all__ = ["Extracted", "extract_tests", "recorded_tests"]

NO_CODE = "no code found"
NO_CLASS = "no TestCase class"
NO_METHOD = "no test method"
NOT_ONE_CLASS = "not exactly one class"

# Packages that tests of self-contained functions may import; anything else ("from solution import f")
# stands for the candidate itself, whose names are there already.
_KNOWN_MODULES = frozenset({*sys.stdlib_module_names, "numpy", "pandas", "scipy", "sympy"})


class Extracted(NamedTuple):
    """The tests in one answer: usually one; `rejected` says why there are none."""

    sources: tuple[str, ...]
    rejected: str | None = None


def extract_tests(answer: str, entry_point: str, how: Extraction = "default") -> Extracted:
    """The unittest class in a test writer's answer.

    Kept: imports, helpers, the TestCase classes. Dropped: a re-statement of the function under test,
    `unittest.main()` and other bare statements, `if __name__` blocks, imports of modules that do not exist.
    """
    code = extract_code(answer, lambda tree: bool(_test_classes(tree)), how)
    if not code:
        return Extracted((), NO_CODE)
    return _paper_test(code) if how == "paper" else _clean(code, entry_point)


def recorded_tests(source: str, entry_point: str) -> Extracted:
    """The tests of one line of a tests file: one class, or one class for each plain `assert`."""
    tree = parse(source)
    if tree is None:
        return Extracted((), NO_CODE)
    if _test_classes(tree):
        return _clean(source, entry_point)
    asserts = [node for node in tree.body if isinstance(node, ast.Assert)]
    setup = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    if not asserts:
        return Extracted((), NO_CLASS)
    return Extracted(tuple(_assert_class(source, setup, node) for node in asserts))


def _assert_class(source: str, setup: Sequence[ast.stmt], node: ast.Assert) -> str:
    imports = "".join(_text(source, item) + "\n" for item in setup)
    body = _text(source, node) if node.lineno == node.end_lineno else ast.unparse(node)
    return (
        f"import unittest\n{imports}\n\nclass TestAssert(unittest.TestCase):\n"
        f"    def test_assert(self):\n        {body}\n"
    )


def _clean(code: str, entry_point: str) -> Extracted:
    tree = parse(code)
    classes = _test_classes(tree) if tree else []
    if tree is None or not classes:
        return Extracted((), NO_CLASS)
    if not any(_has_test_method(node) for node in classes):
        return Extracted((), NO_METHOD)
    kept = [text for node in tree.body if (text := _kept(code, node, entry_point))]
    return Extracted(("\n\n".join(kept) + "\n",))


def _kept(code: str, node: ast.stmt, entry_point: str) -> str | None:
    """The text of a top-level statement that a test needs; None for one that it must not have."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return _kept_import(node, entry_point)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return None if node.name in (entry_point, "Solution") else _text(code, node)
    return _text(code, node) if isinstance(node, (ast.Assign, ast.AnnAssign)) else None


def _kept_import(node: ast.Import | ast.ImportFrom, entry_point: str) -> str | None:
    if isinstance(node, ast.ImportFrom):
        if node.level or (node.module or "").partition(".")[0] not in _KNOWN_MODULES:
            return None
        names = [alias for alias in node.names if alias.name != entry_point]
        return ast.unparse(ast.ImportFrom(node.module, names, 0)) if names else None
    names = [a for a in node.names if a.name.partition(".")[0] in _KNOWN_MODULES]
    return ast.unparse(ast.Import(names)) if names else None


def _test_classes(tree: ast.Module) -> list[ast.ClassDef]:
    """Classes that derive from a ...TestCase, directly or through another class of the module."""
    found: list[ast.ClassDef] = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            bases = {ast.unparse(base) for base in node.bases}
            known = {known.name for known in found}
            if any(base.endswith("TestCase") for base in bases) or bases & known:
                found.append(node)
    return found


def _has_test_method(node: ast.ClassDef) -> bool:
    return any(
        isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)) and item.name.startswith("test") for item in node.body
    )


def _text(source: str, node: ast.stmt) -> str:
    """The source of a statement with its decorators, comments inside it included."""
    decorators = getattr(node, "decorator_list", [])
    if decorators:
        return "\n".join(source.split("\n")[decorators[0].lineno - 1 : node.end_lineno])
    return ast.get_source_segment(source, node) or ""


def _paper_test(code: str) -> Extracted:
    """The authors' own cleaning: exactly one class; imports, and the text from it up to the next top-level def."""
    code = re.sub(r"if __name__ == ['\"]__main__['\"]:\n    unittest\.main\(\)", "", code)
    tree = parse(code)
    if tree is None or sum(isinstance(node, ast.ClassDef) for node in ast.walk(tree)) != 1:
        return Extracted((), NOT_ONE_CLASS)
    imports = [
        _text(code, node)
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom)) and "your_module" not in ast.unparse(node)
    ]
    _, head, rest = ("\n" + code).partition("\nclass ")
    body = rest.partition("\ndef ")[0].rstrip()
    return Extracted(("\n".join(imports) + f"\n{head}{body}\n",))
