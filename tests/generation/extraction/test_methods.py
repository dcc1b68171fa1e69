"""Programs of LiveCodeBench's form: the class is found whole, wherever its method comes from."""

from __future__ import annotations

import pytest

from coderm_eval.core.records import Problem
from coderm_eval.generation.extraction.programs import extract_program

PROBLEM = Problem("sea/1", "ebb", "", "", form="method")
BODY = "    def ebb(self, x):\n        return x\n"

CLASSES = {
    "plain": f"class Solution:\n{BODY}",
    "inherited": f"class Sea:\n{BODY}\nclass Solution(Sea):\n    pass\n",
    "another name of a class": f"class Sea:\n{BODY}\nSolution = Sea\n",
    "another name of a method": "class Solution:\n    def flow(self, x):\n        return x\n    ebb = flow\n",
    "a lambda": "class Solution:\n    ebb = lambda self, x: x\n",
    "set by hand": "class Solution:\n    pass\n\ndef ebb(self, x):\n    return x\n\nSolution.ebb = ebb\n",
    "in a branch": "if True:\n    class Solution:\n        def ebb(self, x):\n            return x\n",
    "tried": "try:\n    class Solution:\n        def ebb(self, x):\n            return x\nexcept OSError:\n    pass\n",
    "a function of the same name": f"def ebb(x):\n    return x\n\nclass Solution:\n{BODY}",
}


@pytest.mark.parametrize("program", CLASSES.values(), ids=CLASSES.keys())
def test_the_class_is_found_with_all_that_gives_it_its_method(program: str) -> None:
    answer = f"Sure:\n```python\n{program}```\nDone."
    assert extract_program(answer, PROBLEM, "default", completes=False).strip() == program.strip()


def test_usage_of_the_class_is_dropped() -> None:
    answer = f"```python\n{CLASSES['plain']}sea = Solution()\nprint(sea.ebb(2))\n```"
    assert extract_program(answer, PROBLEM, "default", completes=False) == CLASSES["plain"]
