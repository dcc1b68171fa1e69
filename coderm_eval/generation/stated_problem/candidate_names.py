"""What candidates define and read, before it is known what they should."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from coderm_eval.core.programs.solution_class import CLASS
from coderm_eval.core.programs.source import all_nodes, is_special, parse
from coderm_eval.core.records import Form
from coderm_eval.generation.extraction.code import extract_code
from coderm_eval.generation.extraction.names import DEFINITIONS, binds, loads

__all__ = ["CandidateNames", "candidate_names"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class CandidateNames:
    """The names in a problem's candidates."""

    programs: int
    """Candidates that are Python."""
    readers: int
    """Those that read standard input."""
    defined: Counter[str]
    """Names that they define at their top level, with the number of candidates that do."""
    entries: Counter[tuple[Form, str]]
    """Functions, and methods of a class `Solution`, that take something and that no other such uses, with the number of
    candidates that have them. Of one program the last come last."""

    def is_common(self, count: int) -> bool:
        """Return whether at least half of the programs are so."""
        return 0 < self.programs <= 2 * count

    def entry(self) -> tuple[Form, str] | None:
        """The form and name that most programs have; the last of several; None where fewer than half have it."""
        best = max(reversed(self.entries), key=self.entries.__getitem__, default=None)
        return best if best and self.is_common(self.entries[best]) else None


def candidate_names(answers: Sequence[str]) -> CandidateNames:
    """The names in the programs of these answers."""
    programs = {answer: _program(answer) for answer in dict.fromkeys(answers)}
    trees = [tree for answer in answers if (tree := programs[answer]) is not None]
    defined = Counter(name for tree in trees for name in set().union(*map(binds, tree.body)))
    entries = Counter(entry for tree in trees for entry in dict.fromkeys(_entries(tree)))
    return CandidateNames(len(trees), sum(map(_reads_input, trees)), defined, entries)


def _program(answer: str) -> ast.Module | None:
    """The program in an answer: code that defines something, or else that calls something; None if there is none."""
    for kinds in (DEFINITIONS, (ast.Call,)):
        tree = parse(extract_code(answer, partial(_has, kinds)))
        if tree is not None and _has((*DEFINITIONS, ast.Call), tree):
            return tree
    return None


def _has(kinds: tuple[type[ast.AST], ...], tree: ast.Module) -> bool:
    return any(isinstance(node, kinds) for node in all_nodes(tree))


def _entries(tree: ast.Module) -> Iterator[tuple[Form, str]]:
    """Yield what may be called from outside: methods of a class `Solution`, then functions, in the program's order."""
    functions = [node for node in tree.body if isinstance(node, _FUNCTIONS) and _takes(node)]
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    used = {name for node in (*functions, *classes) for name in loads(node) - {node.name}}
    yield from (("method", name) for node in classes if node.name == CLASS for name in _methods(node))
    yield from (("function", node.name) for node in functions if node.name not in used)


def _methods(solution: ast.ClassDef) -> Iterator[str]:
    methods = [node for node in solution.body if isinstance(node, _FUNCTIONS) and not is_special(node.name)]
    used = {name for method in methods for name in _attributes(method) - {method.name}}
    yield from (method.name for method in methods if _takes(method) and method.name not in used)


def _attributes(node: ast.AST) -> set[str]:
    return {inner.attr for inner in all_nodes(node) if isinstance(inner, ast.Attribute)}


def _takes(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether there is something to call it with: without, no test can tell it from another."""
    taken = function.args
    named = [argument.arg for argument in (*taken.posonlyargs, *taken.args)]
    return bool(named[named[:1] == ["self"] :] or taken.vararg or taken.kwonlyargs or taken.kwarg)


def _reads_input(tree: ast.Module) -> bool:
    return any(
        (isinstance(node, ast.Name) and node.id in ("input", "stdin"))
        or (isinstance(node, ast.Attribute) and node.attr == "stdin")
        or (isinstance(node, ast.Call) and _opens_descriptor(node))
        for node in all_nodes(tree)
    )


def _opens_descriptor(call: ast.Call) -> bool:
    """Return whether it is `open(0)` or `os.read(0, ...)`."""
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    given = call.args[0] if call.args else None
    return name in ("open", "read", "fdopen") and isinstance(given, ast.Constant) and given.value in (0, "/dev/stdin")
