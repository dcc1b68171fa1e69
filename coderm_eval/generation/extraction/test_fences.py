"""The tests of an answer that stand in several fences, and the helpers that they need from the fences before."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Sequence

from coderm_eval.core.programs.assertions import asserts
from coderm_eval.core.programs.source import all_nodes, defines, is_main_guard, parse
from coderm_eval.generation.extraction.fences import Fence, fences
from coderm_eval.generation.extraction.marks import documents
from coderm_eval.generation.extraction.reasoning import without_reasoning
from coderm_eval.generation.extraction.source_text import SourceText
from coderm_eval.generation.extraction.test_classes import test_classes
from coderm_eval.generation.extraction.test_imports import bound_anywhere

__all__ = ["with_other_fences"]

_Wanted = Callable[[ast.Module], bool]

_MOST_FENCES = 30
"""Fences that are looked at, the last of an answer: a model that repeats itself may write thousands."""


class _Block:
    """A fence that is Python."""

    def __init__(self, fence: Fence, tree: ast.Module, *, has_tests: bool, entry_point: str) -> None:
        self.code = fence.body
        self.tree = tree
        self.labelled = fence.labelled
        self.has_tests = has_tests
        self.restates = defines(tree, entry_point) or defines(tree, "Solution")
        self.cases = test_classes(tree)
        read = {node.id for node in all_nodes(tree) if isinstance(node, ast.Name)}
        self.free = read - {*bound_anywhere(all_nodes(tree)), *dir(builtins)}
        self.helpers = [node for node in tree.body if not self._is_test(node)]
        self.bound = {name for node in self.helpers for name in bound_anywhere(all_nodes(node))}
        self.definitions = _definitions(tree, {entry_point, "Solution"})

    def _is_test(self, node: ast.stmt) -> bool:
        name: str = getattr(node, "name", "")
        return node in self.cases or name.lower().startswith("test") or is_main_guard(node)


def with_other_fences(answer: str, code: str, wanted: _Wanted, entry_point: str) -> str:
    """`code`, the last fence with tests of an answer, together with the tests of the fences before it.

    A fence whose classes or methods a later one has is left out: it was corrected. So is a template that asserts
    nothing behind one that does. What the tests need of other fences comes first.
    """
    blocks = _blocks_with(answer, code, wanted, entry_point)
    last = next((block for block in blocks if block.code == code), None)
    if last is None:
        return code
    tests = [block for block in blocks if block.has_tests and block.labelled >= last.labelled]
    parts = {block.code: _with_helpers(blocks, block) for block in tests}
    kept: list[_Block] = []
    for block in [block for block in reversed(tests) if asserts(parse(parts[block.code]) or block.tree)] or [last]:
        if all(bool(block.cases) == bool(other.cases) and not _clash(block, other) for other in kept):
            kept.append(block)
    return _joined([parts[block.code] for block in reversed(kept)])


def _blocks_with(answer: str, code: str, wanted: _Wanted, entry_point: str) -> list[_Block]:
    """The fences of the part of an answer in which `code` is one; none if it is no fence."""

    def fits(text: str) -> bool:
        return (tree := parse(text)) is not None and wanted(tree)

    if code == answer:
        return []
    for text in reversed(without_reasoning(answer, fits)):
        for part in documents(text):
            found = list(fences(part))[-_MOST_FENCES:]
            if any(fence.body == code for fence in found):
                trees = [(fence, tree) for fence in found if (tree := parse(fence.body))]
                return [_Block(fence, tree, has_tests=wanted(tree), entry_point=entry_point) for fence, tree in trees]
    return []


def _with_helpers(blocks: Sequence[_Block], block: _Block) -> str:
    """A block behind what it needs of the blocks before it; a program that is restated there gives nothing."""
    parts = [block.code]
    needed = block.free
    for helper in reversed(blocks[: blocks.index(block)]):
        if needed & helper.bound and (helper.has_tests or not helper.restates):
            parts.append("\n".join(map(SourceText(helper.code).of, helper.helpers)))
            needed = needed | helper.free
    return _joined(parts[::-1])


def _clash(earlier: _Block, later: _Block) -> bool:
    """Return whether both have a class, a test or another definition of one name that is not the same text."""
    one, other = earlier.definitions, later.definitions
    return any(one[name] != other[name] or name.lower().startswith("test") for name in one.keys() & other.keys())


def _definitions(tree: ast.Module, without: set[str]) -> dict[str, str]:
    """What defines each name of a module, and each test method."""
    found: dict[str, str] = {}
    for node in tree.body:
        if not isinstance(node, (ast.Import, ast.ImportFrom)) and not is_main_guard(node):
            text = _text(node)
            found |= {name: text for name in _names(node) if name not in without}
    return found


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return [node.name]
    if isinstance(node, ast.ClassDef):
        methods = (item.name for item in node.body if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)))
        return [node.name, *(name for name in methods if name.startswith("test"))]
    return [*bound_anywhere(all_nodes(node))]


def _text(node: ast.stmt) -> str:
    """The statement without its layout; one that is nested too deeply is like no other."""
    try:
        return ast.dump(node)
    except RecursionError:
        return str(id(node))


def _joined(parts: Sequence[str]) -> str:
    """The parts as one module: imports from `__future__` come first."""
    if len(parts) == 1:
        return parts[0]
    lines = "\n\n".join(map(str.rstrip, parts)).split("\n")
    first = dict.fromkeys(line for line in lines if line.startswith("from __future__ "))
    return "\n".join([*first, *(line for line in lines if line not in first), ""])
