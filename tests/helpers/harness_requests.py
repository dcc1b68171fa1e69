"""How harnesses put a problem to a model: their instructions, with a problem of ours inside. To add one, add a line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from coderm_eval.benchmarks.livecodebench.prompts import method_request, stdin_request
from coderm_eval.benchmarks.prompts import function_request
from coderm_eval.generation.models.base import Prompt

__all__ = ["FUNCTION_SHAPES", "MBPP_SHAPES", "METHOD_SHAPES", "STDIN_SHAPES", "Asked", "conversation"]


class Asked(NamedTuple):
    """A request: a conversation, or a prompt to go on from."""

    request: Prompt
    completes: bool


def conversation(*contents: str) -> Asked:
    """A conversation in which user and assistant take turns; the user begins."""
    roles = ("user", "assistant")
    return Asked(tuple((roles[turn % 2], content) for turn, content in enumerate(contents)), completes=False)


def _with_system(words: str, asked: str) -> Asked:
    return Asked((("system", words), ("user", asked)), completes=False)


# Prompts that are code with a signature and a docstring

_EARLIER = 'def eddy(n):\n    """Return the eddies of n."""\n    return n - 1\n\n\n'
_LM_EVAL = "Write a solution to the following problem and make sure that it passes the tests:\n```python\n{}\n```\n"
_LM_EVAL_ANSWER = "Here is the completed function:\n```python\n{}\n"
_INSPECT = (
    "\nRead the following function signature and docstring, and fully implement\nthe function described. "
    "Your response should only contain the code for\nthis function.\n\n{}"
)
_OPENCOMPASS_FENCED = (
    "You are an intelligent programming assistant to produce Python algorithmic solutions.\n"
    "Can you complete the following Python function?\n```python\n{}\n```"
)

FUNCTION_SHAPES: dict[str, Callable[[str], Asked]] = {
    "ours": lambda prompt: conversation(function_request(prompt)),
    "EvalPlus": lambda prompt: conversation(function_request(prompt.strip()).rstrip("\n")),
    "EvalPlus, base": lambda prompt: Asked(prompt.strip(), completes=True),
    "EvalPlus, with the answer's beginning": lambda prompt: conversation(
        function_request(prompt.strip()), "Below is a Python script with a self-contained function:\n```python\n"
    ),
    "lm-eval": lambda prompt: Asked(prompt, completes=True),
    "lm-eval, few shots": lambda prompt: Asked(_EARLIER + prompt, completes=True),
    "lm-eval, instruct": lambda prompt: conversation(_LM_EVAL.format(prompt), _LM_EVAL_ANSWER.format(prompt)),
    "lm-eval, instruct as text": lambda prompt: Asked(
        _LM_EVAL.format(prompt) + _LM_EVAL_ANSWER.format(prompt), completes=True
    ),
    "inspect_evals": lambda prompt: conversation(_INSPECT.format(prompt)),
    "OpenCompass": lambda prompt: conversation(f"Complete the following python code:\n{prompt}"),
    "OpenCompass, fenced": lambda prompt: conversation(_OPENCOMPASS_FENCED.format(prompt)),
    "OpenCompass, system": lambda prompt: _with_system("Complete the following python code:", prompt),
    "BigCodeBench": lambda prompt: conversation(function_request(prompt.strip()).replace("```python", "```")),
    "few shots in turns": lambda prompt: conversation(_INSPECT.format(_EARLIER), _EARLIER, prompt),
    "CRLF": lambda prompt: conversation(function_request(prompt).replace("\n", "\r\n")),
}


# Statements with asserts

_FEW_SHOT = ("Write a function to find the eddies.", ("assert eddy(3) == 2",) * 3, "def eddy(n):\r\n  return n - 1")


def _three(asserts: Sequence[str]) -> list[str]:
    return [asserts[index % len(asserts)] for index in range(3)]


def _lm_eval_mbpp(statement: str, asserts: Sequence[str]) -> str:
    tests = "\n".join(_three(asserts))
    return (
        f"You are an expert Python programmer, and here is your task: {statement} "
        f"Your code should pass these tests:\n\n{tests}\n[BEGIN]\n"
    )


_LM_EVAL_MBPP = (
    "You are an expert Python programmer, and here is your task:\n{}\nYour code should pass these tests:\n{}"
)


def _inspect_mbpp(statement: str, asserts: Sequence[str]) -> str:
    example, example_asserts, code = _FEW_SHOT
    return (
        "You are an expert Python programmer. You will be given a task, and the tests that your code must pass.\n\n"
        f"For example:\n\n## Prompt 1\n```python\n{example}\n```\n\n"
        + f"## Test Case 1\n```python\n{example_asserts[0]}\n```\n\n## Completion 1\n```python\n{code}\n```\n\n"
        + f"\n# Now, do it for the following task.\n\n## Prompt:\n```python\n{statement}\n```\n\n"
        + "## Test Case:\n```python\n{}\n```\n\n## Completion:\n".format("\n".join(_three(asserts)))
    )


def _docstring(statement: str, asserts: Sequence[str]) -> str:
    return f'"""\n{statement}\n{asserts[0]}\n"""\n'


MBPP_SHAPES: dict[str, Callable[[str, Sequence[str]], Asked]] = {
    "ours": lambda statement, asserts: conversation(function_request(_docstring(statement, asserts))),
    "EvalPlus": lambda statement, asserts: conversation(function_request(_docstring(statement, asserts).strip())),
    "EvalPlus, base": lambda statement, asserts: Asked(_docstring(statement, asserts), completes=True),
    "lm-eval": lambda statement, asserts: Asked(_lm_eval_mbpp(statement, asserts), completes=True),
    "lm-eval, few shots": lambda statement, asserts: Asked(
        f"{_lm_eval_mbpp(*_FEW_SHOT[:2])}{_FEW_SHOT[2]}\n[DONE]\n\n{_lm_eval_mbpp(statement, asserts)}", completes=True
    ),
    "lm-eval, instruct": lambda statement, asserts: conversation(
        _LM_EVAL_MBPP.format(statement, "\n".join(_three(asserts))), "\n```python\n"
    ),
    "lm-eval, plus instruct": lambda statement, asserts: conversation(
        f"{statement} Your code should satisfy the following assertion:\n{asserts[0]}",
        "Here is a solution to this programming problem:\n```python\n",
    ),
    "inspect_evals": lambda statement, asserts: conversation(_inspect_mbpp(statement, asserts)),
    "OpenCompass": lambda statement, asserts: conversation(
        _lm_eval_mbpp(*_FEW_SHOT[:2]), _FEW_SHOT[2], _lm_eval_mbpp(statement, asserts).replace("\n[BEGIN]", "  ")
    ),
}


# LiveCodeBench's: a statement with starter code, or without

_TASK = (
    "You will be given a question (problem specification) and will generate a correct Python program that matches the "
    "specification and passes all tests."
)
_STARTER = (
    "You will use the following starter code to write the solution to the problem and enclose your code within "
    "delimiters.\n"
)
_STDIN = (
    "Read the inputs from stdin solve the problem and write the answer to stdout (do not directly test on the sample "
    "inputs). Enclose your code within delimiters as follows.\n"
)
_TO_FILL_IN = "# YOUR CODE HERE"
_ANSWER = "### Answer: (use the provided format with backticks)\n\n"

_LiveCodeBench = Callable[[str, str], Asked]
"""Takes the statement, and what stands in the fence."""


def _livecodebench_shapes(form: str) -> dict[str, _LiveCodeBench]:
    return {
        "LiveCodeBench": lambda statement, code: _with_system(
            _TASK, f"### Question:\n{statement}\n\n### Format: {form}```python\n{code}\n```\n\n{_ANSWER}"
        ),
        "LiveCodeBench, tags": lambda statement, code: conversation(
            f"### Question\n{statement}\n\n{form}[PYTHON]\n{code}\n[/PYTHON]\n\n### ANSWER\n\n"
        ),
        "LiveCodeBench, instructions": lambda statement, code: conversation(
            f"### Instruction: {_TASK}\n\nQuestion:\n{statement}\n\n"
            f"### Instruction: {form}```python\n{code}\n```\n\n### Response:\n\n"
        ),
        "lighteval": lambda statement, code: conversation(
            f"{_TASK}\n\nQuestion: {statement}\n\n{form}```python\n{code}\n```\n\n"
        ),
    }


_BASE_EXAMPLE = (
    "### Question\nReturn n.\n\n### Starter Code\nclass Solution:\n    def eddy(self, n: int) -> int:\n        \n\n"
    "### Answer\n\nclass Solution:\n    def eddy(self, n: int) -> int:\n        return n\n\n"
)

METHOD_SHAPES: dict[str, _LiveCodeBench] = {
    "ours": lambda statement, code: conversation(method_request(statement, code)),
    "ours, base": lambda statement, code: Asked(f'"""\n{statement}\n"""\n{code}', completes=True),
    "LiveCodeBench, base": lambda statement, code: Asked(
        f"{_BASE_EXAMPLE}### Question\n{statement}\n\n### Starter Code\n{code}\n\n### Answer\n\n", completes=True
    ),
    "plain": lambda statement, code: conversation(f"{statement}\n\n```python\n{code}\n```"),
    **_livecodebench_shapes(_STARTER),
}

STDIN_SHAPES: dict[str, Callable[[str], Asked]] = {
    "ours": lambda statement: conversation(stdin_request(statement)),
    "ours, base": lambda statement: Asked(f'"""\n{statement}\n"""\n', completes=True),
    "LiveCodeBench, base": lambda statement: Asked(
        f"### Question\nPrint the line.\n\n### Answer\n\nprint(input())\n\n### Question\n{statement}\n\n### Answer\n\n",
        completes=True,
    ),
    "plain": lambda statement: conversation(statement),
    **{
        name: lambda statement, shape=shape: shape(statement, _TO_FILL_IN)  # type: ignore[misc]
        for name, shape in _livecodebench_shapes(_STDIN).items()
    },
}
