"""Find the unit test in a model's answer or a recorded line: cleaned source, or the reason why there is none."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from coderm_eval.core.programs.assertions import mentions
from coderm_eval.core.programs.source import all_nodes, is_main_guard, parse
from coderm_eval.generation.extraction.assert_groups import has_assert
from coderm_eval.generation.extraction.assert_tests import assert_tests
from coderm_eval.generation.extraction.code import extract_code, unclosed_code
from coderm_eval.generation.extraction.doctests import with_doctests_as_asserts
from coderm_eval.generation.extraction.fences import fences
from coderm_eval.generation.extraction.source_text import SourceText, source_lines
from coderm_eval.generation.extraction.test_classes import has_methods, test_classes, with_run_test_named
from coderm_eval.generation.extraction.test_fences import with_other_fences
from coderm_eval.generation.extraction.test_functions import has_test_functions, with_test_case
from coderm_eval.generation.extraction.test_imports import with_imports_resolved
from coderm_eval.generation.extraction.test_module import kept_statements
from coderm_eval.generation.extraction.web_text import unescaped
from coderm_eval.generation.settings import Extraction

__all__ = ["MOST_TEXT", "Extracted", "extract_tests", "recorded_tests"]

NO_CODE = "no code found"
NO_CLASS = "no TestCase class"
NOT_PYTHON = "not valid Python"
NO_METHOD = "no test method"
NOT_ONE_CLASS = "not exactly one class"
NOT_INSTALLED = "module {} is not installed"
TOO_LONG = "too many asserts"

_MOST_CUTS = 20
"""Most places at which a truncated answer is cut. The last two suffice unless a model repeats itself."""
MOST_TEXT = 10_000_000
"""Most characters of the tests of one recorded line or answer, each of which repeats its helpers."""
_METHOD_START = re.compile(r"[ \t]+(?:@|def\b|async\b)")


class Extracted(NamedTuple):
    """The tests in one answer, usually one; `rejected` is the reason if there are none."""

    sources: tuple[str, ...]
    rejected: str | None = None


def extract_tests(
    answer: str, entry_point: str, extraction: Extraction = "default", *, truncated: bool = False
) -> Extracted:
    """The unittest class in a test writer's answer.

    The whole module is kept but for a re-statement of the function under test and what runs the tests. An import of a
    module that does not exist stands for the candidate; a test that needs a library which is not installed is rejected.
    Of a truncated answer the method in which it ends is dropped; the paper's extraction drops all of it.
    """
    if truncated and extraction == "default" and (whole := _complete_methods(unclosed_code(answer) or "", entry_point)):
        return whole
    code = extract_code(answer, _has_tests, extraction, whole=True)
    if extraction == "paper":
        return _paper_test(code) if code else Extracted((), NO_CODE)
    tree = parse(code)
    if tree is None or not _has_tests(tree):
        other = _plain_asserts(answer, entry_point) or (None if truncated else _doctests(answer, entry_point))
        return other or (_clean(code, entry_point) if code else Extracted((), NO_CODE))
    return _clean(with_other_fences(answer, code, _has_tests, entry_point), entry_point)


def _plain_asserts(answer: str, entry_point: str) -> Extracted | None:
    """The asserts of an answer that has no class, as those of a recorded line; None if it has none of the function.

    Those of all fences, each once, without those in which the function does not occur: an answer may assert things
    about a helper that it made up.
    """

    def wanted(tree: ast.Module) -> bool:
        return mentions(tree, entry_point) and any(has_assert(node) for node in tree.body)

    code = extract_code(answer, wanted, whole=True)
    tree = parse(code)
    if tree is None or not wanted(tree):
        return None
    found = _tests_of_source(unescaped(with_other_fences(answer, code, wanted, entry_point)), entry_point)
    about = [source for source in found.sources if (test := parse(source)) and mentions(test, entry_point)]
    return Extracted(tuple(dict.fromkeys(about))) if about else None


def _doctests(answer: str, entry_point: str) -> Extracted | None:
    """The doctests of an answer, as those of a recorded line; None if it has none of the function."""
    pieces = [fence.body for fence in fences(answer)] or [answer]
    found = (_tests_of_source(unescaped(piece), entry_point) for piece in reversed(pieces) if ">>>" in piece)
    return next((tests for tests in found if any(entry_point in test for test in tests.sources)), None)


def _complete_methods(code: str, entry_point: str) -> Extracted | None:
    """The tests of `code`, which breaks off, up to where its last method begins; None if none are left."""
    lines = source_lines(code)
    starts = [n for n, line in enumerate(lines) if _METHOD_START.match(line)]
    for start in reversed(starts[-_MOST_CUTS:]):
        whole = _clean("".join(lines[:start]), entry_point)
        if not whole.rejected:
            return whole
    return None


def recorded_tests(source: str, entry_point: str) -> Extracted:
    """The tests of one line of a tests file: its classes and test functions as one test, or one test per `assert`.

    An assert's test includes the imports, helpers and other statements above it. Asserts that need what an earlier one
    changed are one test with it. Text with fences is read as a test writer's answer.
    """
    source = unescaped(source)
    found = _tests_of_source(source, entry_point)
    if found.rejected != NOT_PYTHON or not any(fences(source)):
        return found
    answered = extract_tests(source, entry_point)
    return found if answered.rejected == NO_CODE else answered


def _tests_of_source(source: str, entry_point: str) -> Extracted:
    """The tests of Python source, as `recorded_tests` has them."""
    tree = parse(source)
    if tree and _has_tests(tree):
        return _clean(source, entry_point)
    if tree is None or not any(map(has_assert, tree.body)):
        source = with_doctests_as_asserts(source, entry_point)
        tree = parse(source)
    if tree is None:
        return Extracted((), NOT_PYTHON)
    source, missing = with_imports_resolved(_without_asserting_guard(source, tree), entry_point)
    if missing:
        return Extracted((), NOT_INSTALLED.format(missing))
    sources: list[str] = []
    size = 0
    for test in assert_tests(source, kept_statements(parse(source) or tree, entry_point), entry_point):
        sources.append(test)
        size += len(test)
        if size > MOST_TEXT:
            return Extracted((), TOO_LONG)
    return Extracted(tuple(sources), None if sources else NO_CLASS)


def _without_asserting_guard(source: str, tree: ast.Module) -> str:
    """The source with the statements of a main guard that asserts in place of the guard."""
    if not any(map(_is_asserting_guard, tree.body)):
        return source
    body = [
        inner for node in tree.body for inner in (getattr(node, "body", []) if _is_asserting_guard(node) else [node])
    ]
    return ast.unparse(ast.Module(body, []))


def _clean(code: str, entry_point: str) -> Extracted:
    code, not_supplied = with_test_case(with_run_test_named(unescaped(code)), entry_point)
    if not_supplied:
        return Extracted((), not_supplied)
    code, missing = with_imports_resolved(code, entry_point)
    tree = parse(code)
    if tree is None:
        return Extracted((), NOT_PYTHON)
    classes = test_classes(tree)
    if not classes:
        return Extracted((), NO_CLASS)
    if not has_methods(tree, classes):
        return Extracted((), NO_METHOD)
    if missing:
        return Extracted((), NOT_INSTALLED.format(missing))
    kept = map(SourceText(code).of, kept_statements(tree, entry_point))
    return Extracted(("\n\n".join(kept) + "\n",))


def _is_asserting_guard(node: ast.stmt) -> bool:
    return is_main_guard(node) and has_assert(node)


def _has_tests(tree: ast.Module) -> bool:
    return bool(test_classes(tree)) or has_test_functions(tree)


def _paper_test(code: str) -> Extracted:
    """The authors' own cleaning: imports, and the only class with all text up to the next top-level def."""
    code = re.sub(r"if __name__ == ['\"]__main__['\"]:\n    unittest\.main\(\)", "", code)
    tree = parse(code)
    if tree is None or sum(isinstance(node, ast.ClassDef) for node in all_nodes(tree)) != 1:
        return Extracted((), NOT_ONE_CLASS)
    text_of = SourceText(code)
    imports = [
        text_of.of(node)
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom)) and "your_module" not in ast.unparse(node)
    ]
    _, head, rest = ("\n" + code).partition("\nclass ")
    if not head:  # indented, under an `if`
        return Extracted((), NOT_ONE_CLASS)
    body = rest.partition("\ndef ")[0].rstrip()
    return Extracted(("\n".join(imports) + f"\n{head}{body}\n",))
