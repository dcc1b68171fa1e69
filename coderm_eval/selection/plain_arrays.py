"""A rule applied to plain arrays: who passed what, and who answered what."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from coderm_eval.core.errors import InputError
from coderm_eval.core.records import NO_OUTPUT, Candidate, Probes, Selection, UnitTest, Verdict, Verdicts
from coderm_eval.selection.picks import apply_rules
from coderm_eval.selection.registry import ALL_RULES, Rule, known_rules, place, require_rule

__all__ = ["select"]


def select(
    passed: npt.ArrayLike,
    outputs: Sequence[Sequence[Hashable]] | npt.NDArray[Any] | None = None,
    *,
    probes: Sequence[Sequence[Hashable]] | npt.NDArray[Any] | None = None,
    rule: str | Rule = "evidence",
) -> Selection:
    """Choose one of a problem's N candidates, from plain arrays alone; runs nothing.

    Args:
        passed: shape (N, M), booleans: whether the candidate passed the test. M may be 0.
        outputs: shape (N, M): what the candidate answered to the test's calls, as anything that can be hashed; None
            where it gave no answer. Answers are compared within a column.
        probes: shape (N, P): the same for P inputs that are in no test.
        rule: the name of a rule, or a function from a `Ballot` to the score of each candidate, shape (N,).

    Returns:
        The choice: `chosen` is its row, `rewards` has the score of each row, and `ties` the rows of the highest
        score, of which the first is chosen. `confidence`, from 0 to 1, is how likely the choice is to be right; it was
        fitted to picks of `evidence` that had answers to 30 inputs, and says less without.

    Raises:
        InputError: an array has not the shape, or a value, that it must have.
        SettingsError: no rule has that name, or the rule failed.
    """
    matrix = _booleans(passed)
    count, tests = matrix.shape
    verdicts = Verdicts(
        matrix=np.where(matrix, Verdict.PASSED, Verdict.FAILED).astype(np.uint8),
        cpu_seconds=np.zeros(matrix.shape),
        outputs=_numbered("outputs", outputs, count, tests),
    )
    candidates = [Candidate(f"candidate {row}", (row,)) for row in range(count)]
    columns = [UnitTest(f"test {column}", (column,)) for column in range(tests)]
    stopped = "limit" if tests else "no tests"
    [choice] = apply_rules(
        _named(rule), candidates, columns, verdicts, stopped=stopped, probes=_probes(probes, count)
    ).values()
    return choice


def _named(rule: str | Rule) -> dict[str, Rule]:
    """The rule with its name."""
    if callable(rule):
        return {place(rule): rule}
    if not isinstance(rule, str):
        raise InputError(f"rule is {rule!r:.60}; give the name of a rule, or a function")
    require_rule(rule, "select")
    if rule == ALL_RULES:
        raise InputError(f"rule is {rule!r}, and one has to pick; name one of {', '.join(sorted(known_rules()))}")
    return {rule: known_rules()[rule]}


def _booleans(passed: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    try:
        matrix = np.asarray(passed)
    except ValueError:
        raise InputError("passed has rows of unequal length; give one value for each candidate and test") from None
    if matrix.ndim != 2 or not len(matrix):
        raise InputError(
            f"passed has the shape {matrix.shape}; expected (candidates, tests), with one candidate or more"
        )
    odd = [value for value in matrix.ravel().tolist() if not _is_boolean(value)]
    if odd:
        raise InputError(f"passed holds {odd[0]!r:.60}; expected True or False")
    return matrix.astype(np.bool_)


def _is_boolean(value: object) -> bool:
    try:
        return value in (0, 1)
    except (TypeError, ValueError):  # an array, or pandas' NA, is neither equal nor unequal
        return False


def _probes(answers: Any, count: int) -> Probes | None:
    """The answers as verdicts on probing inputs; whoever answers has returned."""
    if answers is None:
        return None
    numbers = _numbered("probes", answers, count, None)
    matrix = np.where(numbers == NO_OUTPUT, Verdict.FAILED, Verdict.PASSED).astype(np.uint8)
    return Probes(tuple(range(count)), Verdicts(matrix, np.zeros(matrix.shape), numbers))


def _numbered(name: str, answers: Any, count: int, tests: int | None) -> npt.NDArray[np.int64]:
    """Shape (N, M): numbers that are equal within a column where the answers are; NO_OUTPUT for None.

    Args:
        name: of the argument, for messages.
        count: how many rows there must be.
        tests: how many columns; None: as many as the first row has.
    """
    if answers is None:
        return np.full((count, tests or 0), NO_OUTPUT, np.int64)
    rows = _rows(name, answers.tolist() if isinstance(answers, np.ndarray) else answers)
    widths = {len(row) for row in rows}
    if len(rows) != count or len(widths) != 1 or (tests is not None and widths != {tests}):
        shape = f"({len(rows)}, {' or '.join(map(str, sorted(widths)))})"
        wanted = f"({count}, {'any number' if tests is None else tests})"
        hint = "" if tests is None else "; answers to other inputs than the tests' are `probes`"
        raise InputError(f"{name} has the shape {shape}; expected {wanted}, as `passed` has{hint}")
    try:
        columns = [_column(column) for column in zip(*rows, strict=True)]
    except (ArithmeticError, TypeError, ValueError) as error:
        raise InputError(f"{name} holds an answer that cannot be hashed or compared ({error}); give its repr") from None
    return np.asarray(np.array(columns, np.int64).reshape(-1, count).T)


def _rows(name: str, answers: Any) -> list[list[Hashable]]:
    rows = answers if isinstance(answers, Iterable) and not isinstance(answers, str | bytes | Mapping) else [answers]
    found = []
    for row in rows:
        if not isinstance(row, Iterable) or isinstance(row, str | bytes | Mapping):
            raise InputError(f"{name} holds {row!r:.60} where a candidate's answers should be; give a list of them")
        found.append(list(row))
    return found


def _column(answers: Iterable[Hashable]) -> list[int]:
    """A number for each distinct answer of a column; 1, 1.0 and True are distinct, and NaN is equal to itself."""
    numbers: dict[Hashable, int] = {}
    keys = [(type(answer), "nan" if answer != answer else answer) for answer in answers]
    return [NO_OUTPUT if kind is type(None) else numbers.setdefault((kind, key), len(numbers)) for kind, key in keys]
