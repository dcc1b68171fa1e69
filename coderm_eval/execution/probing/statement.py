"""The calls that a problem's own statement shows, from which probing inputs are made where no test makes any.

Only the text that a policy is asked is read. What the statement says of the answers is not looked at.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from coderm_eval.core.programs.source import parse
from coderm_eval.core.records import Problem
from coderm_eval.execution.probing.mutation import is_plain
from coderm_eval.execution.probing.ordered_text import ordered_text

__all__ = ["shown_calls"]

_LONGEST = 2_000
"""Characters of a call in a statement: a parenthesis that is never closed has no more text parsed than this."""
_MOST_CALLS, _MOST_ENDS = 100, 20
"""Calls of a statement, and closing parentheses at which each is tried to end: 600 nested calls would take a minute."""
_SAMPLE_INPUT = re.compile(
    r"(?:Sample|Examples?)\s+Input *\d*:?[ \t]*\n(.*?)\n\s*(?:(?:Sample|Example)\s+)?Output", re.S
)
_FENCE = "```"
_JSON = json.JSONDecoder()


def shown_calls(problem: Problem) -> list[str]:
    """Return the calls of the entry point that the statement shows, as text; arguments are plain data.

    - function, method: calls that are written out, as in a doctest or an assert; and values by the names of the
      parameters (`Input: nums = [1,2], k = 3`), or by the word Input where there is but one.
    - stdin: the sample inputs, without blank lines.
    """
    text = f"{problem.prompt}\n{problem.question}"
    find = _sample_inputs if problem.form == "stdin" else _calls_of_function
    plain = (arguments for arguments in find(text, problem.entry_point) if is_plain(list(arguments)))
    return [ordered_text([problem.entry_point, *arguments]) for arguments in plain]


def _sample_inputs(text: str, name: str) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    for found in _SAMPLE_INPUT.finditer(text):
        lines = (line for line in found[1].splitlines() if line.strip() and not line.startswith(_FENCE))
        yield ["".join(f"{line}\n" for line in lines)], {}


def _calls_of_function(text: str, name: str) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    for tree in _parsed(rf"\b{re.escape(name)}\s*\(", text, ending=""):
        if isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Call):
            yield from _literal_arguments(tree.value)
    parameters = _parameters(text, name)
    ways = [parameters] if len(parameters) != 1 else [parameters, ["Input"]]
    for names in filter(None, ways):
        yield from ((values, {}) for values in _named_values(text, names))


def _literal_arguments(call: ast.Call) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    """Yield the arguments of a call; nothing where one of them is no literal."""
    try:
        arguments = [ast.literal_eval(argument) for argument in call.args]
        yield arguments, {keyword.arg or "": ast.literal_eval(keyword.value) for keyword in call.keywords}
    except (ValueError, TypeError, RecursionError, MemoryError):
        return


def _parameters(text: str, name: str) -> list[str]:
    """Return the names of the parameters, but `self`, of the function as the statement defines it."""
    for tree in _parsed(rf"\bdef\s+{re.escape(name)}\s*\(", text, ending=": 0"):
        if isinstance(tree, ast.FunctionDef):
            return [argument.arg for argument in tree.args.args if argument.arg != "self"]
    return []


def _parsed(start: str, text: str, ending: str) -> Iterator[ast.stmt]:
    """Yield each piece of Python that begins with `start`; it ends with the first parenthesis that makes it one."""
    for found in islice(re.finditer(start, text), _MOST_CALLS):
        rest = text[found.start() : found.start() + _LONGEST]
        ends = islice(re.finditer(r"\)", rest), _MOST_ENDS)
        trees = (parse(rest[: closing.end()] + ending) for closing in ends)
        tree = next(filter(None, trees), None)
        if tree:
            yield tree.body[0]


def _named_values(text: str, names: Sequence[str]) -> Iterator[list[Any]]:
    """Yield the values that follow all of the names, one after the other, each as JSON: `nums = [1,2], k = 3`."""
    for first in re.finditer(rf"\b{names[0]}\s*[=:]\s*", text):
        values, place = [], first
        for name in [*names[1:], None]:
            try:
                value, end = _JSON.raw_decode(text, place.end())
            except (ValueError, RecursionError):
                break
            values.append(value)
            following = re.compile(rf"[\s,;]*\b{name}\s*[=:]\s*").match(text, end) if name else None
            if following is None:
                break
            place = following
        if len(values) == len(names):
            yield values
