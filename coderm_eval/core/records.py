"""The nouns: plain frozen data that every layer shares, with no behaviour beyond looking at itself.

Gold tests and canonical solutions have no place here: only `benchmarks/` holds them.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

__all__ = [
    "NO_OUTPUT",
    "NO_TEST",
    "Candidate",
    "Form",
    "Grade",
    "Problem",
    "ProblemCandidates",
    "RerankResult",
    "Selection",
    "UnitTest",
    "Verdict",
    "Verdicts",
    "deduplicate_candidates",
    "fingerprint",
    "sha256",
]


def sha256(parts: Iterable[str]) -> str:
    """64 hex digits of SHA-256 over `parts`, each behind its length in bytes and a colon, which tells ("a", "b") from
    ("ab", "")."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.hexdigest()


def fingerprint(*parts: str) -> str:
    """The first half of `sha256`: keys of the store, which collide by no chance."""
    return sha256(parts)[:32]


Form = Literal["function", "method", "method_as_function", "stdin"]
"""A function; a method of a class `Solution`, or such a one turned into a function as the paper's authors did it; or a
program that reads its standard input, tested through a function that runs it."""


@dataclass(frozen=True)
class Problem:
    """One task of a benchmark, as a policy and a test writer may see it."""

    task_id: str
    entry_point: str
    """Name of the function that a candidate must define."""
    prompt: str
    """The benchmark's own prompt: code for a completion model to go on from."""
    question: str
    """The statement in words, as the test writer is asked it."""
    request: str = ""
    """The message that asks a chat model for a program."""
    form: Form = "function"
    """The form that a candidate has."""
    stop: tuple[str, ...] = ()
    """Texts that can only follow a completion of `prompt`, at most four: more are refused by OpenAI's API. All problems
    of a benchmark have the same."""


@dataclass(frozen=True)
class Candidate:
    """One distinct program among a problem's N samples."""

    program: str
    """Python source; empty where an answer held no code (such a candidate fails every test)."""
    samples: tuple[int, ...]
    """Indices of the samples that are this very program, ascending."""

    @property
    def multiplicity(self) -> int:
        return len(self.samples)


@dataclass(frozen=True)
class UnitTest:
    """One unit test T_j of the paper: a program passes it only if it passes all its cases."""

    source: str
    """Python source with at least one `unittest.TestCase` class that has a test method."""
    samples: tuple[int, ...]
    """Indices of the test samples that are this very test, ascending."""

    @property
    def multiplicity(self) -> int:
        return len(self.samples)


NO_OUTPUT = -1

NO_TEST = ""
"""The only line that a file of tests has for a task without a usable test: it was not forgotten."""


class Verdict(enum.IntEnum):
    """The result of running one test against one program."""

    PASSED = 0
    FAILED = 1
    """The test ran to an end and did not pass, or the program could not be loaded."""
    TIMED_OUT = 2
    CRASHED = 3
    """The process ended without a verdict: a signal, an exit, no memory."""
    NOT_RUN = 4
    """The executor could not run it: missing data, never a failure of the program."""

    @property
    def code(self) -> str:
        """The letter that stands for it in files: P, F, T, C or N."""
        return self.name[0]


_CODES = "".join(verdict.code for verdict in Verdict).encode().ljust(256)
"""By the value of a verdict."""


_PASSED, _NOT_RUN = np.uint8(Verdict.PASSED), np.uint8(Verdict.NOT_RUN)
"""As matrices have them: with a member of an enum numpy takes six times as long to compare."""


@dataclass(frozen=True)
class Verdicts:
    """A problem's verdicts: one row per distinct candidate, one column per distinct test."""

    matrix: npt.NDArray[np.uint8]
    """Shape (candidates, tests), values of `Verdict`."""
    cpu_seconds: npt.NDArray[np.float64]
    """Shape (candidates, tests): CPU time of each execution."""
    outputs: npt.NDArray[np.int64]
    """Shape (candidates, tests): equal within a column where programs gave the test the same answers; NO_OUTPUT where
    one did not live to give them all, or raised what the test did not ask for."""

    @property
    def passed(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.matrix == _PASSED)

    @property
    def ran(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.matrix != _NOT_RUN)

    @property
    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        """All three, in the order in which the class takes them."""
        return self.matrix, self.cpu_seconds, self.outputs

    @classmethod
    def not_run(cls, candidates: int, tests: int) -> Verdicts:
        """Return the verdicts of what has not been run."""
        shape = (candidates, tests)
        return cls(np.full(shape, Verdict.NOT_RUN, np.uint8), np.zeros(shape), np.full(shape, NO_OUTPUT, np.int64))

    def of_tests(self, columns: Sequence[int] | slice) -> Verdicts:
        """Return the verdicts of some of the tests, in this order."""
        return Verdicts(*(array[:, columns] for array in self.arrays))

    def rows(self) -> list[str]:
        """One string per candidate, one `Verdict.code` per test."""
        return [bytes(row).translate(_CODES).decode() for row in self.matrix]


@dataclass(frozen=True)
class Selection:
    """A rule's choice among a problem's candidates, with its reasons."""

    rule: str
    chosen: int
    """Row of the chosen candidate: among `ties` the one with the lowest sample index."""
    rewards: tuple[float, ...]
    """The rule's score of each candidate, by row; NaN for one that could not be run."""
    ties: tuple[int, ...]
    """Rows that share the highest score, ascending; a rule's expected pass@1 is uniform over their samples."""
    tests_used: int
    stopped: str
    """Why no more tests were asked for: "limit", "budget", "decided"; or "no tests" where none could be used."""
    confidence: float
    """How likely the chosen candidate is to be right, with six digits."""

    def is_answer(self, abstain_below: float | None) -> bool:
        """Return whether the pick stands, where one less likely to be right than `abstain_below` is abstained from."""
        return abstain_below is None or self.confidence >= abstain_below


@dataclass(frozen=True)
class Grade:
    """The outcome of the benchmark's own tests for one program."""

    statuses: Mapping[str, str] = field(default_factory=dict)
    """Status of each of the benchmark's suites by its name, e.g. {"base": "pass", "plus": "fail"}; empty: not run."""

    @property
    def passed(self) -> bool | None:
        """True only if every suite passed; None where the grade could not be run."""
        return all(status == "pass" for status in self.statuses.values()) if self.statuses else None


def deduplicate_candidates(programs: Iterable[str]) -> tuple[Candidate, ...]:
    """Distinct candidates, in the order of first appearance, of a problem's programs in sample order."""
    samples: dict[str, list[int]] = {}
    for index, program in enumerate(programs):
        samples.setdefault(program, []).append(index)
    return tuple(Candidate(program, tuple(indices)) for program, indices in samples.items())


@dataclass(frozen=True)
class ProblemCandidates:
    """A problem and its candidates."""

    problem: Problem
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class Probes:
    """What became of some of a problem's candidates on probing inputs."""

    rows: tuple[int, ...]
    """The candidates that were run, ascending."""
    verdicts: Verdicts
    """One row for each of them, one column for each input. A program that returns has passed, and one that raises has
    failed."""


@dataclass(frozen=True)
class RerankResult:
    """Everything known about one problem after the last round."""

    problem: Problem
    candidates: tuple[Candidate, ...]
    tests: tuple[UnitTest, ...]
    verdicts: Verdicts
    selections: Mapping[str, Selection]
    """One selection for each rule asked for, by the rule's name."""
    probes: Probes | None = None
    """None where no candidate was run on probing inputs."""

    @property
    def test_samples(self) -> list[int]:
        """Indices of the test samples that hold a test, each once: one may hold several."""
        return list(dict.fromkeys(sample for test in self.tests for sample in test.samples))
