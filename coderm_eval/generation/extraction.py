"""Code out of a model's answer: one way for candidate programs and for unit tests.

The order: drop the reasoning, prefer the last Python-labelled fence that has what is wanted, then any
fence that has it, then the last fence at all, then the whole text if that has it. "What is wanted" is a
function of the syntax tree: the entry point for a program, a TestCase for a test.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

__all__ = ["Extraction", "defines", "extract_code", "extract_program", "parse"]

Extraction = Literal["default", "paper"]

_PYTHON_LABELS = frozenset({"python", "py", "python3", "python2"})
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[ \t]*([^\s`]*)[^`\n]*$")
_PAPER_FENCES = (
    re.compile(r"```python\n(.*?)\n```", re.DOTALL),
    re.compile(r"```\n(.*?)\n```", re.DOTALL),
)


class _Fence(NamedTuple):
    labelled: bool
    body: str


def extract_program(answer: str, entry_point: str, how: Extraction = "default") -> str:
    """The program in an answer to a policy prompt; empty if there is none."""
    return extract_code(answer, lambda tree: defines(tree, entry_point), how)


def extract_code(answer: str, wanted: Callable[[ast.Module], bool], how: Extraction = "default") -> str:
    """The piece of Python source in `answer` for which `wanted` holds, or the likeliest one; empty if none.

    `how="paper"` keeps an answer only if it has exactly one fenced block, as the authors' scripts do.
    """
    if how == "paper":
        return _only_fence(answer)
    text = answer.rpartition("</think>")[2]
    fences = list(_fences(text))
    fitting = [f for f in fences if (tree := parse(f.body)) is not None and wanted(tree)]
    for choice in (
        [f.body for f in fitting if f.labelled],
        [f.body for f in fitting],
        [f.body for f in fences if f.labelled],
        [f.body for f in fences],
    ):
        if choice:
            return choice[-1]
    tree = parse(text)
    return text if tree is not None and wanted(tree) else ""


def parse(source: str) -> ast.Module | None:
    """The syntax tree of `source`; None if it is no Python (or too deep for the parser)."""
    try:
        with warnings.catch_warnings():  # "invalid escape sequence" is the model's business, not the user's
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def defines(tree: ast.Module, name: str) -> bool:
    """Whether the module binds `name` at top level: a function, a class, an import or an assignment."""
    return any(name in _bound(node) for node in tree.body)


def _bound(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from (alias.asname or alias.name for alias in node.names)


def _fences(text: str) -> Iterator[_Fence]:
    """Fenced blocks as CommonMark reads them: a fence closes with at least as many marks; the last may stay open."""
    opening: re.Match[str] | None = None
    body: list[str] = []
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if opening is None:
            opening, body = mark, []
        elif mark and not mark[2] and mark[1].startswith(opening[1]):
            yield _Fence(opening[2].lower() in _PYTHON_LABELS, "\n".join(body))
            opening = None
        else:
            body.append(line)
    if opening is not None:
        yield _Fence(opening[2].lower() in _PYTHON_LABELS, "\n".join(body))


def _only_fence(answer: str) -> str:
    """The paper's extraction: the one ```python block, or else the one unlabelled block; empty otherwise."""
    for pattern in _PAPER_FENCES:
        blocks: list[str] = pattern.findall(answer)
        if blocks:
            return blocks[0] if len(blocks) == 1 else ""
    return ""
