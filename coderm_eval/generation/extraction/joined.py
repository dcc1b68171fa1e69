"""A program whose helpers, imports or constants stand in other fences of the answer."""

from __future__ import annotations

import ast
import builtins

from coderm_eval.core.programs.source import after_future, module_names, parse, scopes, symbol_table
from coderm_eval.generation.extraction.fences import fences
from coderm_eval.generation.extraction.names import DEFINITIONS, IMPORTS, binds, loads
from coderm_eval.generation.extraction.reasoning import without_reasoning
from coderm_eval.generation.extraction.source_text import SourceText

__all__ = ["joined"]

_BUILTINS = frozenset(dir(builtins))


def joined(code: str, answer: str) -> str:
    """The code of one fence with the definitions of other fences that it needs; the code itself if it lacks none."""
    bodies = [fence.body for part in without_reasoning(answer, _is_python) for fence in fences(part)]
    if code not in bodies or len(bodies) == 1 or not (missing := _missing(code)):
        return code
    own = module_names(code)
    known: dict[str, tuple[int, str, set[str]]] = {}
    for body in bodies:
        text = SourceText(body)
        for node in (parse(body) or ast.Module([], [])).body if body != code else []:
            if _is_definition(node, own):
                known |= dict.fromkeys(binds(node) - own, (len(known), text.of(node), loads(node)))
    taken: dict[str, int] = {}
    while found := missing & known.keys():
        missing -= found
        for place, source, read in (known[name] for name in found):
            taken[source] = place
            missing |= read & known.keys() - {name for name in known if known[name][1] in taken}
    if not taken:
        return code
    program = after_future(code, "\n\n".join(sorted(taken, key=lambda source: taken[source])))
    return program if parse(program) else code


def _is_python(code: str) -> bool:
    return parse(code) is not None


def _missing(code: str) -> set[str]:
    """The names that a program reads and does not define."""
    table = symbol_table(code)
    read = {
        symbol.get_name()
        for scope in (scopes(table) if table else ())
        for symbol in scope.get_symbols()
        if symbol.is_referenced() and (scope is table or symbol.is_global())
    }
    return read - module_names(code) - _BUILTINS


def _is_definition(node: ast.stmt, own: set[str]) -> bool:
    """Return whether a statement defines something of its own; `result = tide([1])` and `n = input()` use something."""
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        return loads(node).isdisjoint({*own, "input"})
    return isinstance(node, (*DEFINITIONS, *IMPORTS))
