"""A program that reads standard input as a module with a function `solve`, and back."""

from __future__ import annotations

import ast

from coderm_eval.core.programs import stdin_program
from coderm_eval.core.programs.prelude import prelude

__all__ = ["stdin_runner", "whole_program"]

_RUNNER = """\
from coderm_eval.core.programs.stdin_program import as_function

solve = as_function({program!r}, {prelude!r})
"""


def stdin_runner(program: str) -> str:
    """The source of a module whose function `solve` runs the program on its argument."""
    return _RUNNER.format(program=program, prelude=prelude(program))


def whole_program(tree: ast.Module) -> str | None:
    """The program that `stdin_runner` made a module with this tree of; None if it made none such."""
    match tree.body:
        case [
            ast.ImportFrom(module=stdin_program.__name__),
            ast.Assign(value=ast.Call(args=[ast.Constant(str(text)), _])),
        ]:
            return text
    return None
