"""Methods and whole programs as functions that tests can call, and what test prompts show of them."""

from __future__ import annotations

import ast
import json
import random
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.core.programs.forms import for_prompt, is_solution, paper_function, to_callable
from coderm_eval.core.programs.prelude import FULL_PRELUDE, LIMITS, prelude
from coderm_eval.core.records import Form, Problem, Verdict
from coderm_eval.execution.backends.local import LocalExecutor
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.package_folder import PACKAGE
from coderm_eval.execution.program_test import ProgramTest
from coderm_eval.execution.static_analysis import analyse

ROOMY = Limits(timeout_s=5)
"""A loaded machine must not time a program out."""

FUNCTION = Problem("sea/0", "ebb", "", "")
METHOD = Problem("sea/1", "ebb", "", "", form="method")
PAPER = Problem("sea/2", "ebb", "", "", form="method_as_function")
STDIN = Problem("sea/3", "solve", "", "", form="stdin")
PROBLEMS: dict[Form, Problem] = {problem.form: problem for problem in (FUNCTION, METHOD, PAPER, STDIN)}


@pytest.fixture(scope="module")
def executor() -> Iterator[LocalExecutor]:
    with LocalExecutor(workers=1) as executor:
        yield executor


def _read(text: str) -> str:
    """A text that begins on a line of its own, without the indentation; any other as it is."""
    return textwrap.dedent(text)[1:] if text.startswith("\n") else text


def _loaded(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(source, "<candidate>", "exec", dont_inherit=True), names)
    return names


# Whether a program is what was asked for

SIMPLE = "class Solution:\n    def ebb(self, x):\n        return x + 1\n"

SOLUTIONS: list[tuple[Form, str]] = [
    ("function", "def ebb(x):\n    return x\n"),
    ("function", "ebb = abs\n"),
    ("function", "from math import sqrt as ebb\n"),
    ("method", SIMPLE),
    ("method", "def ebb(x):\n    return x\n"),
    ("method", "class Solution:\n    def help(self): ...\n    @staticmethod\n    def ebb(x): ...\n"),
    ("method", "class Sea:\n    def ebb(self, x):\n        return x\nclass Solution(Sea):\n    pass\n"),
    ("method", "class Sea:\n    def ebb(self, x):\n        return x\nSolution = Sea\n"),
    ("method", "class Solution:\n    def flow(self, x):\n        return x\n    ebb = flow\n"),
    ("method", "class Solution:\n    ebb = lambda self, x: x\n"),
    ("method", "class Solution:\n    pass\ndef flow(self, x):\n    return x\nSolution.ebb = flow\n"),
    ("method", "if True:\n    class Solution:\n        def ebb(self, x):\n            return x\n"),
    (
        "method",
        "try:\n    class Solution:\n        def ebb(self): ...\nexcept OSError:\n    pass\n",
    ),
    ("method_as_function", SIMPLE),
    ("method_as_function", "def ebb(x):\n    return x\n"),
    ("stdin", "print(1)\n"),
    ("stdin", "def main():\n    return input()\n"),
    ("stdin", "import sys\nfor line in sys.stdin:\n    sys.stdout.write(line)\n"),
]

NO_SOLUTIONS: list[tuple[Form, str]] = [
    ("function", SIMPLE),
    ("function", "def flood(x):\n    return x\n"),
    ("method", "class Sea:\n    def ebb(self, x):\n        return x\n"),
    ("method", "class Solution:\n    def flood(self, x):\n        def ebb(x): ...\n"),
    ("method", "class Solution:\n    pass\n"),
    ("method", "class Sea:\n    def ebb(self, x):\n        return x\nclass Solution:\n    pass\n"),
    ("method", "class Solution:\n    def flow(self, x):\n        self.ebb = x\n"),
    ("method", "print(Solution().ebb(1))\n"),
    ("method_as_function", ""),
    ("stdin", ""),
    ("stdin", "import sys\n"),
    ("stdin", "tide = 3\n"),
    ("stdin", '"""Prints 3."""\n'),
]


@pytest.mark.parametrize(("form", "program"), SOLUTIONS)
def test_a_program_with_what_the_problem_asks_for_is_a_solution(form: Form, program: str) -> None:
    assert is_solution(ast.parse(program), PROBLEMS[form])


@pytest.mark.parametrize(("form", "program"), NO_SOLUTIONS)
def test_a_program_without_it_is_none(form: Form, program: str) -> None:
    assert not is_solution(ast.parse(program), PROBLEMS[form])


# Methods that tests can call

METHODS: list[tuple[str, str, str, object]] = [
    ("positions and keywords", SIMPLE, "[ebb(1), ebb(x=2)]", [2, 3]),
    (
        "a helper method",
        """
        class Solution:
            def half(self, x):
                return x // 2
            def ebb(self, x):
                return 0 if not x else 1 + self.ebb(self.half(x))
        """,
        "ebb(8)",
        4,
    ),
    (
        "a static method and a class method",
        """
        class Solution:
            step = 3
            @staticmethod
            def double(x):
                return 2 * x
            @classmethod
            def ebb(cls, x):
                return cls.double(x) + cls.step
        """,
        "ebb(2)",
        7,
    ),
    (
        "a state in self does not outlive the call",
        """
        class Solution:
            def __init__(self):
                self.seen = []
            def ebb(self, x):
                self.seen.append(x)
                return self.seen
        """,
        "[ebb(1), ebb(2)]",
        [[1], [2]],
    ),
    (
        "a state in the class does",
        """
        class Solution:
            seen = []
            def ebb(self, x):
                self.seen.append(x)
                return list(self.seen)
        """,
        "[ebb(1), ebb(2)]",
        [[1], [1, 2]],
    ),
    (
        "a state in the module does",
        """
        seen = []
        class Solution:
            def ebb(self, x):
                seen.append(x)
                return len(seen)
        """,
        "[ebb(1), ebb(1)]",
        [1, 2],
    ),
    (
        "names that it did not import",
        """
        class Solution:
            def ebb(self, levels: List[int], most: Optional[float] = None) -> Dict[int, int]:
                heap, count, most = [], defaultdict(int), most or inf
                for level in copy.copy(levels):
                    heappush(heap, min(level, most))
                while heap:
                    count[math.floor(heappop(heap))] += 1
                return dict(count)
        """,
        "[ebb([3, 1, 1]), ebb([2], 1.5)]",
        [{1: 2, 3: 1}, {1: 1}],
    ),
    (
        "a name that only a default, a decorator or a base needs",
        """
        class Tide(NamedTuple):
            level: int
        class Solution:
            @lru_cache(None)
            def ebb(self, x, step=comb(4, 2)):
                return Tide(x + step).level
        """,
        "ebb(1)",
        7,
    ),
    (
        "modules where a module and its function share the name",
        """
        class Solution:
            def ebb(self, x):
                return [copy.copy([x]), bisect.bisect([1, 2], x), datetime.date(2024, 1, x).day]
        """,
        "ebb(1)",
        [[1], 1, 1],
    ),
    (
        "built-in functions stay what they are",
        """
        class Solution:
            def ebb(self, x):
                return [pow(2, x, 5), eval(compile("x + 1", "", "eval"))]
        """,
        "ebb(3)",
        [3, 4],
    ),
    (
        "its own import counts for more",
        """
        from copy import copy
        from operator import add as gcd
        class Solution:
            def ebb(self, x):
                return [copy([x]), gcd(x, 6)]
        """,
        "ebb(4)",
        [[4], 10],
    ),
    (
        "its own definitions count for more",
        """
        inf = 3
        def gcd(a, b):
            return 7
        class Counter:
            most = 5
        class Solution:
            def ebb(self, x):
                return [inf, gcd(x, x), Counter.most]
        """,
        "ebb(4)",
        [3, 7, 5],
    ),
    (
        "annotations that are never looked at",
        """
        from __future__ import annotations
        class Solution:
            def ebb(self, level: Level, *rest: Ebb | Flood) -> Level:
                return math.floor(level)
        """,
        "ebb(1.5)",
        1,
    ),
    (
        "the same below a docstring and comments",
        """
        # Falls.
        '''Falls,

        and falls.'''
        from __future__ import (
            annotations,  # as they are
        )
        import heapq
        class Solution:
            def ebb(self, level: Level) -> Level:
                return heapq.nsmallest(1, [level])
        """,
        "ebb(1)",
        [1],
    ),
    (
        "decorators, comments and docstrings of its own",
        """
        def listed(function):
            return lambda *given: [function(*given)]

        def named(kind):
            kind.name = "sea"
            return kind

        @named
        class Solution:
            "Of the sea."

            # falls
            @listed
            def ebb(self, x):
                '''Falls.'''
                return x, Solution.name, Solution.__doc__  # as it is
                # and nothing more
        """,
        "ebb(2)",
        [(2, "sea", "Of the sea.")],
    ),
    ("lines that end as on Windows", SIMPLE.replace("\n", "\r\n"), "ebb(1)", 2),
    ("no newline at the end", SIMPLE.rstrip(), "ebb(1)", 2),
    ("a comment at the end", f"{SIMPLE}# done", "ebb(1)", 2),
    ("tabs", SIMPLE.replace("    ", "\t"), "ebb(1)", 2),
    ("an instance made and used at import", f"{SIMPLE}assert Solution().ebb(1) == 2\n", "ebb(1)", 2),
    ("a function of the module", "def ebb(x: List[int]):\n    return Counter(x)[1]\n", "ebb([1, 1])", 2),
    ("a function beside a class", f"class Sea:\n    pass\n{SIMPLE}def flood(x):\n    return ebb(x)\n", "flood(1)", 2),
    (
        "an inherited method",
        """
        class Sea:
            def ebb(self, x):
                return x
        class Solution(Sea):
            pass
        """,
        "ebb(2)",
        2,
    ),
    ("a class of another name", "class Sea:\n    def ebb(self, x):\n        return x\nSolution = Sea\n", "ebb(2)", 2),
    ("a method of another name", "class Solution:\n    def a(self, x):\n        return x\n    ebb = a\n", "ebb(2)", 2),
    (
        "a method set by hand",
        "class Solution: ...\ndef flow(self, x):\n    return x\nSolution.ebb = flow\n",
        "ebb(2)",
        2,
    ),
]
"""(what, program, what a test evaluates, its value)"""

DEEP: list[tuple[str, str, str, object]] = [
    (
        "a method that calls itself 20,000 times",
        "class Solution:\n    def ebb(self, n):\n        return self.ebb(n - 1) + 1 if n else 0\n",
        "ebb(20_000)",
        20_000,
    ),
    (
        "an inner function that calls itself 20,000 times",
        """
        class Solution:
            def ebb(self, n):
                def fall(n):
                    return fall(n - 1) + 1 if n else 0
                return fall(n)
        """,
        "ebb(20_000)",
        20_000,
    ),
    (
        "a function that calls itself 20,000 times",
        "def ebb(n):\n    return ebb(n - 1) + 1 if n else 0\n",
        "ebb(20_000)",
        20_000,
    ),
    (
        "a number of 5,000 digits",
        "class Solution:\n    def ebb(self, n):\n        return len(str(10 ** (n - 1)))\n",
        "ebb(5_000)",
        5_000,
    ),
]
"""The same, for the sandbox only."""

CALLS_A_NAMESAKE = "class Solution:\n    def ebb(self, x):\n        return 2 * ebb(x)\n"
NAMESAKES: list[tuple[str, str, str, object]] = [
    ("a helper function", f"def ebb(x):\n    return x + 1\n{CALLS_A_NAMESAKE}", "ebb(1)", 4),
    ("a helper function below", f"{CALLS_A_NAMESAKE}def ebb(x):\n    return x + 1\n", "ebb(1)", 4),
    ("an import", f"from math import floor as ebb\n{CALLS_A_NAMESAKE}", "ebb(1.5)", 2),
    (
        "a helper that is missing an import",
        f"def ebb(x):\n    return Counter(x)['a']\n{CALLS_A_NAMESAKE}",
        "ebb('aa')",
        4,
    ),
    ("another name of that module", f"def ebb(x):\n    return x\ndepth = 3\n{CALLS_A_NAMESAKE}", "depth", 3),
    (
        "a future",
        f"from __future__ import annotations\ndef ebb(x: Sea):\n    return x\n{CALLS_A_NAMESAKE}",
        "ebb(1)",
        2,
    ),
]

NO_PYTHON = ["class Solution:\n    def ebb(self, x:\n", "The sea falls.", f"{SIMPLE}```\n", "class Solution:\n", "\0"]


@pytest.fixture(scope="module")
def asked_of_methods(executor: LocalExecutor) -> dict[str, Verdict]:
    cases = [*METHODS, *DEEP, *NAMESAKES]
    return _asked(executor, ((name, to_callable(_read(p), METHOD), call, value) for name, p, call, value in cases))


def _asked(executor: LocalExecutor, cases: Iterable[tuple[str, str, str, object]]) -> dict[str, Verdict]:
    """What the executor says of a test that compares the value with the expression's."""
    pairs = [
        ProgramTest(name, program, _test(f"self.assertEqual({expression}, {value!r})"), entry_point="ebb")
        for name, program, expression, value in cases
    ]
    return {outcome.key: outcome.verdict for outcome in executor.run(pairs, ROOMY)}


def _test(*lines: str) -> str:
    body = "".join(f"        {line}\n" for line in lines)
    return f"import unittest\n\n\nclass TestSea(unittest.TestCase):\n    def test_it(self):\n{body}"


@pytest.mark.parametrize(("name", "program", "expression", "value"), [*METHODS, *NAMESAKES])
def test_a_method_can_be_called_as_a_function(name: str, program: str, expression: str, value: object) -> None:
    assert eval(expression, _loaded(to_callable(_read(program), METHOD))) == value


@pytest.mark.parametrize(("name", "program", "expression", "value"), [*METHODS, *DEEP, *NAMESAKES])
def test_so_it_can_by_a_test_in_the_sandbox(
    asked_of_methods: dict[str, Verdict], name: str, program: str, expression: str, value: object
) -> None:
    assert asked_of_methods[name] == Verdict.PASSED


@pytest.mark.parametrize("program", [_read(program) for _, program, _, _ in METHODS if "__future__" not in program])
def test_the_program_is_in_the_function_word_for_word(program: str) -> None:
    assert f"\n{program}" in to_callable(program, METHOD)


@pytest.mark.parametrize("text", NO_PYTHON)
@pytest.mark.parametrize("problem", [FUNCTION, METHOD, PAPER], ids=lambda problem: problem.form)
def test_what_is_no_python_stays_as_it_was(problem: Problem, text: str) -> None:
    assert to_callable(text, problem) == text


@pytest.mark.parametrize("program", [SIMPLE, "def ebb(x):\n    return Counter(x)\n", ""])
def test_a_program_for_a_problem_that_asks_for_a_function_stays_as_it_was(program: str) -> None:
    assert to_callable(program, FUNCTION) == for_prompt(program, FUNCTION) == program


def test_without_the_method_no_function_is_made() -> None:
    assert "ebb" not in _loaded(to_callable("class Solution:\n    def flood(self): ...\n", METHOD))


# What is imported for a program


def test_whatever_the_graders_import_a_program_that_uses_it_is_given() -> None:
    """The very objects, where modules differ about a name."""
    theirs = {name: value for name, value in _loaded(FULL_PRELUDE).items() if name.isidentifier() and name[0] != "_"}
    ours = _loaded(prelude("\n".join(theirs)))
    builtin = vars(sys.modules["builtins"])
    assert len(theirs) > 500
    assert [name for name, value in theirs.items() if ours.get(name, builtin.get(name)) is not value] == []


@pytest.mark.parametrize("program", ["", "x = 1\n", "def ebb(levels):\n    return sum(levels)\n", "not Python"])
def test_a_program_is_given_the_limits_and_nothing_that_it_does_not_use(program: str) -> None:
    assert prelude(program) == LIMITS


def test_a_name_is_given_once_however_often_it_is_used() -> None:
    assert prelude("inf + inf\nmath.inf\n") == f"{LIMITS}from math import inf\nimport math\n"


def test_what_is_given_is_independent_of_an_error_at_the_prompt() -> None:
    """Python's prompt and notebooks keep the last error in sys; the sandbox, another process, has none to import."""
    lines = (
        "import sys",
        "sys.last_value = ValueError()",
        "from coderm_eval.core.programs.prelude import LIMITS, prelude",
        "print(prelude('last_value = 1') == LIMITS)",
    )
    said = subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True, capture_output=True, text=True)
    assert said.stdout == "True\n"


# Which of them keep a state

KEEPS_NONE: list[Any] = [
    ("a method", SIMPLE),
    *((name, program) for name, program, _, _ in METHODS if name.startswith(("a helper", "names", "annotations"))),
    ("a limit of its own", f"import sys\nsys.setrecursionlimit(10 ** 6)\n{SIMPLE}"),
    ("a limit set in the method", f"import sys\n{SIMPLE}        sys.setrecursionlimit(10_000)\n"),
    ("digits of its own", f"sys.set_int_max_str_digits(0)\n{SIMPLE}"),
    ("the largest number", SIMPLE.replace("x + 1", "min(x, sys.maxsize)")),
    ("a constant", f"MOD = 10 ** 9 + 7\n{SIMPLE}"),
    *(
        (f"a variable called {name}", SIMPLE.replace("x", name))
        for name in ("path", "prefix", "flags", "time", "choice")
    ),
]

KEEPS_ONE: list[tuple[str, str]] = [
    *((f"the state of {line}", SIMPLE.replace("return x + 1", line)) for line in ("random.random()", "random.seed(x)")),
    ("a list in the class", SIMPLE.replace(":\n", ":\n    seen = []\n", 1)),
    ("a cache", SIMPLE.replace("    def", "    @cache\n    def")),
    ("an instance", f"{SIMPLE}solution = Solution()\n"),
]

OTHER_USES_OF_SYS = [
    "return sys.getrecursionlimit()",
    "return sys.stdin.readline()",
    "return len(sys.modules)",
    "return sys.argv[x:]",
    "return sys",
    "return getattr(sys, 'maxsize')",
    "sys.path.append(x)",
    "sys.maxsize = x",
    "sys.setrecursionlimit = abs",
    "del sys.maxsize",
    "sys.setswitchinterval(x)",
]


def _keeps_a_state(program: str) -> bool:
    source = analyse(to_callable(_read(program), METHOD))
    assert source
    return source.stateful


@pytest.mark.parametrize(("name", "program"), KEEPS_NONE)
def test_a_method_keeps_no_state_though_a_function_and_imports_were_added(name: str, program: str) -> None:
    assert not _keeps_a_state(program)


@pytest.mark.parametrize(("name", "program"), KEEPS_ONE)
def test_a_program_that_keeps_one_still_does(name: str, program: str) -> None:
    assert _keeps_a_state(program)


@pytest.mark.parametrize("line", OTHER_USES_OF_SYS)
@pytest.mark.parametrize("imported", ["", "import sys\n"], ids=["given", "imported"])
def test_sys_is_a_state_in_any_other_use(imported: str, line: str) -> None:
    assert _keeps_a_state(imported + SIMPLE.replace("return x + 1", line))


# The paper's functions

PAPER_FUNCTIONS: list[Any] = [
    ("one method", SIMPLE, "def ebb(x):\n    return x + 1"),
    (
        "self alone",
        "class Solution:\n    def ebb(self):\n        return 1\n    def flood( self ) -> int: return 2\n",
        "def ebb():\n    return 1\ndef flood( ) -> int: return 2",
    ),
    (
        "several methods",
        """
        class Solution:
            def fall(self, x: int) -> int:
                return x

            def ebb(self,x):
                # falls
                return self.fall(x)
        """,
        """
        def fall(x: int) -> int:
            return x

        def ebb(x):
            # falls
            return self.fall(x)
        """,
    ),
    (
        "a signature on several lines",
        """
        class Solution:
            def ebb(
                self,
                levels: List[int],
                *,
                most: int = 3,
            ) -> int:
                return most
        """,
        """
        def ebb(
            levels: List[int],
            *,
            most: int = 3,
        ) -> int:
            return most
        """,
    ),
    (
        "self on the line of the bracket",
        """
        class Solution(object):
            def ebb(self,
                    level):
                return level
        """,
        """
        def ebb(level):
            return level
        """,
    ),
    (
        "an inner function",
        """
        class Solution:
            def ebb(self, x):
                def fall(y):
                    return y - x

                return fall(x)
        """,
        """
        def ebb(x):
            def fall(y):
                return y - x

            return fall(x)
        """,
    ),
    (
        "text before and after",
        """
        # The sea.
        from typing import List

        SEAS = 7
        class Solution:
            def ebb(self, x):
                return x
        # The end.
        def flood(x):
            return x
        """,
        """
        # The sea.
        from typing import List

        SEAS = 7
        def ebb(x):
            return x
        # The end.
        def flood(x):
            return x
        """,
    ),
    (
        "decorators",
        """
        @final
        class Solution:
            @cache
            @twice(3)
            def ebb(self, x):
                return x
            @staticmethod
            def flood(x):
                return x
        """,
        """
        @cache
        @twice(3)
        def ebb(x):
            return x
        @staticmethod
        def flood(x):
            return x
        """,
    ),
    (
        "a docstring and an attribute",
        'class Solution:\n    """Falls."""\n    most = 3\n    def ebb(self, *levels):\n        return self.most\n',
        '"""Falls."""\nmost = 3\ndef ebb(*levels):\n    return self.most',
    ),
    ("tabs", "class Solution:\n\tdef ebb(self, x):\n\t\treturn x", "def ebb(x):\n\treturn x"),
    ("self elsewhere", SIMPLE.replace("(self, x)", "(x, self)"), "def ebb(x, self):\n    return x + 1"),
    (
        "a parameter whose name begins with self",
        """
        class Solution:
            def ebb(self, x):
                def fall(selfish):
                    return selfish
                return fall(x)
        """,
        """
        def ebb(x):
            def fall(selfish):
                return selfish
            return fall(x)
        """,
    ),
    (
        "lines of blanks",
        "class Solution:\n    def ebb(self, x):\n        \n        return x",
        "def ebb(x):\n    \n    return x",
    ),
]

AS_THEY_WERE = [
    *NO_PYTHON,
    "",
    "def ebb(self, x):\n    return x\n",
    "class Sea:\n    def ebb(self, x):\n        return x\n",
    "if True:\n    class Solution:\n        def ebb(self, x):\n            return x\n",
]


@pytest.mark.parametrize(("name", "program", "function"), PAPER_FUNCTIONS)
def test_the_paper_makes_functions_of_methods(name: str, program: str, function: str) -> None:
    assert paper_function(_read(program).rstrip("\n")) == _read(function).rstrip("\n")


@pytest.mark.parametrize("program", AS_THEY_WERE)
def test_it_leaves_what_has_no_such_class(program: str) -> None:
    assert paper_function(program) == program


PARAMETERS = st.sampled_from(
    [[], ["level"], ["levels: List[int]", "most: int = 3"], ["*rest"], ["*", "most"], ["level", "/", "myself"]]
)
STATEMENTS = st.sampled_from(
    [
        "",
        "# falls",
        "return level",
        "def fall(depth):\n    return (\n        depth\n    )",
        "for level in range(3):\n    if level:\n        fall(self, level)\n\n    else:\n        pass",
        "text = 'def ebb(x, self)'",
        '"""Falls,\n\n  and falls.\n"""',
    ]
)
FUNCTIONS = st.lists(
    st.tuples(
        st.sampled_from(["", "@cache\n"]),
        st.sampled_from(["ebb", "flood"]),
        st.sampled_from([", ", ",\n    "]),
        PARAMETERS,
        st.lists(STATEMENTS, max_size=4).map(lambda lines: "\n".join([*lines, "return 0"])),
    ),
    min_size=1,
    max_size=3,
)


def _written(functions: Sequence[tuple[str, str, str, Sequence[str], str]], *, first: Sequence[str] = ()) -> str:
    """The functions as text, with `first` before their own parameters."""
    return "\n\n".join(
        f"{decorator}def {name}({separator.join([*first, *parameters])}):\n{textwrap.indent(body, '    ')}"
        for decorator, name, separator, parameters, body in functions
    )


@given(FUNCTIONS, st.sampled_from(["", "import math\n\n"]), st.sampled_from(["", "\n\nebb(3)\n"]))
def test_functions_that_became_methods_come_back_as_they_were(
    functions: list[tuple[str, str, str, list[str], str]], before: str, after: str
) -> None:
    methods = textwrap.indent(_written(functions, first=["self"]), "    ")
    program = f"{before}class Solution:\n{methods}{after}"
    ast.parse(program)
    assert paper_function(program) == f"{before}{_written(functions)}{after}"


# What a prompt shows of a method

SHOWN_AS_FUNCTIONS: list[tuple[str, str]] = [
    ("one method", SIMPLE),
    (
        "an inner function",
        """
        class Solution:
            def ebb(self, x):
                def fall(y):
                    return y - x
                return fall(7)
        """,
    ),
    (
        "text around the class",
        """
        import math
        SEAS = 7
        class Solution:
            # falls
            def ebb(
                self,
                x: int,
            ) -> int:
                "Falls."
                return math.floor(flood(x) + SEAS)
        def flood(x):
            return x
        """,
    ),
    (
        "methods that do without each other",
        """
        class Solution:
            def ebb(self, *, x=2):
                return x
            def still(self):
                return 0
        """,
    ),
    (
        "another class",
        """
        class Sea:
            level = 3
        class Solution:
            def ebb(self, x):
                return x + Sea.level
        """,
    ),
]

SHOWN_AS_CLASSES: list[tuple[str, str]] = [
    ("a method that calls another", METHODS[1][1]),
    ("a method that calls itself", SIMPLE.replace("x + 1", "self.ebb(x - 1) if x else 0")),
    ("an attribute of the class", SIMPLE.replace(":\n", ":\n    most = 3\n", 1).replace("x + 1", "x + self.most")),
    ("an attribute of the instance", METHODS[3][1]),
    (
        "a private method",
        "class Solution:\n    def ebb(self, x):\n        return self.__ebb(x)\n    def __ebb(self, x): ...",
    ),
    ("no place for self", "class Solution:\n    def ebb(self: 'Solution', x):\n        return x\n"),
    ("self and nothing else before a slash", "class Solution:\n    def ebb(self, /, x):\n        return x\n"),
    ("a static method", "class Solution:\n    @staticmethod\n    def ebb(x):\n        return x\n"),
]

NOT_SHOWN_AS_FUNCTIONS: list[tuple[str, str]] = [
    ("an attribute by the name of the class", SIMPLE.replace("x + 1", "len(Solution.__name__)")),
    ("an instance", f"{SIMPLE}solution = Solution()\nassert solution.ebb(3) == 4\n"),
    ("a class method", SIMPLE.replace("    def ebb(self", "    @classmethod\n    def ebb(cls")),
    ("self by another name", SIMPLE.replace("self", "this")),
    ("super", SIMPLE.replace("x + 1", "len(super().__doc__)")),
    (
        "an inner function with a self of its own",
        SIMPLE.replace(
            "        return x", "        def fall(self, y):\n            return y\n        return fall(x, x)"
        ),
    ),
    ("a text of several lines", SIMPLE.replace("x + 1", "'''falls\n    and falls'''")),
    ("a helper with the method's name", f"def ebb(x):\n    return x\n{CALLS_A_NAMESAKE}"),
    ("an import with the method's name", f"from math import floor as ebb\n{CALLS_A_NAMESAKE}"),
]


@pytest.mark.parametrize(("name", "program"), SHOWN_AS_FUNCTIONS)
def test_a_method_is_shown_as_the_papers_function(name: str, program: str) -> None:
    assert for_prompt(_read(program), METHOD) == paper_function(_read(program)) != _read(program)


@pytest.mark.parametrize(("name", "program"), SHOWN_AS_CLASSES)
def test_where_that_would_be_another_program_the_class_is_shown(name: str, program: str) -> None:
    assert for_prompt(_read(program), METHOD) == _read(program) != paper_function(_read(program))


@pytest.mark.parametrize(("name", "program"), [*SHOWN_AS_FUNCTIONS[:3], *NOT_SHOWN_AS_FUNCTIONS])
def test_what_is_shown_as_a_function_answers_as_what_is_run(name: str, program: str) -> None:
    shown = for_prompt(_read(program), METHOD)
    run = _loaded(to_callable(_read(program), METHOD))["ebb"](3)
    assert _loaded(to_callable(shown, METHOD))["ebb"](3) == run


@pytest.mark.parametrize("program", AS_THEY_WERE)
@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_what_has_no_such_class_is_shown_as_it_is(problem: Problem, program: str) -> None:
    assert for_prompt(program, problem) == program


def test_a_program_that_reads_its_input_is_shown_as_it_is() -> None:
    program = f"{SIMPLE}print(Solution().ebb(int(input())))\n"
    assert for_prompt(program, STDIN) == program


# The paper's form, as it is

CONVERTED: list[tuple[str, str, Verdict]] = [
    ("a method that needs no other", SIMPLE, Verdict.PASSED),
    ("a helper of the module", f"def up(x):\n    return x + 1\n{SIMPLE.replace('x + 1', 'up(x)')}", Verdict.PASSED),
    (
        "a helper through self",
        f"{SIMPLE.replace('x + 1', 'self.up(x)')}    def up(self, x):\n        return x + 1\n",
        Verdict.FAILED,
    ),
    ("a name that it did not import", SIMPLE.replace("x + 1", "math.floor(x + 1)"), Verdict.PASSED),
    ("the instance", SIMPLE.replace("x + 1", "x + len([self])"), Verdict.FAILED),
    (
        "postponed annotations",
        f"from __future__ import annotations\n{SIMPLE.replace('x)', 'x: Level)')}",
        Verdict.PASSED,
    ),
]


def test_the_papers_form_is_run_as_the_paper_converts_it(executor: LocalExecutor) -> None:
    for _, program, _ in CONVERTED:
        function = paper_function(program)
        assert for_prompt(program, PAPER) == function
        assert function.removeprefix("from __future__ import annotations\n") in to_callable(program, PAPER)
    said = _asked(executor, ((name, to_callable(program, PAPER), "ebb(1)", 2) for name, program, _ in CONVERTED))
    assert said == {name: verdict for name, _, verdict in CONVERTED}


# Programs that read their input

Calls = list[tuple[str, "str | type[BaseException]"]]
"""What is on standard input, and what is printed or raised."""

PROGRAMS: list[tuple[str, str, Calls]] = [
    # reading
    ("input", "print(int(input()) + int(input()))", [("1\n2\n", "3\n"), ("3\n4", "7\n")]),
    ("input with a prompt", "print(input('Tide: '))", [("3\n", "Tide: 3\n")]),
    ("input beyond the end", "input()\ninput()", [("3\n", EOFError), ("", EOFError)]),
    (
        "sys.stdin",
        "import sys\nprint([line for line in sys.stdin])",
        [("1\n\n2", "['1\\n', '\\n', '2']\n"), ("", "[]\n")],
    ),
    ("the rest after a line", "import sys\ninput()\nprint(repr(sys.stdin.read()))", [("1\n2\n3", "'2\\n3'\n")]),
    ("readline at the end", "import sys\nprint([sys.stdin.readline() for _ in 'ab'])", [("3", "['3', '']\n")]),
    ("stdin imported", "from sys import stdin\nprint(stdin.readlines())", [("1\n2", "['1\\n', '2']\n")]),
    (
        "the buffer",
        "import sys\nread = sys.stdin.buffer\nprint(read.readline(), read.read())",
        [("1\n2\n", "b'1\\n' b'2\\n'\n")],
    ),
    ("open(0)", "print(open(0).read().split())", [("1 2\n3", "['1', '2', '3']\n"), ("4", "['4']\n")]),
    ("open(0) in bytes", "with open(0, 'rb') as sea:\n    print(list(sea))", [("1\n2", "[b'1\\n', b'2']\n")]),
    ("open('/dev/stdin')", "print(sum(map(int, open('/dev/stdin'))))", [("1\n2\n", "3\n")]),
    ("os.read", "import os\nprint(os.read(0, 99), os.read(0, 99))", [("1\n2", "b'1\\n2' b''\n")]),
    ("the size of the input", "import os\nprint(os.fstat(0).st_size)", [("12345", "5\n")]),
    ("another sys.stdin", "import io, sys\nsys.stdin = io.StringIO('9')\nprint(input())", [("1", "9\n"), ("2", "9\n")]),
    ("carriage returns", "import sys\nprint(repr(sys.stdin.read()))", [("1\r\n2\r3\n", "'1\\r\\n2\\r3\\n'\n")]),
    ("lines end in any way for open", "print(open(0).readlines())", [("1\r\n2\r3", "['1\\n', '2\\n', '3']\n")]),
    ("letters", "print(input()[::-1], len('é'))", [("aé∀🌊", "🌊∀éa 1\n")]),
    ("zeros", "print(len(input()))", [("a\0b", "3\n")]),
    ("half a letter", "import sys\nprint(sys.stdin.buffer.read())", [("\ud800", "b'?'\n")]),
    # writing
    ("nothing", "input()", [("1", "")]),
    ("no program", "", [("1", "")]),
    ("no newline at the end", "print(3, end='')", [("", "3")]),
    ("the standard output", "import sys\nwrite = sys.stdout.write\nwrite('1\\n')\nwrite('2\\n')", [("", "1\n2\n")]),
    ("the buffer of the output", "import sys\nsys.stdout.buffer.write(b'\\xff\\r\\n')", [("", "\ufffd\r\n")]),
    ("os.write", "import os\nos.write(1, b'1\\n')\nprint(2)", [("", "1\n2\n")]),
    ("os.write before what was printed earlier", "import os\nprint(2)\nos.write(1, b'1\\n')", [("", "1\n2\n")]),
    (
        "open(1)",
        "print(1, flush=True)\nwith open(1, 'w', closefd=False) as sea:\n    print(2, file=sea)",
        [("", "1\n2\n")],
    ),
    ("errors are no output", "import sys\nprint(1, file=sys.stderr)\nprint(2)", [("", "2\n")]),
    ("an output that was closed", "import sys\nprint(1)\nsys.stdout.close()", [("", "1\n"), ("", "1\n")]),
    (
        "a descriptor that was closed",
        "import os\nprint(1, flush=True)\nos.close(1)\nos.close(0)",
        [("", "1\n"), ("", "1\n")],
    ),
    ("an output that leads elsewhere", "import io, sys\nsys.stdout = io.StringIO()\nprint(1)", [("", ""), ("", "")]),
    (
        "an output of its own",
        """
        import io, os, sys
        class Fast(io.IOBase):
            def __init__(self, file):
                self.descriptor, self.text = file.fileno(), []
                self.write = self.text.append
            def flush(self):
                os.write(self.descriptor, "".join(self.text).encode())
                self.text.clear()
        sys.stdout = Fast(sys.stdout)
        print(input())
        """,
        [("1", "1\n"), ("2", "2\n")],
    ),
    ("printed at exit", "import atexit\natexit.register(print, 2)\nprint(1)", [("", "1\n2\n"), ("", "1\n2\n")]),
    # threads
    (
        "a thread that is waited for",
        """
        import sys, threading
        threading.stack_size(1 << 26)
        def main():
            print(input())
        thread = threading.Thread(target=main)
        thread.start()
        thread.join()
        """,
        [("1", "1\n"), ("2", "2\n")],
    ),
    (
        "a thread that is not",
        """
        import threading, time
        def main():
            time.sleep(0.02)
            print(input())
        threading.Thread(target=main).start()
        """,
        [("1", "1\n"), ("2", "2\n")],
    ),
    (
        "a daemon",
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\nprint(1)",
        [("", "1\n"), ("", "1\n")],
    ),
    (
        "an error in a thread",
        "import threading\nthreading.Thread(target=int, args=('x',)).start()\nprint(1)",
        [("", "1\n")],
    ),
    (
        "an exit in a thread",
        "import sys, threading\nthreading.Thread(target=sys.exit, args=(1,)).start()\nprint(1)",
        [("", "1\n")],
    ),
    # ends
    ("exit", "print(1)\nexit()\nprint(2)", [("", "1\n"), ("", "1\n")]),
    ("sys.exit(0)", "import sys\nprint(1)\nsys.exit(0)", [("", "1\n")]),
    ("raise SystemExit", "print(1)\nraise SystemExit", [("", "1\n")]),
    ("sys.exit(1)", "import sys\nprint(1)\nsys.exit(1)", [("", SystemExit)]),
    ("an exit with a message", "import sys\nsys.exit('The sea.')", [("", SystemExit)]),
    ("an exit of one input", "print(exit(int(input())))", [("0", ""), ("1", SystemExit), ("0", "")]),
    ("os._exit after a flush", "import os\nprint(1, flush=True)\nos._exit(0)", [("", "1\n"), ("", "1\n")]),
    ("os._exit without one", "import os\nprint(1)\nos._exit(0)", [("", "")]),
    ("os._exit(1)", "import os\nprint(1, flush=True)\nos._exit(1)", [("", SystemExit)]),
    ("os._exit, imported", "from os import _exit\n_exit(2)", [("", SystemExit)]),
    ("an exception", "print(1)\nprint(int(input()))", [("x", ValueError), ("2", "1\n2\n")]),
    ("an exception of its own", "class Flood(ValueError):\n    pass\nraise Flood", [("", ValueError)]),
    ("an interrupt", "raise KeyboardInterrupt", [("", KeyboardInterrupt)]),
    ("a name that nobody knows", "print(tide)", [("", NameError)]),
    ("no Python", "print(", [("", SyntaxError)]),
    ("a text that is none", "print('\\ud800')", [("", UnicodeEncodeError)]),
    # what a module has
    ("the main guard", "if __name__ == '__main__':\n    print(input())", [("1", "1\n")]),
    ("itself as a module", "import __main__\nsea = 3\nprint(__main__.sea, 'solve' in globals())", [("", "3 False\n")]),
    ("its file", "import os\nprint(os.path.basename(__file__))", [("", "program.py\n")]),
    (
        "postponed annotations",
        """
        from __future__ import annotations
        from dataclasses import dataclass
        @dataclass
        class Sea:
            level: Level
        print(Sea(3))
        """,
        [("", "Sea(level=3)\n")],
    ),
    ("a byte order mark", "\ufeffprint(1)", [("", "1\n")]),
    # the next call
    ("variables", "print('tide' in globals())\ntide = 3", [("", "False\n"), ("", "False\n")]),
    (
        "a counter in a class",
        "class Sea:\n    level = 0\nSea.level += int(input())\nprint(Sea.level)",
        [("1", "1\n"), ("2", "2\n")],
    ),
    ("input, replaced", "import sys\ninput = sys.stdin.readline\nprint(int(input()))", [("1", "1\n"), ("2\n", "2\n")]),
    ("a flag of an import", "import sys\nprint('sea' in sys.modules)", [("", "False\n"), ("", "False\n")]),
]
"""What is printed, and whether it raises, was read off `python3 program.py < input`, with a process for each call."""

GIVEN: list[tuple[str, str, Calls]] = [
    (
        "names that it did not import",
        "print(gcd(*map(int, sys.stdin.read().split())), inf, deque([1]))",
        [("4 6", "2 inf deque([1])\n")],
    ),
    (
        "calls 20,000 deep",
        "def ebb(n):\n    return ebb(n - 1) + 1 if n else 0\nprint(ebb(int(input())))",
        [("20000", "20000\n"), ("20000", "20000\n")],
    ),
    ("a number of 5,000 digits", "print(10 ** 4_999)", [("", f"1{'0' * 4_999}\n")]),
    (
        "a limit that the last call set",
        "print(sys.getrecursionlimit())\nsys.setrecursionlimit(3_000)",
        [("", "50000\n"), ("", "50000\n")],
    ),
    ("chance", "import random\nprint(random.random())", [("", f"{random.Random(0).random()}\n")] * 2),
    (
        "chance sown",
        "import random\nrandom.seed(int(input()))\nprint(random.random())",
        [("5", f"{random.Random(5).random()}\n")] * 2,
    ),
]
"""What a process of its own would not do."""

AT_THE_END: list[tuple[str, str, Calls]] = [
    ("an input left open", "sea = open(0)\nprint(sea.readline())", [("1", "1\n"), ("2", "2\n")]),
    ("an output left open", "sea = open(1, 'w')\nsea.write(input())", [("1", "1"), ("2", "2")]),
    (
        "an output set aside",
        "import io, sys\nprint(input())\nkept = sys.stdout\nsys.stdout = io.StringIO()",
        [("1", "1\n"), ("2", "2\n")],
    ),
    (
        "the original output, at exit",
        """
        import atexit, io, sys
        sys.stdout = io.StringIO()
        atexit.register(lambda: sys.__stdout__.write(sys.stdout.getvalue()))
        print(input())
        """,
        [("1", "1\n")],
    ),
    (
        "the original input",
        "import sys\nprint(sys.__stdin__.readline())",
        [("1\n2\n", "1\n\n"), ("3\n4\n", "3\n\n")],
    ),
    (
        "a function for the exit of a call that raised",
        "import atexit\natexit.register(print, 'late')\nprint(int(input()))",
        [("x", ValueError), ("1", "1\nlate\n")],
    ),
    (
        "a thread of a call that raised",
        """
        import threading, time
        def late():
            time.sleep(0.3)
            print("late")
        if not input():
            threading.Thread(target=late).start()
            raise ValueError
        """,
        [("\n", ValueError), ("1", "")],
    ),
    (
        "a thread that a thread started",
        """
        import threading, time
        def main():
            time.sleep(0.2)
            print(input())
        def start():
            time.sleep(0.2)
            threading.Thread(target=main).start()
        threading.Thread(target=start).start()
        """,
        [("1", "1\n")],
    ),
    (
        "a pool of threads",
        """
        import threading, time
        from concurrent.futures import ThreadPoolExecutor
        pool = ThreadPoolExecutor(1)
        def rescue():  # or it would hang
            time.sleep(0.4)
            print("late")
            pool.shutdown()
        threading.Thread(target=rescue, daemon=True).start()
        print(pool.submit(input).result())
        """,
        [("1", "1\n")],
    ),
    ("arguments", "import sys\nprint(sys.argv[1:])", [("", "[]\n")]),
    (
        "fileinput",
        "import fileinput\nprint([*fileinput.input()])",
        [("1", "['1']\n")],
    ),
    ("an exit with no words", "import sys\nsys.exit('')", [("", SystemExit)]),
    (
        "no output any more",
        "import sys\nprint(1, flush=True)\nsys.stdout = None",
        [("", "1\n")],
    ),
]

ALL_PROGRAMS = [*PROGRAMS, *GIVEN, *AT_THE_END]
NAMES = [name for name, _, _ in ALL_PROGRAMS]
CALLS = {name: calls for name, _, calls in ALL_PROGRAMS}

_BY_ITSELF = """
import builtins, json, os, signal, sys
sys.path.insert(0, sys.argv[1])
import coderm_eval.core.programs.stdin_program
import dataclasses, fileinput, pathlib, random  # once, for all of them

def standing():
    streams = [id(stream) for stream in (sys.stdin, sys.stdout, sys.stderr, os._exit, builtins.open)]
    return [[os.fstat(n)[:3] for n in (0, 1)], streams, sorted(os.listdir("/dev/fd"))]

def call(solve, given):
    try:
        return ["printed", solve(given)]
    except BaseException as error:
        return ["raised", [kind.__name__ for kind in type(error).__mro__]]

for number, (program, inputs) in enumerate(json.load(sys.stdin)):
    os.mkdir(str(number))
    os.chdir(str(number))
    for call_number, given in enumerate(inputs):
        child = os.fork()
        if child:
            os.waitpid(child, 0)
            continue
        signal.alarm(5)
        names = {}
        exec(compile(program, "<candidate>", "exec", dont_inherit=True), names)
        before = standing()
        said = call(names["solve"], given)
        unchanged = before == standing()
        with open("said.new", "w") as file:
            json.dump([said, unchanged], file)
        os.rename("said.new", f"said{call_number}")
        os._exit(0)
    os.chdir("..")
"""
"""Calls `solve`, each time in a process of its own, without a sandbox."""


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """Of each call what it gave, and whether the caller's streams were as before."""
    folder = tmp_path_factory.mktemp("sea")
    programs = [(_solving(program), [stdin for stdin, _ in calls]) for _, program, calls in ALL_PROGRAMS]
    subprocess.run(
        [sys.executable, "-I", "-c", _BY_ITSELF, str(PACKAGE.parent)],
        input=json.dumps(programs).encode(),
        cwd=folder,
        check=True,
    )
    return {
        name: [json.loads((folder / str(number) / f"said{call}").read_text()) for call in range(len(calls))]
        for number, (name, _, calls) in enumerate(ALL_PROGRAMS)
    }


@pytest.fixture(scope="module")
def in_the_sandbox(executor: LocalExecutor) -> dict[str, Verdict]:
    pairs = [
        ProgramTest(name, _solving(program), _test(*map(_expected, calls)), entry_point="solve", process_per_call=True)
        for name, program, calls in ALL_PROGRAMS
    ]
    return {outcome.key: outcome.verdict for outcome in executor.run(pairs, ROOMY)}


def _solving(program: str) -> str:
    return to_callable(_read(program), STDIN)


def _expected(call: tuple[str, str | type[BaseException]]) -> str:
    stdin, wanted = call
    if isinstance(wanted, str):
        return f"self.assertEqual(solve({stdin!r}), {wanted!r})"
    return f"self.assertRaises({wanted.__name__}, solve, {stdin!r})"


@pytest.mark.parametrize("name", NAMES)
def test_solve_gives_what_the_program_prints_or_raises(called: dict[str, list[Any]], name: str) -> None:
    for ((how, what), _), (_, wanted) in zip(called[name], CALLS[name], strict=True):
        assert (how, what) == ("printed", wanted) if isinstance(wanted, str) else wanted.__name__ in what


@pytest.mark.parametrize("name", NAMES)
def test_so_it_does_for_a_test_in_the_sandbox(in_the_sandbox: dict[str, Verdict], name: str) -> None:
    assert in_the_sandbox[name] == Verdict.PASSED


@pytest.mark.parametrize("name", NAMES)
def test_the_callers_streams_are_as_before(called: dict[str, list[Any]], name: str) -> None:
    assert all(unchanged for _, unchanged in called[name])
