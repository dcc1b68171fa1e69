"""The prompts of the CodeRM paper (arXiv 2501.01054, appendix and released inputs), word for word.

Its spelling ("it's corresponding") is part of the protocol: CodeRM-8B was trained on it.
"""

from __future__ import annotations

import ast
import inspect
import re

from coderm_eval.syntax import parse

__all__ = [
    "docstring_question",
    "function_question",
    "method_question",
    "method_request",
    "policy_prompt",
    "question_of_test_prompt",
    "stdin_question",
    "stdin_request",
    "unit_test_prompt",
]

_SELF = re.compile(r"\(\s*self\b\s*,?\s*")
_QUESTION_HEAD = "### question\n"
_CODE_HEAD = "\n\n### code solution\n"
_REQUEST = (
    "Please add detailed comments to the test cases you write. You do not need to test the "
    "function's ability to throw exceptions.\n"
)


def policy_prompt(prompt: str) -> str:
    """The user message that asks a chat model for a program; `prompt` is the benchmark's own."""
    return (
        "Please provide a self-contained Python script that solves the following problem "
        f"in a markdown code block:\n```python\n{prompt}\n```\n"
    )


def method_request(statement: str, starter_code: str) -> str:
    """The user message that asks a chat model for a LiveCodeBench method; the code is the problem's."""
    return _livecodebench_request(
        statement,
        "You will use the following starter code to write the solution to the problem and enclose your code within "
        f"delimiters.\n```python\n{starter_code}\n```",
    )


def stdin_request(statement: str) -> str:
    """The same for a program that reads its input, with LiveCodeBench's own words about the format: the paper has no
    such problems."""
    return _livecodebench_request(
        statement,
        "Read the inputs from stdin solve the problem and write the answer to stdout (do not directly test on the "
        "sample inputs). Enclose your code within delimiters as follows. Ensure that when the python program runs, it "
        "reads the inputs, runs the algorithm and writes output to STDOUT.\n```python\n# YOUR CODE HERE\n```",
    )


def _livecodebench_request(statement: str, form: str) -> str:
    return (
        "You are an expert Python programmer. You will be given a question (problem specification) and will generate "
        "a correct Python program that matches the specification and passes all tests. You will NOT return anything "
        f"except for the program.\n\n### Question:\n{statement}\n\n### Format: {form}\n\n"
        "### Answer: (use the provided format with backticks)\n"
    )


def method_question(statement: str, starter_code: str) -> str:
    """A LiveCodeBench statement and its method's first line as a function's, as the paper's test prompts have them."""
    line = next((line.strip() for line in starter_code.splitlines() if line.strip().startswith("def ")), "")
    return (
        f"{statement}\n\nFormat: You will use the following starter code to write the solution to the problem:\n"
        f"{_SELF.sub('(', line, count=1)}"
    )


def stdin_question(statement: str) -> str:
    """This project's words for what the paper does not have: tests of a whole program."""
    return (
        f"{statement}\n\nFormat: The solution is a program that reads its standard input. Test it through the function "
        "`solve(stdin: str) -> str`, which is given: it runs the program on `stdin` and returns what it prints.\n"
        "def solve(stdin: str) -> str:"
    )


def unit_test_prompt(question: str, program: str | None) -> str:
    """The user message that asks for one unittest class; `program` need not be right.

    Without one it is as near to the paper's as can be.
    """
    if program is None:
        return (
            "Below is a question. Please write test cases to check the correctness of an answer to it. You need to "
            f"use the unittest library in Python and create a test class for testing.\n\n{_QUESTION_HEAD}{question}"
            f"\n\n{_REQUEST}"
        )
    return (
        "Below is a question and it's corresponding code answer. Please write test cases to check the "
        "correctness of the code answer. You need to use the unittest library in Python and create a "
        f"test class for testing.\n\n{_QUESTION_HEAD}{question}{_CODE_HEAD}{program}\n\n{_REQUEST}"
    )


def question_of_test_prompt(message: str) -> str | None:
    """The question inside a message of `unit_test_prompt`; None if it is no such message."""
    _, head, rest = message.partition(_QUESTION_HEAD)
    question, tail, _ = rest.partition(_CODE_HEAD)
    if not tail:
        question, tail, _ = rest.partition(f"\n\n{_REQUEST}")
    return question if head and tail else None


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
