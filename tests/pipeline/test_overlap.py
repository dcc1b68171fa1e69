"""Tests are written while others are run: who waits for whom, what an end leaves behind, and that no result shows it.

    Script("run a0, then write c0").rerank("abc")

is a run whose test 0 for the problem c is written only once the test 0 of a is run. It ends if the loop allows that
order, and fails after LONG_S seconds if not.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from helpers.blocks import filled
from helpers.execution import run_tests
from helpers.servers import TEST
from helpers.stores import stored

from coderm_eval.core.protocols import Block, Written
from coderm_eval.core.records import (
    Problem,
    ProblemCandidates,
    RerankResult,
    Selection,
    Verdict,
    Verdicts,
    deduplicate_candidates,
)
from coderm_eval.core.store import Store, open_store
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import ProgramTest
from coderm_eval.generation.cached_model import CachedModel
from coderm_eval.generation.models.base import Completion, SampleRequest
from coderm_eval.generation.settings import TestSettings
from coderm_eval.generation.test_sources import ModelTests
from coderm_eval.pipeline.background_writer import BackgroundTestWriter
from coderm_eval.pipeline.loop import rerank
from coderm_eval.selection.budget import BudgetPolicy, ProblemState, UniformBudget
from coderm_eval.selection.turns import alternate_halves

LONG_S = 60


class Script:
    """Writes tests and runs them: each event happens only after those that its orders name, "EVENT, then EVENT".

    Events of a problem "a" and its test 0: "write a0" as its writing begins, "written a0" as it is passed on, "run a0"
    before its verdict; and "idle after a0" where the executor is told that nothing more is ready. `errors` are raised
    as soon as their event has happened.
    """

    def __init__(self, *orders: str, errors: Mapping[str, BaseException] | None = None) -> None:
        self.orders = [tuple(order.split(", then ")) for order in orders]
        self.errors = errors or {}
        self.events: list[str] = []
        self.changed = threading.Condition()

    def happen(self, event: str) -> None:
        before = {first for first, then in self.orders if then == event}
        with self.changed:
            assert self.changed.wait_for(lambda: before <= set(self.events), LONG_S), f"{event} waited for {before}"
            self.events.append(event)
            self.changed.notify_all()
        if event in self.errors:
            raise self.errors[event]

    def happened(self, kind: str) -> list[str]:
        """The tests of which this is true, such as ["a0", "c0"] of "run", in order."""
        return [event.split()[-1] for event in self.events if event.split()[0] == kind]

    def write(self, wanted: Mapping[str, range]) -> Iterator[Written]:
        for task, samples in wanted.items():
            self.happen(f"write {task}{samples[0]}")
            self.happen(f"written {task}{samples[0]}")
            yield task, [(sample, f"test {sample}") for sample in samples]

    def execute(self, blocks: Iterable[Block | None]) -> Iterator[tuple[Block, Verdicts]]:
        for block in blocks:
            if block:
                self.happen(f"run {block.problem.task_id}{block.first}")
                yield block, filled(block, lambda *_: Verdict.PASSED)
            elif self.happened("run"):
                self.happen(f"idle after {self.happened('run')[-1]}")

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

    def next_round(self, states: Mapping[str, ProblemState], picks: Mapping[str, Selection]) -> dict[str, int]:
        return {task: 1 for task, p in states.items() if not p.in_flight and p.requested < self.rounds}

    def stopped(self, task_id: str) -> str:
        return "enough"


# Who waits for whom


@pytest.mark.parametrize(
    ("order", "rounds"),
    [
        pytest.param("run a0, then write c0", 1, id="a problem is run before the next of its half is written"),
        pytest.param("write b0, then run a0", 1, id="one half is written while the other is run"),
        pytest.param("write a1, then run b0", 2, id="so is its next round"),
        pytest.param("idle after a0, then write c0", 1, id="the executor is told when nothing is ready for it"),
    ],
)
def test_writing_and_running_overlap(order: str, rounds: int) -> None:
    """Of three problems a and c are one half, whose tests are asked for together; b is the other."""
    results = Script(order).rerank("abc", OneAtATime(rounds))
    assert [result.verdicts.rows() for result in results] == [["P" * rounds]] * 3


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


def test_a_problem_is_asked_for_again_once_its_verdicts_are_known() -> None:
    """However slow they are to come."""

    class Slow(Script):
        def happen(self, event: str) -> None:
            time.sleep(0.01 * event.startswith("run"))
            super().happen(event)

    script = Slow()
    script.rerank("abcde", OneAtATime(4))
    for task in "abcde":
        events = [event for event in script.events if event.split()[0] != "idle" and task in event.split()[-1]]
        assert events == [f"{kind} {task}{test}" for test in range(4) for kind in ("write", "written", "run")]


def test_one_thread_writes_one_request_after_the_other() -> None:
    """Models that run in this process are not thread-safe."""
    threads, at_work = set(), threading.Lock()

    def write(wanted: Mapping[str, range]) -> Iterator[Written]:
        assert at_work.acquire(blocking=False)
        for task, samples in wanted.items():
            threads.add(threading.get_ident())
            time.sleep(0.001)
            yield task, [(sample, f"test {sample}") for sample in samples]
        at_work.release()

    script = Script()
    script.write = write  # type: ignore[method-assign]
    script.rerank("abcde", OneAtATime(5))
    assert len(threads) == 1 and threads != {threading.get_ident()}


# No result depends on who is faster


class Undecided(BudgetPolicy):
    """Two tests a problem, then one more in each round as long as fewer than half of the cells passed."""

    def next_round(self, states: Mapping[str, ProblemState], picks: Mapping[str, Selection]) -> dict[str, int]:
        first = {task: 2 for task, p in states.items() if not p.requested}
        low = [t for t, p in states.items() if p.requested and not p.in_flight and p.verdicts.passed.mean() < 0.5]
        return {**first, **{task: 1 for task in low if states[task].requested < 9}}

    def stopped(self, task_id: str) -> str:
        return "enough"


def hurried(seed: int) -> list[Any]:
    """A run whose parts take random times and answer in random order; verdicts are drawn from what is run."""
    chance = random.Random(seed)

    def write(wanted: Mapping[str, range]) -> Iterator[Written]:
        for task in chance.sample(list(wanted), len(wanted)):
            time.sleep(chance.random() / 300)
            yield task, [(sample, f"test {sample % 6}") for sample in wanted[task]]

    def execute(blocks: Iterable[Block | None]) -> Iterator[tuple[Block, Verdicts]]:
        late: list[Block] = []
        for block in blocks:
            late += [block] if block else []
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


def drawn(block: Block) -> tuple[Block, Verdicts]:
    def decide(problem: Problem, program: str, test: str) -> tuple[Verdict, int]:
        dice = random.Random(f"{problem.task_id} {program} {test}")
        return dice.choice([Verdict.PASSED, Verdict.FAILED]), dice.randrange(2)

    return block, filled(block, decide)


def test_speed_and_order_change_no_result() -> None:
    first = hurried(0)
    assert {len(tests) for tests, *_ in first} > {2}  # the verdicts had a say
    assert all(hurried(seed) == first for seed in range(1, 6))


# Errors and interruptions


@pytest.mark.parametrize("error", [ConnectionError, KeyboardInterrupt])
@pytest.mark.parametrize(("at", "before"), [("a", ""), ("c", "a"), ("b", "ac"), ("d", "acb")])
def test_what_was_written_before_an_error_is_run(at: str, before: str, error: type[BaseException]) -> None:
    """The writer's error is raised after that."""
    script = Script(errors={f"write {at}0": error(at)})
    with pytest.raises(error, match=at):
        script.rerank("abcd", OneAtATime(3))
    assert script.happened("run") == [f"{task}0" for task in before]


def test_after_an_error_nothing_is_asked_and_all_requests_end() -> None:
    script = Script(errors={"write a0": ConnectionError()})
    with BackgroundTestWriter(script.write) as writer:
        requests = [writer.start({task: range(1)}) for task in "ab"]
        for request in requests:
            assert [arrival for arrival in request.arrivals() if arrival] == []
            with pytest.raises(ConnectionError):
                request.check()
    assert script.events == ["write a0"]


def let_the_writer_end(script: Script) -> None:
    """Orders of the script keep it until then."""
    [writer] = writers()
    script.happen("the run is over")
    writer.join(LONG_S)
    assert not writer.is_alive()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError("no more processes")])
@pytest.mark.parametrize(("at", "written"), [("c0", ["a0"]), ("b0", ["a0", "c0"])])
def test_an_error_elsewhere_does_not_wait_for_the_writer(
    error: BaseException, at: str, written: list[str], unheard: list[Any]
) -> None:
    """It may be in the middle of a model's long answer, and ends with the problem that it is at."""
    orders = f"write {at}, then run a0", f"the run is over, then written {at}"
    script = Script(*orders, errors={"run a0": error})
    with pytest.raises(type(error)):
        script.rerank("abcd")
    assert script.happened("written") == written
    let_the_writer_end(script)
    assert (script.happened("written"), unheard) == ([*written, at], [])


def test_a_writer_that_outlives_its_run_finds_the_store_closed(tmp_path: Path, unheard: list[Any]) -> None:
    """It ends, and says nothing."""
    orders = "write b0, then run a0", "the run is over, then written b0"
    script = Script(*orders, errors={"run a0": KeyboardInterrupt()})

    def before_answer(task: str) -> None:
        script.happen(f"write {task}0")
        script.happen(f"written {task}0")

    with open_store(tmp_path) as store:
        script.write = model_tests(store, Model(before_answer))  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            script.rerank("ab")
    let_the_writer_end(script)
    assert unheard == []
    assert [row["task_id"] for row in stored(tmp_path, "answers")] == ["a"]


def test_a_run_leaves_no_thread() -> None:
    Script().rerank("abc")
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

    def sample(self, requests: Iterable[SampleRequest]) -> Iterator[list[Completion]]:
        for request in requests:
            self.before(request.task_id)
            yield [Completion(request.task_id, i, TEST.format(i, i), "stop", 3, 0, 0.0) for i in request.samples]


def model_tests(store: Store, model: Model, **prompts: list[str]) -> ModelTests:
    given = TestSettings(model="m", base_url="http://127.0.0.1:9/v1")
    prompts = prompts or {"a": ["ask a"], "b": ["ask b"]}
    return ModelTests(
        CachedModel(model, given, store.table("answers"), "testing"),
        prompts=prompts,
        entry_points=dict.fromkeys(prompts, "f"),
        extraction="default",
    )


def test_a_problem_is_passed_on_once_its_prompts_are_answered(tmp_path: Path) -> None:
    """a's three samples take turns with two prompts: three questions."""
    asked: list[str] = []
    with open_store(tmp_path) as store:
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
    for outcome in run_tests(pairs(), Limits(), workers=2):
        known.append(outcome.key)
        outcomes[outcome.key] = outcome.verdict
    assert outcomes == {0: Verdict.FAILED, 1: Verdict.PASSED, 2: Verdict.FAILED}
