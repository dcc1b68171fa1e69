"""The worker pool with real worker processes, good and bad."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers.processes import is_alive, our_processes, soon

from coderm_eval.execution.backends import process
from coderm_eval.execution.backends.pool import Job, Setup, WorkerPool

_LOOP = """
import json, os, sys, time


def say(text):
    sys.stdout.write(text)
    sys.stdout.flush()


for line in sys.stdin:
    request = json.loads(line)
    answer = json.dumps({"token": request["token"], "said": request["say"]}) + "\\n"
"""

ECHO = f"{_LOOP}    say(answer)\n"
SLOW = f"{_LOOP}    time.sleep(0.3)\n    say(answer)\n"
DIES = f"{_LOOP}    if request['say'] == 'die': os._exit(1)\n    say(answer)\n"
DIES_ONCE = f"""{_LOOP}
    if request["say"] == "die" and not os.path.exists(os.environ["MARK"]):
        os.mkdir(os.environ["MARK"])
        os._exit(1)
    say(answer)
"""
WAITS_FOR_THE_LAST = f"""{_LOOP}
    while request["say"] == "wait" and not os.path.exists(os.environ["MARK"]):
        time.sleep(0.01)
    if request["say"] == "go":
        os.mkdir(os.environ["MARK"])
    say(answer)
"""
SILENT = f"{_LOOP}    if request['say'] != 'hush': say(answer)\n"
STUCK = "import time\ntime.sleep(999)\n"
TELLS = f"{_LOOP}    say(json.dumps({{'token': request['token'], 'said': VALUE}}) + '\\n')\n"

CHATTERING: list[tuple[str, str]] = [
    ("prose", "say('warming up\\n')"),
    ("prose in the same write", "answer = 'warming up\\n' + answer"),
    ("an answer without a token", 'say(\'{"said": "forged"}\\n\')'),
    ("an answer with a wrong token", 'say(\'{"token": "guess", "said": "forged"}\\n\')'),
    ("forged in the same write", 'answer = \'{"token": null, "said": "forged"}\\n\' + answer'),
    ("the answer to an earlier request", "say(globals().get('old', '')); old = answer.replace('said', 'forged')"),
    ("JSON of another kind", "say('[1]\\nnull\\n7\\n\"x\"\\n')"),
    ("blank lines", "say('\\n\\n\\n')"),
    ("bytes that are no UTF-8", "sys.stdout.buffer.write(b'\\xff\\xfe\\n')"),
    ("a megabyte", "say('x' * 1_000_000 + '\\n')"),
    ("more after the answer", "answer += 'and so on\\n{\"said\"'"),
    ("an answer in pieces", "say(answer[:9]); time.sleep(0.1); answer = answer[9:]"),
]
"""What an untrusted program may get a worker to print around its answers, as lines of the echo worker."""


def _pool(folder: Path, source: str, *, workers: int = 1, **variables: str) -> WorkerPool:
    (folder / "ferry.py").write_text(source)
    environment = {"PYTHONPATH": str(folder), **variables}
    return WorkerPool("ferry", workers=workers, environment=environment)


SETUP = Setup()
Answers = list[tuple[int, dict[str, Any] | None]]


def _run(pool: WorkerPool, jobs: Iterable[Job[int]]) -> Answers:
    """All that it answers, in a run of its own."""
    with pool:
        return list(pool.run(jobs))


def _jobs(*messages: str, setup: Setup = SETUP) -> Iterator[Job[int]]:
    """One job a message."""
    return (Job([(number, {"say": message})], setup=setup) for number, message in enumerate(messages))


def _said(pool: WorkerPool, *messages: str, silence_s: float = 60) -> list[Any]:
    """What the workers said to each message, in the order of the messages; None where they could not."""
    answers = dict(_run(pool, _jobs(*messages, setup=Setup(silence_s=silence_s))))
    assert len(answers) == len(messages)
    return [answer and answer["said"] for _, answer in sorted(answers.items())]


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    before = our_processes()
    yield
    assert our_processes() <= before


@pytest.mark.parametrize("workers", [1, 3])
def test_every_message_is_answered_under_its_key(tmp_path: Path, workers: int) -> None:
    messages = [f"crossing {number}" for number in range(40)]
    assert _said(_pool(tmp_path, ECHO, workers=workers), *messages) == messages


def test_what_is_left_of_the_last_job_is_shared(tmp_path: Path) -> None:
    """The first request waits for the last one, so that another worker has to answer that."""
    messages = ["wait", *map(str, range(5)), "go"]
    pool = _pool(tmp_path, WAITS_FOR_THE_LAST, workers=3, MARK=str(tmp_path / "mark"))
    answers = dict(_run(pool, [Job([(n, {"say": message}) for n, message in enumerate(messages)])]))
    assert answers == {n: {"said": message} for n, message in enumerate(messages)}


def test_an_answer_does_not_carry_the_token(tmp_path: Path) -> None:
    assert _run(_pool(tmp_path, ECHO), [Job([(7, {"say": "ahoy"})])]) == [(7, {"said": "ahoy"})]


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "two\nlines", "x" * 1_000_000])
def test_any_text_passes_through_unchanged(tmp_path: Path, text: str) -> None:
    assert _said(_pool(tmp_path, ECHO), text, "after") == [text, "after"]


def test_no_messages_start_no_worker(tmp_path: Path) -> None:
    mark = tmp_path / "started"
    assert _said(_pool(tmp_path, f"open({str(mark)!r}, 'w')\n{ECHO}")) == []
    assert not mark.exists()


def test_arguments_reach_the_worker(tmp_path: Path) -> None:
    pool = _pool(tmp_path, TELLS.replace("VALUE", "sys.argv[1:]"))
    answers = _run(pool, _jobs("where?", setup=Setup(("north", "south"))))
    assert answers == [(0, {"said": ["north", "south"]})]


def test_a_worker_sees_only_a_few_variables_of_the_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FERRY_API_KEY", "open-sesame")
    [seen] = _said(_pool(tmp_path, TELLS.replace("VALUE", "dict(os.environ)"), TOLL="3"), "what?")
    assert seen["TOLL"] == "3" and seen["OMP_NUM_THREADS"] == "1" and "PATH" in seen
    assert "open-sesame" not in str(seen)


def test_a_worker_that_dies_costs_only_the_message_that_killed_it(tmp_path: Path) -> None:
    said = _said(_pool(tmp_path, DIES), "a", "die", "b", "die", "c")
    assert said == ["a", None, "b", None, "c"]


def test_a_message_whose_worker_died_is_tried_once_more(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    assert _said(_pool(tmp_path, DIES_ONCE, MARK=str(mark)), "a", "die", "b") == ["a", "die", "b"]
    assert mark.exists()


@pytest.mark.parametrize("source", ["", "raise SystemExit(1)\n", "import os\nos.kill(os.getpid(), 9)\n"])
def test_workers_that_die_at_their_start_answer_nothing_and_hold_up_nobody(tmp_path: Path, source: str) -> None:
    assert _said(_pool(tmp_path, source, workers=2), *"abcd") == [None] * 4


def test_workers_that_cannot_be_started_answer_nothing_and_hold_up_nobody(tmp_path: Path) -> None:
    too_large = "x" * 10_000_000
    assert _said(_pool(tmp_path, ECHO, workers=2, CARGO=too_large), *"abcd") == [None] * 4


@pytest.fixture
def short_goodbye(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that does not leave by itself is killed after half a second, not after ten."""
    monkeypatch.setattr(process, "LEAVE_S", 0.5)


@pytest.mark.usefixtures("short_goodbye")
def test_a_worker_that_says_nothing_is_replaced(tmp_path: Path) -> None:
    assert _said(_pool(tmp_path, SILENT), "a", "hush", "b", silence_s=2) == ["a", None, "b"]


@pytest.mark.usefixtures("short_goodbye")
def test_a_worker_that_neither_answers_nor_leaves_is_killed(tmp_path: Path) -> None:
    assert _said(_pool(tmp_path, STUCK), "a", silence_s=0.5) == [None]


@pytest.mark.usefixtures("short_goodbye")
@pytest.mark.parametrize("flood", ["say('{')", "while True: say('x\\n')", "while True: say('x' * 1_000)"])
def test_a_worker_that_talks_without_answering_counts_as_silent(tmp_path: Path, flood: str) -> None:
    assert _said(_pool(tmp_path, f"{_LOOP}    {flood}\n"), "a", silence_s=0.5) == [None]


@pytest.mark.parametrize(("name", "chatter"), CHATTERING)
def test_lines_that_are_no_answer_are_passed_over(tmp_path: Path, name: str, chatter: str) -> None:
    pool = _pool(tmp_path, f"{_LOOP}    {chatter}\n    say(answer)\n")
    assert _said(pool, "a", "b", "c", silence_s=10) == ["a", "b", "c"]


BEATS = f"""{_LOOP}
    for _ in range(6):
        time.sleep(0.5)
        say(json.dumps({{"token": request["token"]}}) + "\\n")
    say(answer)
"""


def test_a_sign_of_life_gives_a_worker_more_time(tmp_path: Path) -> None:
    assert _said(_pool(tmp_path, BEATS), "a", silence_s=2) == ["a"]


def test_an_error_of_the_pool_itself_reaches_the_consumer(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        _run(_pool(tmp_path, ECHO), [Job([(0, {"say": object()})])])


def test_a_slow_worker_is_waited_for(tmp_path: Path) -> None:
    assert _said(_pool(tmp_path, SLOW, workers=2), *"abcd") == list("abcd")


def test_workers_import_no_stray_module_from_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stray, modules = tmp_path / "stray", tmp_path / "modules"
    for folder in (stray, modules):
        folder.mkdir()
    for name in ("json", "random", "ferry"):
        (stray / f"{name}.py").write_text("raise SystemExit('shadowed')\n")
    monkeypatch.setattr(tempfile, "tempdir", str(stray))
    monkeypatch.chdir(stray)
    assert _said(_pool(modules, ECHO), "a") == ["a"]


def test_messages_are_taken_from_the_input_only_as_workers_get_to_them(tmp_path: Path) -> None:
    taken: list[int] = []

    def messages() -> Iterator[Job[int]]:
        for number in range(100):
            taken.append(number)
            yield Job([(number, {"say": "ahoy"})])

    with _pool(tmp_path, ECHO, workers=2) as pool:
        answers = pool.run(messages())
        next(answers)
        assert len(taken) < 100
        assert len(list(answers)) == 99


def test_a_consumer_that_stops_early_leaves_no_process_behind(tmp_path: Path) -> None:
    before = our_processes()
    with _pool(tmp_path, SLOW, workers=2) as pool:
        answers = pool.run(_jobs(*["ahoy"] * 100))
        next(answers)
        assert our_processes() - before
        assert isinstance(answers, Generator)
        answers.close()
        assert dict(pool.run(_jobs("b"))) == {0: {"said": "b"}}  # nothing of the run that was given up
    assert our_processes() <= before


def test_runs_of_one_pool_share_its_processes(tmp_path: Path) -> None:
    jobs = [Job([(number, {"say": "who?"})]) for number in range(20)]
    with _pool(tmp_path, TELLS.replace("VALUE", "os.getpid()"), workers=2) as pool:
        seen = [{answer["said"] for _, answer in pool.run(jobs) if answer} for _ in range(3)]
    assert len(set().union(*seen)) <= 2 and all(seen)


def test_a_process_that_died_between_two_runs_is_replaced(tmp_path: Path) -> None:
    with _pool(tmp_path, TELLS.replace("VALUE", "os.getpid()")) as pool:
        [(_, first)] = pool.run(_jobs("who?"))
        assert first
        os.kill(first["said"], signal.SIGKILL)
        [(_, second)] = pool.run(_jobs("who?"))
    assert second and second["said"] != first["said"]


def test_a_job_of_another_setup_replaces_the_process(tmp_path: Path) -> None:
    with _pool(tmp_path, TELLS.replace("VALUE", "[os.getpid(), *sys.argv[1:]]")) as pool:
        setups = [Setup(("north",)), Setup(("north",)), Setup(("south",)), Setup(("north",))]
        said = [answer["said"] for s in setups for _, answer in pool.run(_jobs("who?", setup=s)) if answer]
    assert [where for _, where in said] == ["north", "north", "south", "north"]
    assert said[0] == said[1] and len({process for process, _ in said}) == 3


def test_one_at_a_time_is_one_process(tmp_path: Path) -> None:
    with _pool(tmp_path, TELLS.replace("VALUE", "os.getpid()"), workers=3) as pool:
        said = {answer["said"] for _, answer in pool.run(_jobs(*"abcdef"), at_once=1) if answer}
    assert len(said) == 1


LEAVES_WITH_THE_OTHERS = f"""{_LOOP}    time.sleep(0.3)
    say(answer)

open(f"{{os.environ['TOLD']}}/{{os.getpid()}}", "w").close()
while len(os.listdir(os.environ["TOLD"])) < 3:
    time.sleep(0.02)
"""


def test_workers_are_told_to_leave_before_any_is_waited_for(tmp_path: Path) -> None:
    told = tmp_path / "told"
    told.mkdir()
    with _pool(tmp_path, LEAVES_WITH_THE_OTHERS, workers=3, TOLD=str(told)) as pool:
        assert len(list(pool.run(_jobs(*"abc")))) == 3
    assert len(list(told.iterdir())) == 3


_FERRIES_FOR_EVER = """
import itertools, sys
from coderm_eval.execution.backends import process
from coderm_eval.execution.backends.pool import Job, WorkerPool

pool = WorkerPool("ferry", workers=2, environment={"PYTHONPATH": sys.argv[1]})
for _ in pool.run(Job([(number, {"say": "ahoy"})]) for number in itertools.count()):
    pass
"""


def test_workers_leave_when_their_parent_is_killed(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    pids.mkdir()
    (tmp_path / "ferry.py").write_text(f"import os\nopen(f'{pids}/{{os.getpid()}}', 'w').close()\n{ECHO}")
    parent = subprocess.Popen([sys.executable, "-c", _FERRIES_FOR_EVER, str(tmp_path)])
    assert soon(lambda: len(list(pids.iterdir())) == 2)
    parent.kill()
    parent.wait()
    assert soon(lambda: not any(is_alive(int(path.name)) for path in pids.iterdir()))


TOLD = """
import json, sys

for line in sys.stdin:
    request = json.loads(line)
    if "told" in request:
        told = [*globals().get("told", []), request["told"]]
    else:
        if request["say"] == "die": sys.exit()
        print(json.dumps({"token": request["token"], "said": [told, request["say"]]}), flush=True)
"""
"""Says what preambles it has been told since it started."""


def test_a_preamble_is_sent_once_before_the_requests_of_its_job(tmp_path: Path) -> None:
    jobs = [Job([(n, {"say": n}) for n in (first, first + 1)], {"told": first}) for first in (0, 2)]
    said = [answer and answer["said"] for _, answer in _run(_pool(tmp_path, TOLD), jobs)]
    assert said == [[[0], 0], [[0], 1], [[0, 2], 2], [[0, 2], 3]]


def test_a_worker_that_takes_anothers_place_is_told_the_preamble_again(tmp_path: Path) -> None:
    job = Job([(n, {"say": say}) for n, say in enumerate(["a", "die", "b"])], {"told": "ahoy"})
    said = [answer and answer["said"] for _, answer in _run(_pool(tmp_path, TOLD), [job])]
    assert said == [[["ahoy"], "a"], None, [["ahoy"], "b"]]


def test_one_worker_answers_all_requests_in_their_order(tmp_path: Path) -> None:
    jobs = [Job([(10 * job + n, {"say": "ahoy"}) for n in range(10)]) for job in range(6)]
    pool = _pool(tmp_path, TELLS.replace("VALUE", "os.getpid()"))
    answers = [(key, answer and answer["said"]) for key, answer in _run(pool, jobs)]
    assert [key for key, _ in answers] == [*range(60)]
    assert len({process for _, process in answers}) == 1


def test_a_job_without_preamble_is_sent_none(tmp_path: Path) -> None:
    """Not even that of the job before it."""
    jobs = [Job([(0, {"say": "a"})], {"told": "ahoy"}), Job([(1, {"say": "b"})]), Job([(2, {"say": "c"})])]
    said = [answer and answer["said"] for _, answer in _run(_pool(tmp_path, TOLD), jobs)]
    assert said == [[["ahoy"], "a"], [["ahoy"], "b"], [["ahoy"], "c"]]


def test_a_worker_that_died_is_replaced_by_one_with_the_preamble(tmp_path: Path) -> None:
    source = TOLD.replace("flush=True)", "flush=True); sys.exit()")
    job = Job([(n, {"say": n}) for n in range(3)], {"told": "ahoy"})
    said = [answer and answer["said"] for _, answer in _run(_pool(tmp_path, source), [job])]
    assert said == [[["ahoy"], n] for n in range(3)]


WAITS = f"""{_LOOP}
    while request["say"] == "wait" and not os.path.exists(os.environ["MARK"]): time.sleep(0.02)
    say(answer)
"""


@pytest.mark.parametrize("more", [0, 5])
def test_answers_are_passed_on_while_their_job_is_still_under_way(tmp_path: Path, more: int) -> None:
    """Whether or not further jobs stand in a queue that has no room for all of them."""
    mark = tmp_path / "mark"
    jobs = [Job([(0, {"say": "a"}), (1, {"say": "wait"})]), *(Job([(n + 2, {"say": "b"})]) for n in range(more))]
    with _pool(tmp_path, WAITS, MARK=str(mark)) as pool:
        answers = pool.run(jobs)
        assert next(answers) == (0, {"said": "a"})
        mark.touch()
        rest = list(answers)
    assert rest == [(1, {"said": "wait"}), *((n + 2, {"said": "b"}) for n in range(more))]


def test_a_job_without_requests_is_a_pause_in_which_answers_are_passed_on(tmp_path: Path) -> None:
    """Whoever supplies the jobs waits for an answer before the next one is there."""
    answered: list[int] = []

    def jobs() -> Iterator[Job[int]]:
        for number in range(3):
            yield Job([(number, {"say": "ahoy"})])
            deadline = time.monotonic() + 60
            while number not in answered:
                assert time.monotonic() < deadline
                yield Job(())

    with _pool(tmp_path, ECHO, workers=2) as pool:
        for key, _ in pool.run(jobs()):
            answered.append(key)
    assert answered == [0, 1, 2]
