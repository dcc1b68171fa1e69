"""The replay server asked in the words of each harness: it knows the problem, and answers so that harnesses read it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.harness_requests import FUNCTION_SHAPES, MBPP_SHAPES, METHOD_SHAPES, STDIN_SHAPES, Asked, conversation

from coderm_eval.benchmarks.livecodebench.prompts import method_request, stdin_request
from coderm_eval.benchmarks.prompts import function_request
from coderm_eval.core.records import Problem
from coderm_eval.generation.extraction.programs import extract_program
from coderm_eval.generation.known_prompts import KnownPrompts
from coderm_eval.generation.prompts import unit_test_prompt
from coderm_eval.generation.questions import docstring_question, function_question, method_question, stdin_question
from coderm_eval.generation.stated_problem import asked_text, begun_answer, problem_of_request
from coderm_eval.hosts.server.continuations import continuation
from coderm_eval.hosts.server.replay import RecordedAnswers, UnknownPromptError


def function_problem(task_id: str, name: str, prompt: str) -> Problem:
    return Problem(task_id, name, prompt, function_question(prompt, name), function_request(prompt))


def docstring_problem(task_id: str, name: str, prompt: str) -> Problem:
    return Problem(task_id, name, prompt, docstring_question(prompt), function_request(prompt))


def method_problem(task_id: str, name: str, statement: str, code: str) -> Problem:
    question, request = method_question(statement, code), method_request(statement, code)
    return Problem(task_id, name, f'"""\n{statement}\n"""\n{code}', question, request, form="method")


STATEMENT = "You are given the heights of the sea.\n\nReturn the tide."
STARTER = "class Solution:\n    def tide(self, heights: List[int]) -> int:\n        "
CONTEST = "Count the tides.\n\nInput\nOne line with n.\n\nOutput\nPrint the tides."

TIDE = function_problem(
    "f/1", "tide", 'def tide(height: int) -> int:\n    """Return the tide.\n    >>> tide(3)\n    9\n    """\n'
)
EDDY = function_problem("f/2", "eddy", 'def eddy(n):\n    """Return the eddies of n."""\n')
FLOW = docstring_problem("m/1", "flow", '"""\nWrite a function to find the flow.\nassert flow(3) == 9\n"""\n')
FLOW_OF = docstring_problem("m/2", "flow", '"""\nWrite a function to find the flow.\nassert flow([3]) == 9\n"""\n')
MBPP_EDDY = docstring_problem("m/3", "eddy", '"""\nWrite a function to find the eddies.\nassert eddy(3) == 2\n"""\n')
METHOD = method_problem("l/1", "tide", STATEMENT, STARTER)
STDIN = Problem("l/2", "solve", f'"""\n{CONTEST}\n"""\n', stdin_question(CONTEST), stdin_request(CONTEST), form="stdin")
PROBLEMS = (TIDE, EDDY, FLOW, FLOW_OF, MBPP_EDDY, METHOD, STDIN)

PROGRAMS = {
    "f/1": TIDE.prompt + "    return height * 3\n",
    "f/2": EDDY.prompt + "    return n - 1\n",
    "m/1": "def flow(n):\n    return n * 3\n",
    "m/2": "def flow(ns):\n    return 9\n",
    "m/3": "def eddy(n):\n    return n - 1\n",
    "l/1": "class Solution:\n    def tide(self, heights):\n        return len(heights)\n",
    "l/2": "print(int(input()) * 3)\n",
}
TEST = "import unittest\nclass T(unittest.TestCase):\n    def test_{}(self): pass"
TESTS = {task: [TEST.format(task.replace("/", ""))] for task in PROGRAMS}


def recording() -> RecordedAnswers:
    return RecordedAnswers(PROBLEMS, {task: [program] for task, program in PROGRAMS.items()}, TESTS)


def answer(asked: Asked) -> str:
    if asked.completes:
        assert isinstance(asked.request, str)
        (text,) = recording().complete(asked.request, 1, 0)
    else:
        (text,) = recording().chat(asked.request, 1, 0)
    return text


ASKED = {
    **{f"f/1, {name}": (TIDE, shape(TIDE.prompt)) for name, shape in FUNCTION_SHAPES.items()},
    **{f"f/2, {name}": (EDDY, shape(EDDY.prompt)) for name, shape in FUNCTION_SHAPES.items()},
    **{
        f"m/1, {name}": (FLOW, shape("Write a function to find the flow.", ["assert flow(3) == 9"]))
        for name, shape in MBPP_SHAPES.items()
    },
    **{
        f"m/2, {name}": (FLOW_OF, shape("Write a function to find the flow.", ["assert flow([3]) == 9"]))
        for name, shape in MBPP_SHAPES.items()
    },
    **{f"l/1, {name}": (METHOD, shape(STATEMENT, STARTER)) for name, shape in METHOD_SHAPES.items()},
    **{f"l/2, {name}": (STDIN, shape(CONTEST)) for name, shape in STDIN_SHAPES.items()},
}


def stated(asked: Asked, *, continues: bool) -> Problem:
    problem = problem_of_request(asked.request, [], completes=continues)
    assert problem is not None
    return problem


def without_blank_lines(program: str) -> str:
    return "\n".join(filter(str.strip, program.splitlines()))


@pytest.mark.parametrize("name", ASKED)
def test_the_recorded_program_comes_out_of_any_harness_words(name: str) -> None:
    """Also where they show other recorded problems as examples."""
    problem, asked = ASKED[name]
    continues = asked.completes or bool(begun_answer(asked.request))
    found = extract_program(answer(asked), stated(asked, continues=continues), "default", completes=continues)
    assert without_blank_lines(found).endswith(without_blank_lines(PROGRAMS[problem.task_id]))


@pytest.mark.parametrize("name", ASKED)
def test_a_test_prompt_about_a_stated_problem_is_known(name: str) -> None:
    problem, asked = ASKED[name]
    question = stated(asked, continues=asked.completes).question
    (text,) = recording().chat(unit_test_prompt(question, "def tide(n): ..."), 1, 0)
    assert TESTS[problem.task_id][0] in text


# How an answer goes on


def continued(*contents: str) -> str:
    return answer(conversation(*contents))


def test_an_answer_goes_on_from_its_beginning_and_closes_the_fence() -> None:
    begun = f"Here it is:\n```python\n{TIDE.prompt}"
    assert continued(TIDE.request, begun) == "    return height * 3\n\n```"
    assert continued(FLOW.request, "Here it is:\n```python\n") == f"\n{PROGRAMS['m/1']}\n```"


def test_an_answer_that_is_begun_in_words_is_fenced() -> None:
    assert continued(FLOW.request, "Here it is:") == f"```python\n{PROGRAMS['m/1']}\n```"


ENDS = {
    "as it is": TIDE.prompt,
    "stripped": TIDE.prompt.rstrip(),
    "behind other text": f"Earlier.\n\n{TIDE.prompt}",
    "with another line": TIDE.prompt + "\n",
}


@pytest.mark.parametrize("prompt", ENDS.values(), ids=ENDS)
def test_a_completion_goes_on_wherever_its_prompt_ends(prompt: str) -> None:
    text = prompt + answer(Asked(prompt, completes=True))
    assert text.endswith('    """\n    return height * 3\n') or text.endswith('    """\n\n    return height * 3\n')


SIGNATURE = "def tide(height: int) -> int:\n"
BODY = "    # three\n    return height * 3\n"

BODIES = {
    "another docstring": f'{SIGNATURE}    """Return it."""\n{BODY}',
    "comments alone": f'{SIGNATURE}    """Return it."""\n    # three\n    # or four\n',
    "no docstring": f"{SIGNATURE}    return height * 3\n",
    "no annotations": f'def tide(height):\n    """Return it."""\n{BODY}',
    "a call behind it": f'{SIGNATURE}    """Return it."""\n{BODY}\n\nprint(tide(3))\n',
}
WHOLE = {
    "other parameters": "def tide(h):\n    return h * 3\n",
    "other defaults": "def tide(height=3):\n    return height * 3\n",
    "other indentation": f"{SIGNATURE}  return height * 3\n",
    "one line": "def tide(height): return height * 3\n",
    "an import that the prompt lacks": f"import math\n\n\n{SIGNATURE}{BODY}",
    "a decorator": f"@abs\n{SIGNATURE}{BODY}",
    "another function": "def ebb(height):\n    return height * 3\n",
    "no body": f'{SIGNATURE}    """Return it."""\n',
    "no Python": "def tide(height:\n",
    "nothing": "",
}


@pytest.mark.parametrize("program", BODIES.values(), ids=BODIES)
def test_a_function_with_the_prompts_parameters_goes_on_with_its_body(program: str) -> None:
    """A harness such as lm-eval cuts a completion where another `def` begins."""
    text = continuation(TIDE.prompt, TIDE, program)
    assert text == program[program.index("    # three" if "#" in program else "    return") :]


@pytest.mark.parametrize("program", WHOLE.values(), ids=WHOLE)
def test_another_program_redefines_what_the_prompt_began(program: str) -> None:
    assert continuation(TIDE.prompt, TIDE, program) == f"\n{program}"


# Which problem it is


def told(text: str, problems: Sequence[Problem] = PROBLEMS) -> list[str]:
    return [problem.task_id for problem in KnownPrompts(problems).stated_in(text)]


def test_the_last_of_several_problems_is_asked_for() -> None:
    assert told(f"{TIDE.prompt}    return height * 3\n\n\n{EDDY.prompt}") == ["f/2"]
    assert told(f"{EDDY.prompt}    return n - 1\n\n\n{TIDE.prompt}") == ["f/1"]


def test_the_longest_of_several_that_end_together_is_asked_for() -> None:
    longer = replace(EDDY, task_id="f/3", prompt=f"import math\n\n\n{EDDY.prompt}")
    assert told(f"Complete:\n{longer.prompt}", [EDDY, longer]) == ["f/3"]
    assert told(f"Complete:\n{EDDY.prompt}", [EDDY, longer]) == ["f/2"]


def test_blanks_do_not_count() -> None:
    assert told(f"Complete:\r\n{TIDE.prompt.strip()}".replace("\n", "\r\n")) == ["f/1"]


@pytest.mark.parametrize("text", ["", "\n", "Write a function to find the flow.", "assert flow(3) == 9", STARTER])
def test_a_part_of_a_problem_states_none(text: str) -> None:
    assert told(text) == []


def test_a_problem_without_texts_is_stated_nowhere() -> None:
    assert told("", [Problem("x/1", "x", "", "")]) == [] == told("Write x.", [Problem("x/1", "x", "", "")])


def test_a_prompt_of_several_tasks_alike_is_refused() -> None:
    twins = [EDDY, replace(EDDY, task_id="f/3")]
    recorded = RecordedAnswers(twins, {"f/2": ["eddy = abs"], "f/3": ["eddy = len"]}, {})
    for text in (EDDY.request, f"Complete:\n{EDDY.prompt}"):
        with pytest.raises(UnknownPromptError, match="states several tasks alike: f/2, f/3"):
            recorded.chat(text, 1, 0)


def test_a_problem_without_recorded_programs_is_not_found() -> None:
    with pytest.raises(UnknownPromptError, match="nothing is recorded for the prompt that starts 'Complete:'"):
        RecordedAnswers(PROBLEMS, {"f/1": ["tide = abs"]}, {}).chat(f"Complete:\n{EDDY.prompt}", 1, 0)


OTHER_QUESTIONS = {
    "a prompt": 'def wave(n):\n    """Return the waves of n."""\n',
    "a task with asserts": "Write a function to find the waves.\nassert wave(3) == 9",
    "lm-eval's MBPP": MBPP_SHAPES["lm-eval"]("Find the waves.", ["assert wave(3) == 9"]).request,
    "LiveCodeBench": f"### Question:\n{CONTEST.replace('tides', 'waves')}\n\n### Answer:",
}


@pytest.mark.parametrize("question", OTHER_QUESTIONS.values(), ids=OTHER_QUESTIONS)
@pytest.mark.parametrize("example", [TIDE.prompt + "    return height * 3\n", FLOW.question, CONTEST])
def test_an_example_above_an_unknown_question_is_not_asked_for(example: str, question: str) -> None:
    assert told(f"{example}\n\n{question}", [TIDE, FLOW, STDIN]) == []


BEHIND = [
    "```python\ndef your_function(x):\n    pass\n```",
    "assert tide(3) == 9",
    "def check(candidate):\n    assert candidate(3) == 9\n\ncheck(tide)",
    "Write a function, and nothing else.",
]


@pytest.mark.parametrize("behind", BEHIND)
def test_tests_and_instructions_behind_a_problem_are_no_other_question(behind: str) -> None:
    assert told(f"Complete:\n{TIDE.prompt}\n{behind}\n") == ["f/1"]


# Against real benchmarks


def rows(data: Path, name: str) -> list[dict[str, str]]:
    with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def test_all_of_humaneval_plus_is_told_apart(recorded_data: Path) -> None:
    read = rows(recorded_data, "evalplus/HumanEvalPlus-v0.1.10")
    problems = [function_problem(row["task_id"], row["entry_point"], row["prompt"]) for row in read]
    known = KnownPrompts(problems)
    for problem in problems:
        for shape in FUNCTION_SHAPES.values():
            assert known.stated_in(asked_text(shape(problem.prompt).request)) == [problem]


def test_all_of_mbpp_plus_is_told_apart(recorded_data: Path) -> None:
    read = rows(recorded_data, "evalplus/MbppPlus-v0.2.0")
    problems = [docstring_problem(row["task_id"], row["entry_point"], row["prompt"]) for row in read]
    known = KnownPrompts(problems)
    for problem in problems:
        statement, _, asserts = problem.prompt.strip()[3:-3].strip("\n").partition("\nassert ")
        for shape in MBPP_SHAPES.values():
            asked = shape(statement, [f"assert {asserts}"])
            assert known.stated_in(asked_text(asked.request)) == [problem], asked
            question = stated(asked, continues=asked.completes).question
            assert known.stated_in(question) == [problem]


def test_all_of_livecodebench_is_told_apart(recorded_data: Path) -> None:
    read = {row["question_id"]: row for row in rows(recorded_data, "livecodebench/leetcode_slice")}
    texts = {task: (row["question_content"], row["starter_code"]) for task, row in read.items()}
    problems = [method_problem(task, "f", *pair) for task, pair in texts.items()]
    known = KnownPrompts(problems)
    for problem in problems:
        for shape in METHOD_SHAPES.values():
            assert known.stated_in(asked_text(shape(*texts[problem.task_id]).request)) == [problem]
