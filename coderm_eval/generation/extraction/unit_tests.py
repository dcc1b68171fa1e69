"""Find the unit test in a model's answer or a recorded line: cleaned source, or the reason why there is none."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import NamedTuple

from coderm_eval.core.programs.source import bound, is_known_module, parse
from coderm_eval.generation.extraction.code import extract_code, unclosed_code
from coderm_eval.generation.settings import Extraction

__all__ = ["Extracted", "extract_tests", "recorded_tests"]

NO_CODE = "no code found"
NO_CLASS = "no TestCase class"
NO_METHOD = "no test method"
NOT_ONE_CLASS = "not exactly one class"

_LINE_END = re.compile(r"\r\n?|\n")  # as Python's parser counts lines

_MOST_CUTS = 20
"""Most places at which a truncated answer is cut. The last two suffice unless a model repeats itself."""
_METHOD_START = re.compile(r"[ \t]+(?:@|def\b|async\b)")


class Extracted(NamedTuple):
    """The tests in one answer, usually one; `rejected` is the reason if there are none."""

    sources: tuple[str, ...]
    rejected: str | None = None


def extract_tests(
    answer: str, entry_point: str, extraction: Extraction = "default", *, truncated: bool = False
) -> Extracted:
    """The unittest class in a test writer's answer.

    Kept are imports, helpers and the TestCase classes. Dropped are a re-statement of the function under test,
    `unittest.main()` and other bare statements, `if __name__` blocks, and imports of modules that do not exist. Of a
    truncated answer the method in which it ends is dropped; the paper's extraction drops all of it.
    """
    if truncated and extraction == "default" and (whole := _complete_methods(unclosed_code(answer) or "", entry_point)):
        return whole
    code = extract_code(answer, lambda tree: bool(_test_classes(tree)), extraction)
    if not code:
        return Extracted((), NO_CODE)
    return _paper_test(code) if extraction == "paper" else _clean(code, entry_point)


def _complete_methods(code: str, entry_point: str) -> Extracted | None:
    """The tests of `code`, which breaks off, up to where its last method begins; None if none are left."""
    lines = _LINE_END.split(code)
    starts = [n for n, line in enumerate(lines) if _METHOD_START.match(line)]
    for start in reversed(starts[-_MOST_CUTS:]):
        whole = _clean("\n".join(lines[:start]) + "\n", entry_point)
        if not whole.rejected:
            return whole
    return None


def recorded_tests(source: str, entry_point: str) -> Extracted:
    """The tests of one line of a tests file: its TestCase classes as one test, or one test per plain `assert`.

    An assert's test includes the imports, helpers and constants above it.
    """
    tree = parse(source)
    if tree is None:
        return Extracted((), NO_CODE)
    if _test_classes(tree):
        return _clean(source, entry_point)
    setup = ""
    sources = []
    for node in tree.body:
        if isinstance(node, ast.Assert):
            sources.append(_assert_class(setup, _statement_text(source, node)))
        elif text := _kept_text(source, node, entry_point):
            setup += text + "\n"
    return Extracted(tuple(sources), None if sources else NO_CLASS)


def _assert_class(setup: str, statement: str) -> str:
    """A class with one assert. `setup` comes first, as an import from `__future__` must; the further lines of an assert
    need no indentation."""
    return (
        f"{setup}import unittest\n\n\nclass TestAssert(unittest.TestCase):\n"
        f"    def test_assert(self):\n        {statement}\n"
    )


def _clean(code: str, entry_point: str) -> Extracted:
    tree = parse(code)
    classes = _test_classes(tree) if tree else []
    if tree is None or not classes:
        return Extracted((), NO_CLASS)
    if not _runnable(tree, classes):
        return Extracted((), NO_METHOD)
    kept = [text for node in tree.body if (text := _kept_text(code, node, entry_point))]
    return Extracted(("\n\n".join(kept) + "\n",))


def _kept_text(code: str, node: ast.stmt, entry_point: str) -> str | None:
    """The text of a top-level statement that a test needs; None for a statement that it must not contain."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return _kept_import(node, entry_point)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return None if node.name in (entry_point, "Solution") else _statement_text(code, node)
    is_constant = isinstance(node, (ast.Assign, ast.AnnAssign)) and entry_point not in bound(node)
    return _statement_text(code, node) if is_constant else None


def _kept_import(node: ast.Import | ast.ImportFrom, entry_point: str) -> str | None:
    """An import without the names that would hide the function under test.

    An unknown module ("from solution import f") stands for the candidate itself, whose names are defined already; only
    an alias of the function has to be defined.
    """
    if isinstance(node, ast.ImportFrom):
        if node.level or not is_known_module(node.module):
            aliases = [a.asname for a in node.names if a.name == entry_point and a.asname not in (None, entry_point)]
            return "\n".join(f"{alias} = {entry_point}" for alias in aliases) or None
        names = [a for a in node.names if (a.asname or a.name) != entry_point]
        return ast.unparse(ast.ImportFrom(node.module, names, 0)) if names else None
    names = [a for a in node.names if is_known_module(a.name) and (a.asname or a.name) != entry_point]
    return ast.unparse(ast.Import(names)) if names else None


def _test_classes(tree: ast.Module) -> list[ast.ClassDef]:
    """The classes that derive from a ...TestCase, by any imported name, directly or through a class of the module."""
    known = {
        alias.asname
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name.endswith("TestCase")
    }
    found: list[ast.ClassDef] = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            bases = _base_names(node)
            if any(base.endswith("TestCase") for base in bases) or bases & known:
                found.append(node)
                known.add(node.name)
    return found


def _base_names(node: ast.ClassDef) -> set[str]:
    """The last part of the name of each base: TestCase for unittest.TestCase."""
    names = {base.id for base in node.bases if isinstance(base, ast.Name)}
    return names | {base.attr for base in node.bases if isinstance(base, ast.Attribute)}


def _runnable(tree: ast.Module, classes: Sequence[ast.ClassDef]) -> bool:
    """Return whether a test class has a test method, of its own or from a mixin in the module."""
    mixins = {name for node in classes for name in _base_names(node)}
    return any(
        isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)) and item.name.startswith("test")
        for node in tree.body
        if isinstance(node, ast.ClassDef) and (node in classes or node.name in mixins)
        for item in node.body
    )


def _statement_text(source: str, node: ast.stmt) -> str:
    """The source of a statement, with its decorators and the comments inside it."""
    decorators = getattr(node, "decorator_list", [])
    if decorators:
        return "\n".join(_LINE_END.split(source)[decorators[0].lineno - 1 : node.end_lineno])
    return ast.get_source_segment(source, node) or ""


def _paper_test(code: str) -> Extracted:
    """The authors' own cleaning: imports, and the only class with all text up to the next top-level def."""
    code = re.sub(r"if __name__ == ['\"]__main__['\"]:\n    unittest\.main\(\)", "", code)
    tree = parse(code)
    if tree is None or sum(isinstance(node, ast.ClassDef) for node in ast.walk(tree)) != 1:
        return Extracted((), NOT_ONE_CLASS)
    imports = [
        _statement_text(code, node)
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom)) and "your_module" not in ast.unparse(node)
    ]
    _, head, rest = ("\n" + code).partition("\nclass ")
    if not head:  # indented, under an `if`
        return Extracted((), NOT_ONE_CLASS)
    body = rest.partition("\ndef ")[0].rstrip()
    return Extracted(("\n".join(imports) + f"\n{head}{body}\n",))
