"""A problem out of a request: in the words of each harness, and out of what candidates define."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from helpers.harness_requests import FUNCTION_SHAPES, MBPP_SHAPES, METHOD_SHAPES, STDIN_SHAPES, conversation

from coderm_eval.generation.questions import docstring_question, function_question, method_question, stdin_question
from coderm_eval.generation.sample import extract_program
from coderm_eval.generation.stated_problem import problem_of_request

PROMPTS = {
    "a function": 'def tide(height: int) -> int:\n    """Return the tide.\n\n    >>> tide(3)\n    9\n    """\n',
    "imports, a constant and a helper": (
        "import math\nfrom typing import List\n\n\nDEPTH = 3\n\n\ndef ebb(n):\n    return math.floor(n) - DEPTH\n\n\n"
        'def tide(heights: List[float]) -> int:\n    """Return the tide of the heights.\n    Use `ebb`.\n    """\n'
    ),
    "single quotes": "def tide(height):\n    '''Return the tide: \"def ebb(n):\" is no function.'''\n",
    "code in the docstring": (
        'def tide(height):\n    """Return the tide, as in\n\n    def ebb(n):\n        ...\n    """\n'
    ),
    "a long signature": (
        'def tide(\n    height: int = (1),  # in metres\n    *,\n    sign: str = ")",\n) -> dict[str, int]:\n'
        '    """Return the tide."""\n'
    ),
    "a blank line with blanks": 'def tide(height):\n    """Return the tide.\n    \n    Do so.\n    """\n',
    "a body to fill in": 'def tide(height):\n    """Return the tide."""\n    # your code here\n    pass\n',
}


@pytest.mark.parametrize("shape", FUNCTION_SHAPES)
@pytest.mark.parametrize("name", PROMPTS)
def test_a_stub_is_the_function_to_write(shape: str, name: str) -> None:
    prompt = PROMPTS[name]
    asked = FUNCTION_SHAPES[shape](prompt)
    problem = problem_of_request(asked.request, [], completes=asked.completes)
    assert problem is not None
    assert (problem.form, problem.entry_point) == ("function", "tide")
    assert problem.prompt.strip().endswith(prompt.strip())
    assert problem.question == function_question(prompt, "tide")


@pytest.mark.parametrize("shape", FUNCTION_SHAPES)
def test_an_answer_becomes_a_program_with_the_problem_found(shape: str) -> None:
    asked = FUNCTION_SHAPES[shape](PROMPTS["a function"])
    whole = "```python\ndef tide(height):\n    return height * 3\n```"
    answer = "\n    return height * 3\n" if asked.completes else whole
    problem = problem_of_request(asked.request, [answer], completes=asked.completes)
    assert problem is not None
    names: dict[str, object] = {}
    exec(extract_program(answer, problem, "default", completes=asked.completes), names)
    assert names["tide"](2) == 6  # type: ignore[operator]


@pytest.mark.parametrize("shape", ["EvalPlus, base", "lm-eval", "lm-eval, few shots", "lm-eval, instruct as text"])
def test_a_completion_goes_on_from_the_end_of_its_request(shape: str) -> None:
    asked = FUNCTION_SHAPES[shape](PROMPTS["imports, a constant and a helper"])
    problem = problem_of_request(asked.request, [], completes=True)
    assert problem is not None and isinstance(asked.request, str)
    assert asked.request.endswith(problem.prompt)


ASSERTS = {
    "a function's own name": ["assert tide(3) == 9", "assert tide(4) == 16"],
    "other functions around it": ["assert set(sorted(tide([3, 4]))) == {9, 16}"],
    "a library's": ["assert math.isclose(tide(3), 9.0)"],
    "a library's by its name": ["assert isclose(tide(3), 9.0)"],
    "several lines": ["assert tide([\n  3,\n  4,\n]) == 9"],
}


@pytest.mark.parametrize("shape", MBPP_SHAPES)
@pytest.mark.parametrize("name", ASSERTS)
def test_asserts_name_the_function(shape: str, name: str) -> None:
    asked = MBPP_SHAPES[shape]("Write a function to find the tide.", ASSERTS[name])
    problem = problem_of_request(asked.request, [], completes=asked.completes)
    assert problem is not None
    assert (problem.form, problem.entry_point) == ("function", "tide")
    assert problem.question.startswith(f"Write a function to find the tide.\n{ASSERTS[name][0]}")
    assert "eddy" not in problem.question and "expert" not in problem.question
    assert asked.completes is False or str(asked.request).endswith(problem.prompt)


def test_a_docstring_with_an_assert_is_the_question_of_the_benchmark() -> None:
    asked = MBPP_SHAPES["EvalPlus"]("Write a function to find the tide.", ["assert tide(3) == 9"])
    problem = problem_of_request(asked.request, [], completes=False)
    assert problem is not None
    prompt = '"""\nWrite a function to find the tide.\nassert tide(3) == 9\n"""\n'
    assert problem.question == docstring_question(prompt) and problem.prompt == prompt


@pytest.mark.parametrize(("candidate", "name"), [("def tide(n): return n", "tide"), ("def Sea(n): return n", "Sea")])
def test_of_several_names_in_asserts_the_candidates_have_one(candidate: str, name: str) -> None:
    asked = conversation("Find the tide.\nassert Sea(tide(3)) == Sea(9)")
    problem = problem_of_request(asked.request, [f"```python\n{candidate}\n```"], completes=False)
    assert problem is not None and problem.entry_point == name


def test_a_built_in_name_can_be_the_one_to_write() -> None:
    problem = problem_of_request("Add the divisors.\nassert sum(10, 15) == 6", [], completes=False)
    assert problem is not None and problem.entry_point == "sum"


STARTER_CODES = {
    "a method": "class Solution:\n    def tide(self, heights: List[int], n: int) -> int:\n        ",
    "an old class": "class Solution(object):\n    def tide(self, heights):\n        pass\n",
    "a comment above": "# class ListNode:\n#     pass\nclass Solution:\n    def tide(self, head) -> int:\n        ",
}
STATEMENT = (
    "You are given the heights of the sea.\n \nExample 1:\n\nInput: heights = [1]\nOutput: 3\n\nReturn the tide."
)


@pytest.mark.parametrize("shape", METHOD_SHAPES)
@pytest.mark.parametrize("name", STARTER_CODES)
def test_starter_code_is_the_method_to_write(shape: str, name: str) -> None:
    code = STARTER_CODES[name]
    asked = METHOD_SHAPES[shape](STATEMENT, code)
    problem = problem_of_request(asked.request, [], completes=asked.completes)
    assert problem is not None
    assert (problem.form, problem.entry_point) == ("method", "tide")
    assert problem.question == method_question(STATEMENT, code)
    assert asked.completes is False or str(asked.request).endswith(problem.prompt)


READS = "```python\nn = int(input())\nprint(n * 3)\n```"
WITH_MAIN = "```python\nimport sys\n\n\ndef main():\n    print(len(sys.stdin.read()))\n\n\nmain()\n```"
CONTEST = "Count the tides.\n\nInput\nOne line with n.\n\nOutput\nPrint the tides.\n\nSample Input 1\n\n3"


@pytest.mark.parametrize("shape", STDIN_SHAPES)
@pytest.mark.parametrize("answers", [[], [READS, WITH_MAIN]], ids=["without answers", "with answers"])
def test_words_about_input_ask_for_a_program_that_reads_it(shape: str, answers: list[str]) -> None:
    asked = STDIN_SHAPES[shape](CONTEST)
    problem = problem_of_request(asked.request, answers, completes=asked.completes)
    assert problem is not None
    assert (problem.form, problem.entry_point) == ("stdin", "solve")
    assert problem.question == stdin_question(CONTEST)


HEADINGS = [
    "Input\n...\nOutput\n...",
    "-----Input-----\n\n-----Output-----",
    "### Input Format\nn\n**Output Format**\nm",
]


@pytest.mark.parametrize("words", [*HEADINGS, "Read n from standard input.", "Use Standard Input."])
def test_headings_or_words_speak_of_input(words: str) -> None:
    problem = problem_of_request(f"Count the tides.\n{words}", [], completes=False)
    assert problem is not None and problem.form == "stdin"


def test_words_about_input_do_not_count_against_the_candidates() -> None:
    answers = ["```python\ndef tide(stdin_text):\n    return len(stdin_text)\n```"] * 2
    problem = problem_of_request("Count the tides in a copy of stdin.", answers, completes=False)
    assert problem is not None and (problem.form, problem.entry_point) == ("function", "tide")


def fenced(*programs: str) -> list[str]:
    return [f"Sure:\n```python\n{program}```\n" for program in programs]


TIDE = "def tide(n):\n    return n\n"
HELPER = "def ebb(n):\n    return n\n\n\ndef tide(n):\n    return ebb(n)\n"
HELPER_BELOW = "def tide(n):\n    return ebb(n)\n\n\ndef ebb(n):\n    return n\n"
SOLUTION = (
    "class Solution:\n    def tide(self, n):\n        return self.ebb(n)\n\n    def ebb(self, n):\n        return n\n"
)


class Named(NamedTuple):
    """A request in words, with what candidates define, and what is then asked for."""

    words: str
    programs: list[str]
    form: str
    entry_point: str


NAMED = {
    "a name behind the word function": Named("Write a function named `tide`.", [HELPER], "function", "tide"),
    "a helper that is named": Named("Write a function called ebb to halve.", [HELPER], "function", "ebb"),
    "a call in the statement": Named("Implement tide(n) for the sea.", [HELPER_BELOW], "function", "tide"),
    "a name in backticks": Named("I want `ebb` of the sea.", [HELPER], "function", "ebb"),
    "a name that nobody defines": Named("Write a function named `flow`.", [TIDE], "function", "tide"),
    "no name": Named("Halve the sea.", [TIDE, HELPER, HELPER_BELOW], "function", "tide"),
    "the last of two": Named("Halve the sea.", ["def a(n): return n\n\ndef b(n): return n\n"], "function", "b"),
    "the one that most define": Named("Halve it.", [TIDE, TIDE, "def b(n): return n\n"], "function", "tide"),
    "a main that is no entry": Named("Halve it.", [TIDE + "\n\ndef main():\n    tide(3)\n"] * 2, "function", "tide"),
    "a method": Named("Halve the sea.", [SOLUTION, SOLUTION], "method", "tide"),
    "answers that read": Named("Halve the sea.", ["print(int(input()) // 2)\n"] * 3, "stdin", "solve"),
}


@pytest.mark.parametrize("name", NAMED)
def test_candidates_say_what_a_statement_does_not(name: str) -> None:
    case = NAMED[name]
    problem = problem_of_request(case.words, fenced(*case.programs), completes=False)
    assert problem is not None
    assert (problem.form, problem.entry_point) == (case.form, case.entry_point)
    assert case.words in problem.question


def test_a_bigcodebench_instruction_keeps_its_header() -> None:
    words = "Count the words of a file.\nYou should write self-contained code starting with:\n"
    code = "import re\nfrom collections import Counter\ndef task_func(path, limit=3):\n"
    asked = conversation(
        "Please provide a self-contained Python script that solves the following problem in a markdown code block:\n"
        f"{words}```\n{code}```\n"
    )
    problem = problem_of_request(asked.request, [], completes=False)
    assert problem is not None and problem.entry_point == "task_func"
    assert problem.question == f"{words}```\n{code}```" and problem.prompt == code


def test_a_statement_around_a_stub_is_not_lost() -> None:
    statement = "The sea has many tides, and each of them is told apart by its height. " * 10
    prompt = 'def tide(n):\n    """Solve it."""\n'
    problem = problem_of_request(f"{statement}\n```python\n{prompt}```", [], completes=False)
    assert problem is not None and problem.question.startswith(statement)


def test_an_indented_fence_of_a_list_is_read() -> None:
    problem = problem_of_request(
        '1. Do:\n   ```python\n   def tide(n):\n       """Return it."""\n   ```', [], completes=False
    )
    assert problem is not None and problem.question == "Write a function named `tide`. Return it.\n "
    assert problem.prompt == 'def tide(n):\n    """Return it."""\n'


# What counts in a conversation


def test_the_last_message_of_the_user_counts() -> None:
    asked = conversation("def ebb(n):\n    ...", "def ebb(n): return n", "def tide(n):\n    ...", "Here it is:")
    problem = problem_of_request(asked.request, [], completes=False)
    assert problem is not None and (problem.entry_point, problem.request) == ("tide", "def tide(n):\n    ...")


def test_task_ids_are_those_of_the_whole_request() -> None:
    def task_id(*messages: tuple[str, str]) -> str:
        problem = problem_of_request(messages, [], completes=False)
        assert problem is not None
        return problem.task_id

    asked = ("user", "def tide(n):\n    ...")
    assert task_id(asked) == task_id(asked)
    assert len({task_id(asked), task_id(("system", "Be brief."), asked), task_id(("tool", asked[1]))}) == 3


# What is no problem, or an odd one

NO_PROBLEMS = {
    "nothing": "",
    "no code": "Tell me a story about the sea.",
    "a Java stub": "```java\npublic static int tide(int height) {\n}\n```",
    "a Ruby stub": "```ruby\ndef tide(height)\nend\n```",
    "a Scala stub": "def tide(height: Int): Int = {\n",
    "a function with a body": "What does this do?\ndef tide(n):\n    return n\n",
    "a stub of another class": "class Sea:\n    def tide(self, n):\n        ...\n",
    "a function in a function": "def sea(n):\n    def tide(m):\n        pass\n    return tide\n",
    "prose that begins like code": "class of problems (\n    def initely hard\nassert that it holds\nassert (\n",
}


@pytest.mark.parametrize("name", NO_PROBLEMS)
@pytest.mark.parametrize("answers", [[], ["Once upon a time"], ["```java\nint tide() {}\n```"]])
def test_without_a_function_there_is_no_problem(name: str, answers: list[str]) -> None:
    assert problem_of_request(NO_PROBLEMS[name], answers, completes=False) is None


def test_a_conversation_without_messages_is_no_problem() -> None:
    assert problem_of_request((), [], completes=False) is None


def test_of_several_stubs_the_last_is_asked_for() -> None:
    problem = problem_of_request("def ebb(n):\n    ...\n\n\ndef tide(n):\n    ...\n", [], completes=False)
    assert problem is not None and problem.entry_point == "tide"
