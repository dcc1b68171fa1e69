"""Tests are written while others are run: who waits for whom, what an end leaves behind, and that no result shows it.

A wait that is in vain fails after LONG_S seconds; one that is not takes as long as it takes.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from helpers.servers import TEST
from tqdm import tqdm

from coderm_eval.core.progress import progress
from coderm_eval.core.protocols import Cell, ExecutionResult, Written
from coderm_eval.core.records import Problem, ProblemCandidates, RerankResult, Verdict, deduplicate_candidates
from coderm_eval.core.store import Store, read_rows
from coderm_eval.execution.backends.local import run_pairs
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.pairs import ProgramTest
from coderm_eval.generation.cached_model import CachedModel
from coderm_eval.generation.models.base import Completion, SampleRequest
from coderm_eval.generation.settings import TestSettings
from coderm_eval.generation.test_sources import ModelTests
from coderm_eval.pipeline.background_writer import BackgroundTestWriter
from coderm_eval.pipeline.loop import rerank
from coderm_eval.selection.budget import BudgetPolicy, ProblemState, UniformBudget
from coderm_eval.selection.turns import alternate_halves

LONG_S = 60


def await_(gate: threading.Event) -> None:
    assert gate.wait(LONG_S), "nobody opened the gate"


@dataclass
class Parts:
    """Somebody who writes tests and runs them; what happens before each problem is written or run is scripted."""

    before_writing: Callable[[str, int], None] = lambda task, first: None
    """Of a task id, and the first sample that is wanted."""
    before_running: Callable[[str, int], None] = lambda task, column: None
    """Of a task id, and the column of the cell."""
    written: list[str] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)

    def write(self, wanted: Mapping[str, range]) -> Iterator[Written]:
        for task, samples in wanted.items():
            self.before_writing(task, samples[0])
            self.written.append(task)
            yield task, [(sample, f"test {sample}") for sample in samples]

    def execute(self, problems: Iterable[Sequence[Cell]]) -> Iterator[ExecutionResult[Cell]]:
        for cell in (cell for cells in problems for cell in cells):
            self.before_running(cell.problem.task_id, cell.column)
            self.ran.append(cell.problem.task_id)
            yield ExecutionResult(cell, Verdict.PASSED, 0.0)

    def rerank(self, tasks: str, budget: Any = None) -> list[RerankResult]:
        """One candidate for each of the problems, whose names are letters."""
        work = [ProblemCandidates(Problem(task, "f", "", ""), deduplicate_candidates(["p"])) for task in tasks]
        return rerank(
            work,
            write_tests=self.write,
            execute=self.execute,
            rule="majority",
            rules=["majority"],
            budget=budget or UniformBudget(1),
        )


@dataclass(frozen=True)
class OneAtATime:
    """So many rounds of a test each."""

    rounds: int

    def next_round(self, problems: Mapping[str, ProblemState]) -> dict[str, int]:
        return {task: 1 for task, p in problems.items() if not p.in_flight and p.requested < self.rounds}

    def stopped(self, task_id: str) -> str:
        return "enough"


# Who waits for whom


def test_a_problem_is_run_before_the_next_one_is_written() -> None:
    """Both are in the first half, whose tests are asked for together."""
    ran = threading.Event()
    Parts(
        before_writing=lambda task, _: await_(ran) if task == "c" else None,
        before_running=lambda task, _: ran.set() if task == "a" else None,
    ).rerank("abc")


def test_one_half_is_written_while_the_other_is_run() -> None:
    writing = threading.Event()
    Parts(
        before_writing=lambda task, _: writing.set() if task == "b" else None,
        before_running=lambda task, _: await_(writing) if task == "a" else None,
    ).rerank("ab")


def test_the_next_round_of_one_half_is_written_while_the_other_is_run() -> None:
    writing = threading.Event()
    Parts(
        before_writing=lambda task, sample: writing.set() if (task, sample) == ("a", 1) else None,
        before_running=lambda task, _: await_(writing) if task == "b" else None,
    ).rerank("ab", OneAtATime(2))


def test_the_executor_is_told_when_nothing_is_ready_for_it() -> None:
    """It has finished work to pass on then."""
    told = threading.Event()

    class Told(Parts):
        def execute(self, problems: Iterable[Sequence[Cell]]) -> Iterator[ExecutionResult[Cell]]:
            for cells in problems:
                if self.ran and not cells:
                    told.set()
                yield from super().execute([cells])

    parts = Told(before_writing=lambda task, _: await_(told) if task == "c" else None)
    assert [result.verdicts.rows() for result in parts.rerank("abc")] == [["P"]] * 3


def test_turns_are_taken_in_one_order() -> None:
    """a and c are one half, b the other; a gets three tests, the others two."""
    asked, events = Counter[str](), []

    def wanted() -> dict[str, int]:
        return {task: 1 for task, most in zip("abc", (3, 2, 2), strict=True) if asked[task] < most}

    def start(more: Mapping[str, int]) -> str:
        asked.update(more)
        events.append(f"start {''.join(more)}")
        return "".join(more)

    alternate_halves("abc", wanted, start, lambda half: events.append(f"finish {half}"))
    assert events == [
        *("start ac", "start b", "finish ac", "start ac", "finish b", "start b", "finish ac"),
        *("start a", "finish b", "finish a"),
    ]


def test_no_problem_is_asked_for_again_before_its_verdicts_are_known() -> None:
    """However slow they are to come."""
    parts = Parts(before_running=lambda *_: time.sleep(0.01))
    behind = []

    def writing(task: str, first: int) -> None:
        behind.append(first - parts.ran.count(task))

    parts.before_writing = writing
    parts.rerank("abcde", OneAtATime(4))
    assert behind == [0] * 20


def test_tests_are_written_by_one_thread_one_request_after_the_other() -> None:
    """Models that run in this process are not thread-safe."""
    threads, at_work = set(), threading.Lock()

    def write(wanted: Mapping[str, range]) -> Iterator[Written]:
        assert at_work.acquire(blocking=False)
        for task, samples in wanted.items():
            threads.add(threading.get_ident())
            time.sleep(0.001)
            yield task, [(sample, f"test {sample}") for sample in samples]
        at_work.release()

    parts = Parts()
    parts.write = write  # type: ignore[method-assign]
    parts.rerank("abcde", OneAtATime(5))
    assert len(threads) == 1 and threads != {threading.get_ident()}


# No result depends on who is faster


class Undecided(BudgetPolicy):
    """Two tests a problem, then one more in each round as long as fewer than half of the cells passed."""

    def next_round(self, problems: Mapping[str, ProblemState]) -> dict[str, int]:
        first = {task: 2 for task, p in problems.items() if not p.requested}
        low = [t for t, p in problems.items() if p.requested and not p.in_flight and p.verdicts.passed.mean() < 0.5]
        return {**first, **{task: 1 for task in low if problems[task].requested < 9}}

    def stopped(self, task_id: str) -> str:
        return "enough"


def hurried(seed: int) -> list[Any]:
    """A run whose parts take random times and answer in random order; verdicts are drawn from what is run."""
    chance = random.Random(seed)

    def write(wanted: Mapping[str, range]) -> Iterator[Written]:
        for task in chance.sample(list(wanted), len(wanted)):
            time.sleep(chance.random() / 300)
            yield task, [(sample, f"test {sample % 6}") for sample in wanted[task]]

    def execute(problems: Iterable[Sequence[Cell]]) -> Iterator[ExecutionResult[Cell]]:
        late: list[Cell] = []
        for cells in problems:
            late += cells
            while late and chance.random() < 0.7:
                time.sleep(chance.random() / 1000)
                yield drawn(late.pop(chance.randrange(len(late))))
        yield from map(drawn, late)

    programs = deduplicate_candidates(f"p{n}" for n in range(3))
    work = [ProblemCandidates(Problem(f"t{n}", "f", "", ""), programs) for n in range(7)]
    results = rerank(
        work, write_tests=write, execute=execute, rule="majority", rules=["majority", "evidence"], budget=Undecided()
    )
    return [(r.tests, r.verdicts.rows(), r.verdicts.outputs.tolist(), r.selections) for r in results]


def drawn(cell: Cell) -> ExecutionResult[Cell]:
    dice = random.Random(f"{cell.problem.task_id} {cell.program} {cell.test}")
    return ExecutionResult(cell, dice.choice([Verdict.PASSED, Verdict.FAILED]), 0.0, dice.randrange(2))


def test_speed_and_order_change_no_result() -> None:
    first = hurried(0)
    assert {len(tests) for tests, *_ in first} > {2}  # the verdicts had a say
    assert all(hurried(seed) == first for seed in range(1, 6))


# Errors and interruptions


def failing(at: str, parts: Parts, error: type[BaseException] = ConnectionError) -> None:
    """Have the writer fail before the problem `at`."""

    def fail(task: str, _: int) -> None:
        if task == at:
            raise error(at)

    parts.before_writing = fail


@pytest.mark.parametrize("error", [ConnectionError, KeyboardInterrupt])
@pytest.mark.parametrize(("at", "run_before"), [("a", ""), ("c", "a"), ("b", "ac"), ("d", "acb")])
def test_an_error_of_the_writer_is_raised_once_all_that_was_written_before_is_run(
    at: str, run_before: str, error: type[BaseException]
) -> None:
    failing(at, parts := Parts(), error)
    with pytest.raises(error, match=at):
        parts.rerank("abcd", OneAtATime(3))
    assert parts.ran == list(run_before)


def test_after_an_error_nothing_more_is_asked_for_and_every_request_ends_with_it() -> None:
    failing("a", parts := Parts())
    with BackgroundTestWriter(parts.write) as writer:
        requests = [writer.start({task: range(1)}) for task in "ab"]
        for request in requests:
            assert [arrival for arrival in request.arrivals() if arrival] == []
            with pytest.raises(ConnectionError):
                request.check()
    assert parts.written == []


class Interruption:
    """A run that ends by an error while its writer is in the middle of a problem."""

    def __init__(self, error: BaseException, at: str = "b") -> None:
        self.error = error
        self.at = at
        self.writing = threading.Event()
        self.may_go_on = threading.Event()

    def before_writing(self, task: str, _: int = 0) -> None:
        if task == self.at:
            self.writing.set()
            await_(self.may_go_on)

    def before_running(self, task: str, column: int) -> None:
        await_(self.writing)
        raise self.error

    def let_the_writer_go_on(self) -> None:
        """To its end."""
        [writer] = writers()
        self.may_go_on.set()
        writer.join(LONG_S)
        assert not writer.is_alive()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError("no more processes")])
@pytest.mark.parametrize(("at", "written"), [("c", ["a"]), ("b", ["a", "c"])])
def test_an_error_elsewhere_does_not_wait_for_the_writer_which_ends_with_the_problem_that_it_is_at(
    error: BaseException, at: str, written: list[str], unheard: list[Any]
) -> None:
    """It may be in the middle of a model's long answer."""
    interruption = Interruption(error, at)
    parts = Parts(interruption.before_writing, interruption.before_running)
    with pytest.raises(type(error)):
        parts.rerank("abcd")
    assert parts.written == written
    interruption.let_the_writer_go_on()
    assert (parts.written, unheard) == ([*written, at], [])


def test_a_writer_that_goes_on_after_the_run_finds_the_store_closed_and_ends(
    tmp_path: Path, unheard: list[Any]
) -> None:
    interruption = Interruption(KeyboardInterrupt())
    parts = Parts(before_running=interruption.before_running)
    with Store(tmp_path) as store:
        parts.write = model_tests(store, Model(interruption.before_writing))  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            parts.rerank("ab")
    interruption.let_the_writer_go_on()
    assert unheard == []
    assert [row["task_id"] for row in read_rows(tmp_path / "answers.jsonl")] == ["a"]


def test_a_run_leaves_no_thread() -> None:
    Parts().rerank("abc")
    assert writers() == []


def writers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "writing tests"]


@pytest.fixture
def unheard(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What threads died of."""
    died: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", died.append)
    return died


# The parts of a real run


class Model:
    """Answers one question after the other; `before` is called with the task id of each."""

    def __init__(self, before: Callable[[str], None] = lambda task: None) -> None:
        self.before = before

    def sample(self, questions: Iterable[SampleRequest]) -> Iterator[list[Completion]]:
        for question in questions:
            self.before(question.task_id)
            yield [Completion(question.task_id, i, TEST.format(i, i), "stop", 3, 0, 0.0) for i in question.samples]


def model_tests(store: Store, model: Model, **prompts: list[str]) -> ModelTests:
    given = TestSettings(model="m", base_url="http://127.0.0.1:9/v1")
    prompts = prompts or {"a": ["ask a"], "b": ["ask b"]}
    return ModelTests(
        CachedModel(model, given, store.table("answers"), "testing"),
        prompts=prompts,
        entry_points=dict.fromkeys(prompts, "f"),
        how="default",
    )


def test_a_source_passes_each_problem_on_as_soon_as_all_its_prompts_are_answered(tmp_path: Path) -> None:
    """a's three samples take turns with two prompts: three questions."""
    asked: list[str] = []
    with Store(tmp_path) as store:
        source = model_tests(store, Model(asked.append), a=["one", "two"], b=["three"])
        came = [(task, len(tests), len(asked)) for task, tests in source({"a": range(3), "b": range(2)})]
        again = [(task, len(tests), len(asked)) for task, tests in source({"b": range(2), "a": range(3)})]
    assert came == [("a", 3, 3), ("b", 2, 4)]
    assert again == [("b", 2, 4), ("a", 3, 4)]


def test_pairs_are_run_while_no_others_are_ready() -> None:
    """With real workers: whoever supplies the pairs waits for the outcome of one before the next is there."""
    test = "import unittest\n\n\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(f(), 1)\n"
    known: list[int] = []

    def pairs() -> Iterator[ProgramTest[int] | None]:
        deadline = time.monotonic() + LONG_S
        for number in range(3):
            yield ProgramTest(number, f"def f():\n    return {number}\n", test, f"problem {number}", "f")
            while number not in known:
                assert time.monotonic() < deadline
                yield None

    outcomes = {}
    for outcome in run_pairs(pairs(), Limits(), workers=2):
        known.append(outcome.key)
        outcomes[outcome.key] = outcome.verdict
    assert outcomes == {0: Verdict.FAILED, 1: Verdict.PASSED, 2: Verdict.FAILED}


def test_a_bar_grows_with_what_is_known_and_there_is_none_for_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class AtOnce(tqdm):  # type: ignore[type-arg]
        """Bars as they are, but that short work has one, too."""

        def __init__(self, *items: Any, **how: Any) -> None:
            super().__init__(*items, **{**how, "delay": 0})

    monkeypatch.setattr("coderm_eval.core.progress.tqdm", AtOnce)
    known: list[int] = []

    def items() -> Iterator[int]:
        for number in range(4):
            known.append(number)
            yield number

    assert list(progress(items(), lambda: len(known), "growing", "things")) == [0, 1, 2, 3]
    assert "4/4" in capsys.readouterr().err
    assert list(progress(iter(()), lambda: 0, "growing", "things")) == []
    assert capsys.readouterr().err == ""
