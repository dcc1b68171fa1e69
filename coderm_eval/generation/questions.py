"""Problems in words, as the test writer is asked them."""

from __future__ import annotations

import ast
import inspect
import re

from coderm_eval.core.programs.source import parse

__all__ = ["docstring_question", "function_question", "method_question", "parts_of_question", "stdin_question"]

_FORMAT = "\n\nFormat: "
"""Between LiveCodeBench's statement and the words about the program."""

_SELF = re.compile(r"\(\s*self\b\s*,?\s*")


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


def method_question(statement: str, starter_code: str) -> str:
    """A LiveCodeBench statement and its method's first line as a function's, as the paper's test prompts have them."""
    line = next((line.strip() for line in starter_code.splitlines() if line.strip().startswith("def ")), "")
    return (
        f"{statement}{_FORMAT}You will use the following starter code to write the solution to the problem:\n"
        f"{_SELF.sub('(', line, count=1)}"
    )


def stdin_question(statement: str) -> str:
    """This project's words for what the paper does not have: tests of a whole program."""
    return (
        f"{statement}{_FORMAT}The solution is a program that reads its standard input. Test it through the function "
        "`solve(stdin: str) -> str`, which is given: it runs the program on `stdin` and returns what it prints.\n"
        "def solve(stdin: str) -> str:"
    )


def parts_of_question(question: str) -> tuple[str, ...]:
    """The parts of a question that a harness shows, too, with its own words between and around them.

    LiveCodeBench's statement without the words about the program; the task and the asserts of one of MBPP's; else the
    question.
    """
    statement, mark, _ = question.rpartition(_FORMAT)
    if mark:
        return (statement,)
    task, mark, asserts = question.partition("\nassert ")
    return (task, f"assert {asserts}") if mark else (question,)


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
