"""Code out of answers as models really write them: fences of every kind, several of them, or none."""

from __future__ import annotations

import ast
from textwrap import dedent, indent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.core.programs.source import bound, defines, is_known_module, parse
from coderm_eval.generation.extraction.code import extract_code
from coderm_eval.generation.settings import Extraction

TIDE = "def tide(hours):\n    return max(hours, default=None)"
OLD_TIDE = "def tide(hours):\n    return hours[0]"
USAGE = "print(tide([3, 1]))"
FLOOD = "def flood(hours):\n    return max(hours, default=None)"


def extract_program(answer: str, entry_point: str, how: Extraction = "default") -> str:
    return extract_code(answer, lambda tree: defines(tree, entry_point), how)


WRAPPED = {
    "label": f"Here it is:\n```python\n{TIDE}\n```\nHope it helps.",
    "no label": f"```\n{TIDE}\n```",
    "capital label": f"```Python\n{TIDE}\n```",
    "label py": f"```py\n{TIDE}\n```",
    "label python3": f"```python3\n{TIDE}\n```",
    "space before the label": f"``` python\n{TIDE}\n```",
    "info string": f"```python title=tide.py\n{TIDE}\n```",
    "braces": f"```{{.python .numbered}}\n{TIDE}\n```",
    "another language's label": f"```text\n{TIDE}\n```",
    "tildes": f"~~~python\n{TIDE}\n~~~",
    "tildes with backticks in the info": f"~~~python `tide`\n{TIDE}\n~~~",
    "four marks": f"````python\n{TIDE}\n````",
    "closed by more marks": f"```python\n{TIDE}\n`````",
    "spaces after the closing": f"```python\n{TIDE}\n```  \nDone.",
    "never closed": f"```python\n{TIDE}",
    "three spaces": f"   ```python\n{TIDE}\n   ```",
    "in a list": "1. Take the maximum:\n" + indent(f"```python\n{TIDE}\n```", "   ") + "\n2. Done.",
    "deep in a list": "10. Take the maximum:\n" + indent(f"```python\n{TIDE}\n```", "    "),
    "indented by a tab": "- Take the maximum:\n" + indent(f"```python\n{TIDE}\n```", "\t"),
    "after a list mark": "- ```python\n" + indent(f"{TIDE}\n```", "  "),
    "indented in its fence": "```python\n" + indent(TIDE, "    ") + "\n```",
    "after words": f"Sure! ```python\n{TIDE}\n```\nDone.",
    "closed on the last line of code": f"```python\n{TIDE}```",
    "in a fence of Markdown": f"````markdown\n# Answer\n```python\n{TIDE}\n```\n````",
    "in a fence of as many marks": f"```\n```python\n{TIDE}\n```\n```",
    "no fence": TIDE,
    "no fence, blank lines": f"\n\n{TIDE}\n\n",
    "after reasoning": f"<think>maybe {USAGE}</think>\n```python\n{TIDE}\n```",
}


@pytest.mark.parametrize("answer", WRAPPED.values(), ids=WRAPPED.keys())
def test_the_program_is_found_however_it_is_wrapped(answer: str) -> None:
    assert extract_program(answer, "tide").strip() == TIDE


CHOICES = {
    "the last of two that define it": ([("python", OLD_TIDE), ("python", TIDE)], TIDE),
    "a definition, not the usage after it": ([("python", TIDE), ("python", USAGE)], TIDE),
    "a definition, not an import of it": ([("python", TIDE), ("python", f"from solution import tide\n{USAGE}")], TIDE),
    "a definition, not the shell commands": ([("python", TIDE), ("bash", "python tide.py")], TIDE),
    "a definition, not the output": ([("python", TIDE), ("", "3")], TIDE),
    "a definition without label, not labelled usage": ([("", TIDE), ("python", USAGE)], TIDE),
    "the labelled one, not a later one without label": ([("python", TIDE), ("", OLD_TIDE)], TIDE),
    "a definition that parses, not a sketch": ([("python", TIDE), ("python", "def tide(hours):\n    ...if")], TIDE),
    "a labelled block where none defines it": ([("python", USAGE), ("", "3")], USAGE),
    "a definition of another name, not its usage": ([("python", FLOOD), ("python", "print(flood([3]))")], FLOOD),
    "the last block where nothing else is known": ([("", "a sketch"), ("", USAGE)], USAGE),
}


@pytest.mark.parametrize(("blocks", "expected"), CHOICES.values(), ids=CHOICES.keys())
def test_among_several_blocks_the_likeliest_is_taken(blocks: list[tuple[str, str]], expected: str) -> None:
    answer = "\nand then\n".join(f"```{label}\n{body}\n```" for label, body in blocks)
    assert extract_program(answer, "tide") == expected


def test_before_a_mark_that_only_closes_stands_the_code_whatever_its_name() -> None:
    assert extract_program(f"{FLOOD}\n```\n\nIt takes the maximum.", "tide").strip() == FLOOD


def test_code_without_a_fence_is_code_whatever_its_name() -> None:
    assert extract_program(f"#\n\n{FLOOD}", "tide") == f"#\n\n{FLOOD}"


NO_PROGRAM = [
    "",
    "\n",
    "I cannot help with that.",
    "```",
    "``````",
    "The answer is `tide`.",
    "<think>",
    "</think>",
    USAGE,
]


@pytest.mark.parametrize("answer", NO_PROGRAM)
def test_an_answer_without_code_gives_the_empty_program(answer: str) -> None:
    assert extract_program(answer, "tide") == ""


def test_reasoning_before_the_answer_is_dropped() -> None:
    answer = f"<think>\n```python\n{TIDE}\n```\nNo, that is wrong.</think>\nI give up."
    assert extract_program(answer, "tide") == ""


def test_reasoning_whose_opening_tag_the_chat_template_wrote_is_dropped() -> None:
    answer = f"```python\n{OLD_TIDE}\n```\n</think>\n```python\n{TIDE}\n```"
    assert extract_program(answer, "tide") == TIDE


FENCED_DOCSTRINGS = {
    "indented": 'def tide(hours):\n    """Highest.\n\n    ```\n    tide([3])\n    ```\n    """\n    return max(hours)',
    "with a label": 'def tide(hours):\n    """\n    ```python\n    tide([3])\n    ```\n    """\n    return max(hours)',
    "tabs": 'def tide(hours):\n\t"""\n\t```\n\ttide([3])\n\t```\n\t"""\n\treturn max(hours)',
}


@pytest.mark.parametrize("program", FENCED_DOCSTRINGS.values(), ids=FENCED_DOCSTRINGS.keys())
@pytest.mark.parametrize("wrapping", ["{}", "```python\n{}\n```", "Here:\n~~~\n{}\n~~~"])
def test_a_fence_in_a_docstring_does_not_end_the_program(program: str, wrapping: str) -> None:
    assert extract_program(wrapping.format(program), "tide") == program


def test_an_unfenced_program_wins_over_the_example_fenced_in_its_docstring() -> None:
    program = f'"""Tides.\n\n```python\n{OLD_TIDE}\n```\n"""\n{TIDE}'
    assert extract_program(program, "tide") == program


def test_windows_line_ends_do_not_hide_the_fence() -> None:
    answer = f"Here:\r\n```python\r\n{TIDE}\r\n```\r\nDone.\r\n".replace("\n", "\r\n").replace("\r\r", "\r")
    program = extract_program(answer, "tide")
    assert program.splitlines() == TIDE.splitlines()
    assert (tree := parse(program)) is not None and defines(tree, "tide")


def test_tabs_and_spaces_inside_the_code_are_kept() -> None:
    program = 'def tide(hours):\n\tnote = "  \t"  \n\treturn note * len(hours)'
    assert extract_program(f"```python\n{program}\n```", "tide") == program


def test_only_the_indentation_of_the_fence_is_taken_from_its_body() -> None:
    answer = "  ```python\n  def tide(hours):\n      return 3\n# at the margin\n  ```"
    assert extract_program(answer, "tide") == "def tide(hours):\n    return 3\n# at the margin"


def test_a_shorter_or_other_mark_does_not_close_a_fence() -> None:
    program = f"{TIDE}\n# ends here:\nTEXT = '''\n```\n~~~~\n'''"
    assert extract_program(f"````python\n{program}\n````", "tide") == program


def test_what_is_wanted_decides_between_blocks() -> None:
    answer = f"```python\n{TIDE}\n```\n```python\nLEVEL = 3\n```"
    assert extract_code(answer, lambda tree: defines(tree, "LEVEL")) == "LEVEL = 3"
    assert extract_code(answer, lambda tree: defines(tree, "tide")) == TIDE


def test_a_program_that_does_not_parse_is_still_handed_on() -> None:
    """It fails its tests, as it should; an empty program would hide what the model wrote."""
    assert extract_program("```python\ndef tide(hours:\n```", "tide") == "def tide(hours:"


# The paper's extraction

PAPER_ONE_BLOCK = {
    "labelled": f"Here:\n```python\n{TIDE}\n```\n",
    "without label": f"```\n{TIDE}\n```",
    "labelled beside another language": f"```python\n{TIDE}\n```\n```bash\nls\n```",
}


@pytest.mark.parametrize("answer", PAPER_ONE_BLOCK.values(), ids=PAPER_ONE_BLOCK.keys())
def test_paper_extraction_takes_the_only_block(answer: str) -> None:
    assert extract_program(answer, "tide", "paper") == TIDE


PAPER_NOT_ONE_BLOCK = {
    "two labelled": f"```python\n{TIDE}\n```\n```python\n{USAGE}\n```",
    "two without label": f"```\n{TIDE}\n```\n\n```\n{USAGE}\n```",
    "never closed": f"```python\n{TIDE}",
    "another label": f"```py\n{TIDE}\n```",
    "no fence": TIDE,
    "nothing": "",
}


@pytest.mark.parametrize("answer", PAPER_NOT_ONE_BLOCK.values(), ids=PAPER_NOT_ONE_BLOCK.keys())
def test_paper_extraction_drops_an_answer_without_exactly_one_block(answer: str) -> None:
    assert extract_program(answer, "tide", "paper") == ""


def test_paper_extraction_does_not_ask_what_is_in_the_block() -> None:
    assert extract_program("```python\nnot python at all\n```", "tide", "paper") == "not python at all"


# The syntax tree

MAKES_TIDE = [
    "def tide(): ...",
    "async def tide(): ...",
    "class tide: ...",
    "tide = max",
    "high = tide = max",
    "tide: object = max",
    "from heapq import nlargest as tide",
    "from numpy.linalg import tide",
]
MAKES_NO_TIDE = [
    "",
    "tide",
    "tide()",
    "tide.level = 3",
    "tide: object",
    "import tide",
    "from solution import tide",
    "from .solution import tide",
    "from heapq import tide as high",
    "class Solution:\n    def tide(self): ...",
    "def outer():\n    def tide(): ...",
]


@pytest.mark.parametrize("source", MAKES_TIDE)
def test_a_statement_that_makes_the_name_defines_it(source: str) -> None:
    assert defines(ast.parse(source), "tide")


@pytest.mark.parametrize("source", MAKES_NO_TIDE)
def test_a_statement_that_only_uses_the_name_does_not_define_it(source: str) -> None:
    assert not defines(ast.parse(source), "tide")


def test_bound_gives_every_name_of_a_statement() -> None:
    (statement,) = ast.parse("from math import gcd, lcm as least").body
    assert list(bound(statement)) == ["gcd", "least"]


@pytest.mark.parametrize("name", ["math", "unittest.mock", "numpy.linalg", "__future__"])
def test_library_modules_are_known(name: str) -> None:
    assert is_known_module(name)


@pytest.mark.parametrize("name", [None, "", "solution", "your_module", "numpyish", "__main__"])
def test_a_module_that_can_only_be_the_candidate_is_not_known(name: str | None) -> None:
    assert not is_known_module(name)


NOT_PYTHON = [
    "def f(:",
    "  x = 1",
    "x = '",
    "x\0",
    "\ud800",
    "é = (",
    "(" * 5000,
    "[" * 5000 + "]" * 5000,
    "-" * 100_000 + "1",
    "x = " + "9" * 10_000,
    "\ufeffx = 1",
]


@pytest.mark.parametrize("source", NOT_PYTHON, ids=range(len(NOT_PYTHON)))
def test_source_that_the_parser_refuses_has_no_tree(source: str) -> None:
    assert parse(source) is None


@pytest.mark.filterwarnings("error")
def test_a_models_bad_escape_does_not_warn_the_user() -> None:
    assert parse(r"x = '\d'") is not None


# Invariants

PIECES = [
    *("```", "```python", "```py title=x", "````", "~~~", "~~~python", "    ```", "\t```", "- ```", "> ```"),
    *("\n", "\r\n", "\r", "\x0c", " ", "\t", "'''", '"""', "\\", "\0", "\ufeff", "</think>", "<think>"),
    *(TIDE, OLD_TIDE, USAGE, "def tide(", "class tide:", "    pass", "return", "from solution import tide"),
]
answers = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=30).map("".join))


@given(answers, st.sampled_from(["tide", "", "é"]))
def test_extraction_never_raises(answer: str, entry_point: str) -> None:
    assert isinstance(extract_program(answer, entry_point), str)
    assert isinstance(extract_program(answer, entry_point, "paper"), str)


@given(answers.filter(lambda text: "think>" not in text), st.sampled_from("`~"))
def test_any_source_in_a_long_enough_fence_comes_back_byte_identical(source: str, mark: str) -> None:
    fence = mark * 3
    while fence in source:
        fence += mark
    answer = f"Here is the program.\n\n{fence}python\n{source}\n{fence}\nDone."
    assert extract_program(answer, "defined_nowhere") == source


@given(answers)
def test_a_fitting_block_is_preferred_to_whatever_stands_before_it(before: str) -> None:
    answer = f"{before}\n</think>\nSo:\n\n```python\n{TIDE}\n```\n"
    assert extract_program(answer, "tide") == TIDE


@given(answers)
def test_what_is_extracted_stands_in_the_answer(answer: str) -> None:
    """Up to indentation: nothing is ever invented."""
    found = extract_program(answer, "tide")
    assert all(line.strip() in answer for line in found.split("\n"))


def test_the_examples_above_are_python() -> None:
    """Guards the lists: a typing mistake in them would make other tests pass for the wrong reason."""
    assert all(parse(dedent(source)) for source in [TIDE, OLD_TIDE, USAGE, *FENCED_DOCSTRINGS.values()])
