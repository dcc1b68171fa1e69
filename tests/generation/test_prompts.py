"""Prompts word for word as in the paper, and which candidate a test prompt shows."""

from __future__ import annotations

import ast
import gzip
import json
import unittest
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.benchmarks.livecodebench.prompts import method_request, stdin_request
from coderm_eval.benchmarks.prompts import function_request
from coderm_eval.core.choices import ShownCandidate
from coderm_eval.core.programs.forms import paper_function
from coderm_eval.core.programs.source import parse
from coderm_eval.core.records import Candidate, Problem, deduplicate_candidates
from coderm_eval.generation import prompts
from coderm_eval.generation.extraction.fences import fences
from coderm_eval.generation.prompts import prompt_for_tests, question_of_test_prompt
from coderm_eval.generation.questions import docstring_question, function_question, method_question, stdin_question
from coderm_eval.generation.settings import TestPrompt
from coderm_eval.generation.shown_candidate import shown_candidates

DATASETS = {"humaneval+": "HumanEvalPlus-v0.1.10", "mbpp+": "MbppPlus-v0.2.0"}
SIZES = {"humaneval+": 164, "mbpp+": 378}

GARBLED_BY_THE_AUTHORS = frozenset(
    f"HumanEval/{number}" for number in (69, 70, 71, 72, 74, 77, 92, 99, 119, 125, 126, 132, 134, 136, 148, 151, 157)
)
"""Problems whose docstring stands in ''' quotes. The authors' rewriting looked for three double quotes, did not
find them, and left the tail of the signature in the question ("arch(lst): ''' You are given ..."); ours does not."""


def read_rows(path: Path) -> dict[str, dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return {row["task_id"]: row for row in map(json.loads, file)}


def problems(data: Path, benchmark: str) -> dict[str, dict[str, Any]]:
    return read_rows(data / "evalplus" / f"{DATASETS[benchmark]}.jsonl.gz")


def paper_messages(data: Path, benchmark: str, kind: str) -> dict[str, str]:
    """The paper's user messages by task id: `kind` is sol (for candidates) or ut (for tests)."""
    rows = read_rows(data / "coderm_inputs" / f"{benchmark}_{kind}.jsonl.gz")
    return {task_id: row["messages"][0]["content"] for task_id, row in rows.items()}


def question(benchmark: str, problem: dict[str, Any]) -> str:
    if benchmark == "mbpp+":
        return docstring_question(problem["prompt"])
    return function_question(problem["prompt"], problem["entry_point"])


def shown_in(message: str) -> str:
    """The candidate that one of the paper's test prompts shows."""
    return message.split("### code solution\n", 1)[1].rsplit("\n\nPlease add detailed", 1)[0]


# Against the paper's own inputs


@pytest.mark.parametrize("benchmark", DATASETS)
def test_policy_prompts_are_the_papers_byte_for_byte(recorded_data: Path, benchmark: str) -> None:
    ours = {task: function_request(row["prompt"]) for task, row in problems(recorded_data, benchmark).items()}
    assert len(ours) == SIZES[benchmark]
    assert ours == paper_messages(recorded_data, benchmark, "sol")


@pytest.mark.parametrize("benchmark", DATASETS)
def test_test_prompts_are_the_papers_but_for_those_it_garbled(recorded_data: Path, benchmark: str) -> None:
    known = problems(recorded_data, benchmark)
    messages = paper_messages(recorded_data, benchmark, "ut")
    differ = {
        t for t, m in messages.items() if prompts.unit_test_prompt(question(benchmark, known[t]), shown_in(m)) != m
    }
    assert len(messages) == SIZES[benchmark]
    assert differ == (GARBLED_BY_THE_AUTHORS if benchmark == "humaneval+" else set())


def test_the_garbled_ones_are_those_in_single_quotes(recorded_data: Path) -> None:
    known = problems(recorded_data, "humaneval+")
    assert {task for task, row in known.items() if "'''" in row["prompt"]} == GARBLED_BY_THE_AUTHORS


def test_behind_the_signature_a_garbled_question_is_ours(recorded_data: Path) -> None:
    known = problems(recorded_data, "humaneval+")
    messages = paper_messages(recorded_data, "humaneval+", "ut")
    for task in GARBLED_BY_THE_AUTHORS:
        ours = question("humaneval+", known[task]).partition("`. ")[2]
        theirs = (question_of_test_prompt(messages[task]) or "").partition("): ''' ")[2]
        assert theirs.rstrip("' \n") == ours.rstrip("' \n"), task


@pytest.mark.parametrize("benchmark", DATASETS)
def test_the_question_is_found_in_the_papers_own_test_prompts(recorded_data: Path, benchmark: str) -> None:
    for task, row in problems(recorded_data, benchmark).items():
        asked = question(benchmark, row)
        assert question_of_test_prompt(prompts.unit_test_prompt(asked, row["canonical_solution"])) == asked, task


# The words themselves, for a machine without that data


def test_a_policy_prompt_fences_the_benchmarks_prompt() -> None:
    assert function_request("def ebb():\n") == (
        "Please provide a self-contained Python script that solves the following problem "
        "in a markdown code block:\n```python\ndef ebb():\n\n```\n"
    )


def test_a_test_prompt_shows_question_and_program() -> None:
    assert prompts.unit_test_prompt("Write ebb.", "def ebb(): ...") == (
        "Below is a question and it's corresponding code answer. Please write test cases to check the "
        "correctness of the code answer. You need to use the unittest library in Python and create a "
        "test class for testing.\n\n### question\nWrite ebb.\n\n### code solution\ndef ebb(): ...\n\n"
        "Please add detailed comments to the test cases you write. You do not need to test the "
        "function's ability to throw exceptions.\n"
    )


@given(st.text().filter(lambda text: "### code solution" not in text), st.text())
def test_the_question_of_a_test_prompt_is_the_one_that_was_asked(asked: str, program: str) -> None:
    assert question_of_test_prompt(prompts.unit_test_prompt(asked, program)) == asked


def test_a_program_that_quotes_the_prompt_does_not_confuse_it() -> None:
    program = "# ### question\n\n### code solution\n"
    assert question_of_test_prompt(prompts.unit_test_prompt("Write ebb.", program)) == "Write ebb."


@pytest.mark.parametrize("message", ["", "hello", function_request("def ebb(): ..."), "### question\nWrite ebb."])
def test_any_other_message_asks_no_question(message: str) -> None:
    assert question_of_test_prompt(message) is None


# Questions from function prompts

QUESTIONS = [
    ('"""Falls of the\n    water.\n\n    >>> ebb([2])\n    []\n    """', "Falls of the water.\n>>> ebb([2])\n[]"),
    ('"""\n    Falls.\n    >>> ebb([1])\n        >>> ebb([2])\n    """', "Falls.\n>>> ebb([1])\n    >>> ebb([2])"),
    ("''' Falls. '''", "Falls.\n "),
    ('"Falls."', "Falls.\n "),
    ("'Falls.'", "Falls.\n "),
    ('r"""Falls \\d."""', "Falls \\d.\n "),
    (r'"""Falls.' + "\n    >>> ebb('\\\\n')\n" + '    """', "Falls.\n>>> ebb('\\\\n')"),
    ('"""An \'inner\' quote."""', "An 'inner' quote.\n "),
    ('"""\n    >>> ebb([2])\n    """', "\n>>> ebb([2])"),
    ('""', "\n "),
    ('""""""', "\n "),
]


@pytest.mark.parametrize(("docstring", "expected"), QUESTIONS, ids=range(len(QUESTIONS)))
def test_a_function_question_is_one_line_and_the_examples(docstring: str, expected: str) -> None:
    prompt = f"from typing import List\n\ndef ebb(levels: List[int]) -> List[int]:\n    {docstring}\n"
    assert function_question(prompt, "ebb") == f"Write a function named `ebb`. {expected}"


def test_the_docstring_is_that_of_the_entry_point() -> None:
    prompt = (
        'def low(x):\n    """Not me."""\n    return x\n\ndef ebb(x):\n    """Me."""\n\ndef top(x):\n    """Nor me."""\n'
    )
    assert function_question(prompt, "ebb") == "Write a function named `ebb`. Me.\n "


WITHOUT_DOCSTRING = [
    "def ebb(x):\n    pass\n",
    "def ebb(x):\n",
    "def ebb(x):\n    # falls\n",
    "def ebb(x):\n    return 'falls'\n",
    'def flood(x):\n    """Rises."""\n',
    "The falls of the water.",
    "",
]


@pytest.mark.parametrize("prompt", WITHOUT_DOCSTRING)
def test_a_prompt_without_the_docstring_is_asked_whole(prompt: str) -> None:
    assert function_question(prompt, "ebb") == f"Write a function named `ebb`. {' '.join(prompt.split())}\n "


@given(st.text(st.characters(exclude_characters="\\'\"", exclude_categories=["C"])))
def test_the_words_of_a_docstring_are_all_in_the_question(text: str) -> None:
    asked = function_question(f'def ebb(x):\n    """{text}"""\n', "ebb")
    assert asked.split() == f"Write a function named `ebb`. {text.replace('>>>', ' >>>', 1)}".split()


DOCSTRINGS = [
    ('"""\nWrite ebb.\nassert ebb([2, 1]) == [-1]\n"""\n', "Write ebb.\nassert ebb([2, 1]) == [-1]"),
    ('"""Write ebb."""', "Write ebb."),
    ("Write ebb.", "Write ebb."),
    ('"""\nassert ebb("a") == "b"\n"""', 'assert ebb("a") == "b'),
]


@pytest.mark.parametrize(("prompt", "expected"), DOCSTRINGS)
def test_a_docstring_question_is_the_docstring_without_quotes(prompt: str, expected: str) -> None:
    """The last one loses a quotation mark too many, as the paper's does."""
    assert docstring_question(prompt) == expected


# Which candidate is shown

FINE = "def ebb(x):\n    return x"
BROKEN = "def ebb(x:"
OTHER = "def flood(x):\n    return x"
USES = "from solution import ebb\nprint(ebb(3))"


EBB = Problem("sea/0", "ebb", "", "Ebb.")


def pool(*programs: str) -> tuple[Candidate, ...]:
    return deduplicate_candidates(programs)


def samples_shown(programs: Sequence[Candidate], condition: ShownCandidate) -> list[int | None]:
    return [c.samples[0] if c else None for c in shown_candidates(programs, EBB, condition)]


def test_the_first_candidate_that_defines_the_entry_point_is_shown() -> None:
    assert samples_shown(pool("", BROKEN, OTHER, USES, FINE, FINE + "\n"), "first") == [4]


def test_first_means_sample_order_not_the_order_of_the_sequence() -> None:
    assert samples_shown(pool(BROKEN, FINE, FINE + "\n")[::-1], "first") == [1]


def test_rotation_shows_every_distinct_candidate_that_can_be_shown_once() -> None:
    assert samples_shown(pool(FINE, BROKEN, FINE, FINE + "\n", OTHER), "rotate") == [0, 3]


def test_without_a_condition_no_program_is_shown() -> None:
    assert samples_shown(pool(FINE, FINE + "\n"), "none") == [None]


@pytest.mark.parametrize("condition", get_args(ShownCandidate))
@pytest.mark.parametrize("programs", [(), ("",), (BROKEN, OTHER, USES)])
def test_nothing_is_asked_where_no_candidate_defines_the_entry_point(
    programs: tuple[str, ...], condition: ShownCandidate
) -> None:
    assert samples_shown(pool(*programs), condition) == []


def test_a_prompt_without_a_program_asks_the_same_of_the_same_question() -> None:
    bare, full = prompts.unit_test_prompt("Ebb.", None), prompts.unit_test_prompt("Ebb.", FINE)
    assert "code solution" not in bare and FINE not in bare
    assert bare.rpartition("\n\n")[2] == full.rpartition("\n\n")[2]
    assert prompts.question_of_test_prompt(bare) == prompts.question_of_test_prompt(full) == "Ebb."


# The other prompts

TIDE = Problem("t", entry_point="tide", prompt="", question="Write {a} function.\nassert tide(1) == 2")


@pytest.mark.parametrize("prompt", get_args(TestPrompt))
@pytest.mark.parametrize("program", [None, "", FINE, "# ### question\n\n### code solution\n"])
def test_the_question_is_found_whatever_words_asked(prompt: TestPrompt, program: str | None) -> None:
    assert question_of_test_prompt(prompt_for_tests(TIDE, program, prompt)) == TIDE.question


@pytest.mark.parametrize("prompt", ["example", "asserts"])
def test_a_prompt_ends_by_naming_the_function_under_test(prompt: TestPrompt) -> None:
    message = prompt_for_tests(TIDE, FINE, prompt)
    assert "`tide`" in message.rpartition("\n\n")[2] and f"\n{FINE}\n\n" in message
    assert "code solution" not in prompt_for_tests(TIDE, None, prompt)


def test_the_example_passes_its_own_tests() -> None:
    function, tests = (fence.body for fence in fences(prompt_for_tests(TIDE, None, "example")))
    names: dict[str, Any] = {"__name__": "example"}
    exec(f"{function}\n{tests}", names)
    done = unittest.defaultTestLoader.loadTestsFromTestCase(names["TestDouble"]).run(unittest.TestResult())
    assert done.testsRun == 3 and done.wasSuccessful()


# LiveCodeBench's, against the paper's own inputs

SHARED = 147
"""Problems of the paper's 168 whose statements are at hand."""


def leetcode_rows(data: Path) -> dict[str, dict[str, Any]]:
    with gzip.open(data / "livecodebench" / "leetcode_slice.jsonl.gz", "rt", encoding="utf-8") as file:
        return {row["question_id"]: row for row in map(json.loads, file)}


def test_requests_for_a_method_are_the_papers_byte_for_byte(recorded_data: Path) -> None:
    known, messages = leetcode_rows(recorded_data), paper_messages(recorded_data, "livecodebench", "sol")
    shared = known.keys() & messages.keys()
    ours = {t: method_request(known[t]["question_content"], known[t]["starter_code"]) for t in shared}
    assert len(shared) == SHARED
    assert ours == {t: messages[t] for t in shared}


def test_test_prompts_for_a_method_are_the_papers_byte_for_byte(recorded_data: Path) -> None:
    known, messages = leetcode_rows(recorded_data), paper_messages(recorded_data, "livecodebench", "ut")
    shared = known.keys() & messages.keys()
    asked = {t: method_question(known[t]["question_content"], known[t]["starter_code"]) for t in shared}
    assert len(shared) == SHARED
    assert {t: prompts.unit_test_prompt(asked[t], shown_in(messages[t])) for t in shared} == {
        t: messages[t] for t in shared
    }
    assert {t: question_of_test_prompt(messages[t]) for t in shared} == asked


def paper_functions(data: Path) -> dict[str, str]:
    """The programs that the paper's test prompts show and that are Python: 3 of its 168 are none."""
    messages = paper_messages(data, "livecodebench", "ut")
    functions = {task: shown_in(message) for task, message in messages.items() if parse(shown_in(message))}
    assert (len(messages), len(functions)) == (168, 165)
    return functions


def in_a_class(functions: str) -> str:
    """Top-level functions as methods."""
    lines = functions.split("\n")
    for node in ast.parse(functions).body:
        assert isinstance(node, ast.FunctionDef)
        before = f"def {node.name}("
        own = "self, " if node.args.args else "self"
        lines[node.lineno - 1] = lines[node.lineno - 1].replace(before, before + own, 1)
    return "\n".join(["class Solution:", *(f"    {line}" if line else line for line in lines)])


def without_blanks(code: str) -> str:
    return "\n".join(line if line.strip() else "" for line in code.split("\n"))


def test_the_papers_functions_come_back_but_for_blank_lines(recorded_data: Path) -> None:
    functions = paper_functions(recorded_data)
    back = {task: paper_function(in_a_class(code)) for task, code in functions.items()}
    assert {t: without_blanks(c) for t, c in back.items()} == {t: without_blanks(c) for t, c in functions.items()}


def test_the_papers_functions_come_back_from_a_class_byte_for_byte(recorded_data: Path) -> None:
    functions = paper_functions(recorded_data)
    assert [task for task, code in functions.items() if paper_function(in_a_class(code)) != code] == []


# LiveCodeBench's words, for a machine without that data

SEA = "The water falls.\n\nExample 1:\n\nInput: 3\nOutput: 2\n"
STARTER = "class Solution:\n    def ebb(self, level: int) -> int:\n        "

EXPERT = (
    "You are an expert Python programmer. You will be given a question (problem specification) and will generate a "
    "correct Python program that matches the specification and passes all tests. You will NOT return anything except "
    f"for the program.\n\n### Question:\n{SEA}\n\n### Format: "
)


def test_a_request_for_a_method_shows_statement_and_starter_code() -> None:
    assert method_request(SEA, STARTER) == (
        f"{EXPERT}You will use the following starter code to write the solution to the problem and enclose your code "
        f"within delimiters.\n```python\n{STARTER}\n```\n\n### Answer: (use the provided format with backticks)\n"
    )


def test_a_request_for_a_program_says_where_its_input_is() -> None:
    assert stdin_request(SEA) == (
        f"{EXPERT}Read the inputs from stdin solve the problem and write the answer to stdout (do not directly test on "
        "the sample inputs). Enclose your code within delimiters as follows. Ensure that when the python program runs, "
        "it reads the inputs, runs the algorithm and writes output to STDOUT.\n```python\n# YOUR CODE HERE\n```\n\n"
        "### Answer: (use the provided format with backticks)\n"
    )


STARTERS: list[Any] = [
    (STARTER, "def ebb(level: int) -> int:"),
    ("class Solution:\n    def ebb(self) -> int:\n", "def ebb() -> int:"),
    ("class Solution:\n    def ebb(self,level: List[int]) -> int:", "def ebb(level: List[int]) -> int:"),
    (
        "class Solution:\n\tdef ebb(self, levels: Dict[str, int], most: int = 3):\n",
        "def ebb(levels: Dict[str, int], most: int = 3):",
    ),
    (
        f"# class Sea:\n#     def __init__(self, level=0):\n#         self.level = level\n{STARTER}",
        "def ebb(level: int) -> int:",
    ),
    (f"{STARTER}\n    def flood(self, level: int) -> int:\n", "def ebb(level: int) -> int:"),
    ("def ebb(level: int) -> int:\n", "def ebb(level: int) -> int:"),
    ("class Solution:\n    ebb: Callable[[int], int]\n", ""),
    ("", ""),
    ("class Solution:\n    def ebb(self, myself, level):", "def ebb(myself, level):"),
]


@pytest.mark.parametrize(("starter", "line"), STARTERS)
def test_a_method_is_asked_about_as_a_function(starter: str, line: str) -> None:
    words = "\n\nFormat: You will use the following starter code to write the solution to the problem:\n"
    assert method_question(SEA, starter) == f"{SEA}{words}{line}"


def test_a_program_is_asked_about_through_the_function_that_runs_it() -> None:
    assert stdin_question(SEA) == (
        f"{SEA}\n\nFormat: The solution is a program that reads its standard input. Test it through the function "
        "`solve(stdin: str) -> str`, which is given: it runs the program on `stdin` and returns what it prints.\n"
        "def solve(stdin: str) -> str:"
    )


@given(
    st.text(),
    st.sampled_from([stdin_question, partial(method_question, starter_code=STARTER)]),
    st.sampled_from([None, "", FINE, "print(input())\n\n### question\n"]),
)
def test_the_question_of_a_test_prompt_is_found_for_every_form(
    statement: str, question_about: Callable[[str], str], program: str | None
) -> None:
    asked = question_about(statement)
    assert question_of_test_prompt(prompts.unit_test_prompt(asked, program)) == asked
