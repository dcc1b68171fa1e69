"""A suite of a problem, in the process of a test: the calls that it makes, and what it says of answers.

Its text goes into tests. A change that can change a status raises `gold_tests.REVISION`.
"""

from __future__ import annotations

import copy
import json
from itertools import islice
from typing import Any

from evalplus.gen.util import trusted_exec

from coderm_eval.benchmarks.evalplus.comparison import BROKEN_TASK, check, same_text_is_right, with_tolerances
from coderm_eval.execution.wire.encoding import decode

__all__ = ["Suite"]

_GOES_ON, _PASSED, _FAILED = "", "P", "F"
"""As `judgement` has them."""


class Suite:
    """The inputs of one suite, and the answers that are expected.

    Args:
        name: the function under test.
        contents: JSON of three things: the list of the inputs, as `encode` writes each; that of the expected answers,
            written in the same way; {number of the input: digest} of the answers that are large for one.
        atol: the dataset's absolute tolerance.
        solution: the reference solution.
    """

    def __init__(self, name: str, contents: str, atol: float, solution: str) -> None:
        self._name = name
        self._inputs, self._expected, self._digests = json.loads(contents)
        self._solution = solution
        self._same_is_right = same_text_is_right(name)
        self._tolerances: list[float] = []
        self._tolerances_left = with_tolerances(map(decode, self._expected), atol)

    def calls(self) -> list[str]:
        """Return the text of the calls that `check` makes: the function is looked up, and called with each input.

        What has become of the arguments is asked where the comparison looks at them and they can change.
        """
        name, value = json.dumps(self._name), "" if self._name == BROKEN_TASK else ",false"
        how = [",true" if str(number) in self._digests else value for number in range(len(self._inputs))]
        called = zip(self._inputs, how, strict=True)
        return [f"[{name}]", *(f'[{name},{given},{{"dict":[]}}{asked}]' for given, asked in called)]

    def judge(self, number: int, answer: str) -> str | None:
        """Return the `Judgement` of the answer to the call of that number."""
        if number == 0:
            return self._right(0) if answer == '["function"]' else None
        wanted, digest = self._expected[number - 1], self._digests.get(str(number - 1))
        if digest:
            return self._right(number) if answer == f'["returned","{digest}",null,null]' else None
        if self._same_is_right and answer == f'["returned",{wanted},null,null]' and _equals_itself(wanted):
            return self._right(number)
        try:
            what, value, *more = decode(answer)
        except (TypeError, ValueError):
            return None
        if what != "returned" or more != [None, None]:
            return _FAILED if what == "raised" else None
        tolerance = self._tolerance(number - 1)
        try:
            check(self._name, decode(self._inputs[number - 1]), value, decode(wanted), tolerance)
        except (MemoryError, RecursionError):
            return None
        except BaseException:
            return _FAILED
        return self._right(number)

    def check(self, function: Any) -> None:
        """Compare what the program's function answers to all inputs.

        Args:
            function: its stand-in.

        Raises:
            Exception: as `comparison.check`, of the first answer that is wrong.
        """
        value = function if self._name == BROKEN_TASK else function.value
        for number, text in enumerate(self._inputs):
            given, wanted = decode(text), decode(self._expected[number])
            digest = self._digests.get(str(number))
            if digest and function.sha256(*given) == digest:
                continue
            original = copy.deepcopy(given) if digest else given
            answer = value(*given)
            if digest:
                [wanted] = trusted_exec(self._solution, [original], self._name)
            check(self._name, given, answer, wanted, self._tolerance(number))

    def _right(self, number: int) -> str:
        return _GOES_ON if number < len(self._inputs) else _PASSED

    def _tolerance(self, number: int) -> float:
        """Return the tolerance of an answer; those before it are looked at once."""
        missing = number + 1 - len(self._tolerances)
        self._tolerances.extend(tolerance for _, tolerance in islice(self._tolerances_left, max(0, missing)))
        return self._tolerances[number]


def _equals_itself(text: str) -> bool:
    """Return whether two values of this text are equal for certain: no NaN is in it, and no tag but that of tuples."""
    return "NaN" not in text and '{"' not in text.replace('{"tuple":', "")
