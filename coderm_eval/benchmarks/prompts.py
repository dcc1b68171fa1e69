"""A problem's statement in words, and the message that asks a chat model for a program."""

from __future__ import annotations

import ast
import inspect

from coderm_eval.core.programs.source import parse

__all__ = ["AFTER_FUNCTION", "docstring_question", "function_question", "function_request"]

AFTER_FUNCTION = ("\ndef ", "\nclass ", "\nif __name__", "\nprint(")
"""Stop texts for a prompt that ends inside a function."""


def function_request(prompt: str) -> str:
    """The user message that asks a chat model for a program; `prompt` is the benchmark's own."""
    return (
        "Please provide a self-contained Python script that solves the following problem "
        f"in a markdown code block:\n```python\n{prompt}\n```\n"
    )


def function_question(prompt: str, entry_point: str) -> str:
    """A HumanEval-style prompt in words, as the paper rewrites it.

    The docstring's text becomes one line; its doctest examples, from the first `>>>` on, keep theirs.
    A docstring without examples leaves a line with a single space, as in the paper's own inputs.
    """
    text, mark, examples = _docstring(prompt, entry_point).partition(">>>")
    return f"Write a function named `{entry_point}`. {' '.join(text.split())}\n{(mark + examples).rstrip() or ' '}"


def docstring_question(prompt: str) -> str:
    """An MBPP-style prompt (a docstring with the task and one assert) in words, as the paper rewrites it.

    The paper strips quotation marks too often: an assert that ends with one loses it (5 of 378 problems).
    """
    return prompt.strip('" \n')


def _docstring(prompt: str, entry_point: str) -> str:
    """The docstring of function `entry_point` as it is written in `prompt`, dedented; else the whole prompt.

    Taken from the source text, so that an escape in an example stays an escape.
    """
    for node in ast.walk(parse(prompt) or ast.Module([], [])):
        if isinstance(node, ast.FunctionDef) and node.name == entry_point and ast.get_docstring(node) is not None:
            literal = (ast.get_source_segment(prompt, node.body[0]) or "").lstrip("rRuU")
            quotes = literal[:3] if literal[:3] in ('"""', "'''") else literal[:1]
            return inspect.cleandoc(literal.removeprefix(quotes).removesuffix(quotes))
    return prompt
