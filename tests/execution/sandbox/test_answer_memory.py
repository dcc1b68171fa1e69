"""Answers in shared memory, where a program may write what it likes: its time goes with the answers that were read."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from coderm_eval.execution.sandbox.answer_memory import AnswerMemory, AnswerWriter
from coderm_eval.execution.sandbox.watchdog import TimeWindow

SIZE = 1 << 16


class Both(NamedTuple):
    """The two sides of the memory."""

    server: AnswerMemory
    program: AnswerWriter

    def read(self, cpu_seconds: float = 0) -> None:
        self.server.read(cpu_seconds)

    def texts(self) -> list[str]:
        return [text for _, text in self.server.answers]

    def seconds(self) -> list[float]:
        return [seconds for seconds, _ in self.server.answers]

    def write(self, entries: list[tuple[float, int, bytes]], *, used: int | None = None, digests: int = 0) -> None:
        """Write over everything, as a program can."""
        data = b"".join(struct.pack("=dI", seconds, length) + text for seconds, length, text in entries)
        self.server.memory[:12] = struct.pack("=III", len(data) if used is None else used, 0, digests)
        self.server.memory[12 : 12 + len(data)] = data


@pytest.fixture
def make() -> Iterator[Callable[[str], Both]]:
    made: list[AnswerMemory] = []

    def both(plan: str) -> Both:
        made.append(AnswerMemory(SIZE, plan))
        program = AnswerWriter(made[-1])
        program.begin()
        return Both(made[-1], program)

    yield both
    for memory in made:
        memory.close()


def test_answers_are_read_as_they_come(make: Callable[[str], Both]) -> None:
    both = make("lcc")
    for text in ("one", "two", "three"):
        both.program.add(text)
        both.read()
        assert both.texts()[-1] == text
    assert len(both.texts()) == 3 and not both.server.is_full


WINDOWS: list[tuple[str, list[TimeWindow]]] = [
    ("lcc", [TimeWindow(1, loading=True), TimeWindow(2), TimeWindow(3), TimeWindow(3)]),
    ("lclc", [TimeWindow(n, loading=n % 2 == 1) for n in (1, 2, 3, 4)] + [TimeWindow(4)]),
    ("c..c.", [TimeWindow(1), TimeWindow(1), TimeWindow(1), TimeWindow(2), TimeWindow(2), TimeWindow(2)]),
    ("ldc", [TimeWindow(1, loading=True), TimeWindow(2), TimeWindow(4), TimeWindow(4)]),
    ("", [TimeWindow(1)]),
]


@pytest.mark.parametrize(("plan", "windows"), WINDOWS)
def test_only_an_answer_begins_the_next_window(
    make: Callable[[str], Both], plan: str, windows: list[TimeWindow]
) -> None:
    both = make(plan)
    found = [both.server.window()]
    for _ in plan:
        both.program.add("x")
        both.read()
        found.append(both.server.window())
    assert found == windows


def test_a_digest_has_a_window_once_where_it_was_asked_for(make: Callable[[str], Both]) -> None:
    both = make("ldc")
    both.program.begin_digest()
    assert both.server.window() == TimeWindow(1, loading=True)
    both.program.add("x")
    both.read()
    assert both.server.window() == TimeWindow(3, loading=True)
    for _ in range(9):
        both.program.begin_digest()
    assert both.server.window() == TimeWindow(3, loading=True)
    both.program.add("x")
    both.read()
    assert both.server.window() == TimeWindow(4)


def test_what_was_read_cannot_be_taken_back(make: Callable[[str], Both]) -> None:
    both = make("lcc")
    both.write([(0, 1, b"a"), (0, 1, b"b")])
    both.read()
    both.write([(0, 1, b"c"), (0, 1, b"d"), (0, 1, b"e")], used=13)
    both.read()
    assert both.texts() == ["a", "b"] and both.server.window() == TimeWindow(3)


NONSENSE: dict[str, tuple[list[tuple[float, int, bytes]], int | None]] = {
    "longer than the memory": ([(0, 1 << 31, b"a")], None),
    "used more than there is": ([(0, 1 << 20, b"a")], 1 << 31),
    "negative seconds": ([(-1, 1, b"a")], None),
    "no number": ([(float("nan"), 1, b"a")], None),
    "endless": ([(float("inf"), 1, b"a")], None),
    "not ASCII": ([(0, 1, b"\xff")], None),
    "NUL": ([(0, 1, b"\0")], None),
    "a line break": ([(0, 1, b"\n")], None),
    "half an entry": ([(0, 1, b"a")], 11),
    "nothing": ([], 0),
}


@pytest.mark.parametrize(("entries", "used"), NONSENSE.values(), ids=NONSENSE)
def test_what_makes_no_sense_is_no_answer(
    make: Callable[[str], Both], entries: list[tuple[float, int, bytes]], used: int | None
) -> None:
    both = make("lc")
    both.write(entries, used=used)
    both.read()
    assert both.texts() == [] and both.server.window() == TimeWindow(1, loading=True)


def test_no_more_answers_are_read_than_calls_were_made(make: Callable[[str], Both]) -> None:
    both = make("lc")
    both.write([(0, 0, b"")] * 1000)
    both.read()
    assert both.texts() == ["", ""]


def test_honest_answers_take_what_they_say(make: Callable[[str], Both]) -> None:
    both = make("lcccc")
    both.read(0.5)  # what was used to prepare the process
    for n in range(1, 4):
        both.write([(0.3, 1, b"a")] * n)
        both.read(0.5 + 0.3 * n + 0.01)
    assert both.seconds() == [0.3] * 3


def test_answers_that_say_too_little_are_charged_with_the_rest(make: Callable[[str], Both]) -> None:
    both = make("lcccc")
    for n in range(5):
        both.write([(0, 1, b"a")] * n)
        both.read(float(n))
    assert sum(both.seconds()) == pytest.approx(3, abs=0.3)


def test_an_answer_that_is_being_computed_is_charged_to_nobody_before(make: Callable[[str], Both]) -> None:
    both = make("lcc")
    both.read(0)
    both.write([(0, 1, b"a")])
    both.read(9)  # used since the last time, by the answer or by the next one
    assert both.seconds() == [0]


def test_what_does_not_fit_leaves_a_mark(make: Callable[[str], Both]) -> None:
    both = make("lc")
    with pytest.raises(MemoryError):
        both.program.add("x" * SIZE)
    both.read()
    assert both.server.is_full and both.texts() == []
