"""Recorded programs as the text that goes on from a prompt, or from an answer that a request begins."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import NamedTuple

from coderm_eval.core.programs.source import parse
from coderm_eval.core.records import Problem

__all__ = ["continuation", "is_begun"]


def is_begun(text: str, problem: Problem) -> bool:
    """Return whether a program can go on from a text: it ends with the problem's prompt, or in an open fence."""
    return _has_open_fence(text) or _ends_with(text, problem.prompt)


def continuation(text: str, problem: Problem, program: str) -> str:
    """The text that goes on from `text` to the program; it closes a fence that is open there.

    Behind the problem's prompt it is the rest of the program, or the body of its function, or else a program that
    redefines what the prompt began. In a fence it begins with a new line: templates strip that behind the fence's mark.
    """
    closing = "\n```" if _has_open_fence(text) else ""
    if not _ends_with(text, problem.prompt):
        return f"\n{program}{closing}" if closing else program
    rest = _rest(problem, program)
    is_stripped = text == text.rstrip()
    return (problem.prompt[len(problem.prompt.rstrip()) :] if is_stripped else "") + rest + closing


def _rest(problem: Problem, program: str) -> str:
    prompt = problem.prompt
    return program[len(prompt) :] if program.startswith(prompt) else _body(problem, program) or f"\n{program}"


def _body(problem: Problem, program: str) -> str:
    """What stands below the signature and docstring of a program's function; empty where it could not go on from the
    prompt's: its parameters or indentation are others, or the program needs what the prompt does not have."""
    asked, given = _function(problem.prompt, problem.entry_point), _function(program, problem.entry_point)
    if asked is None or given is None or _parameters(asked.function) != _parameters(given.function):
        return ""
    docstring = next(filter(_is_docstring, given.function.body[:1]), None)
    known = set(map(ast.dump, asked.above))
    is_same_block = given.function.body[-1].col_offset == asked.function.body[0].col_offset
    if given.function.decorator_list or not is_same_block or not known.issuperset(map(ast.dump, given.above)):
        return ""
    first = docstring.end_lineno if docstring else given.function.body[0].lineno - 1
    return "\n".join(program.split("\n")[first:])


class _Given(NamedTuple):
    """A function, and the statements above it."""

    above: Sequence[ast.stmt]
    function: ast.FunctionDef


def _function(source: str, name: str) -> _Given | None:
    """The last function of that name at the top level; None if there is none."""
    body = (parse(source) or ast.Module([], [])).body
    found = [_Given(body[:place], node) for place, node in enumerate(body) if isinstance(node, ast.FunctionDef)]
    return next((given for given in reversed(found) if given.function.name == name), None)


def _parameters(function: ast.FunctionDef) -> list[str]:
    """Names and defaults; annotations change nothing."""
    given = function.args
    names = [node.arg for node in ast.walk(given) if isinstance(node, ast.arg)]
    return [*names, *(ast.dump(node) for node in (*given.defaults, *given.kw_defaults) if node)]


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _ends_with(text: str, prompt: str) -> bool:
    """Return whether a text ends with a prompt, but for blanks around that."""
    return bool(prompt.strip()) and text.rstrip().endswith(prompt.strip())


def _has_open_fence(text: str) -> bool:
    return text.count("```") % 2 == 1
