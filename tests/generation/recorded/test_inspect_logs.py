"""Logs of inspect_ai as files of candidates: each epoch is one, and a sample that ended in an error is none."""

from __future__ import annotations

import gzip
import json
import logging
import shutil
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import coderm, write_rows
from helpers.inspect_logs import archived, inspect_eval, log_of, sample_of
from helpers.inspect_runs import inspect
from helpers.mini_humaneval import MiniHumanEval
from helpers.replaying import replaying

from coderm_eval.benchmarks import load_benchmark
from coderm_eval.core.errors import InputError
from coderm_eval.core.records import Problem
from coderm_eval.generation.origin import origin_of_samples
from coderm_eval.generation.recorded.samples import read_programs, read_samples
from coderm_eval.generation.settings import PolicySettings
from coderm_eval.hosts.server.replay import RecordedAnswers

PROBLEMS = {
    "tide/0": Problem("tide/0", "high", "def high(a):\n", ""),
    "tide/1": Problem("tide/1", "low", "def low(a):\n", ""),
}

HIGH, LOW = "def high(a):\n    return 1", "def low(a):\n    return 0"
FENCED = f"Sure!\n```python\n{HIGH}\n```\nDone."


def read(path: Path, problems: Mapping[str, Problem] = PROBLEMS, **more: Any) -> Mapping[str, Sequence[str]]:
    options: dict[str, Any] = {"benchmark": "tides", "n": None, "allow_partial": False, **more}
    return read_samples(path, problems, **options)


def as_json(path: Path, log: Mapping[str, Any]) -> Path:
    path.write_text(json.dumps(log, indent=2))
    return path


def on_one_line(path: Path, log: Mapping[str, Any]) -> Path:
    path.write_text(json.dumps(log))
    return path


def zipped_again(path: Path, log: Mapping[str, Any]) -> Path:
    path.write_bytes(gzip.compress(archived(path, log).read_bytes()))
    return path


def of_a_killed_evaluation(path: Path, log: Mapping[str, Any]) -> Path:
    return archived(path, log, header="_journal/start.json")


WRITERS = [as_json, on_one_line, archived, zipped_again, of_a_killed_evaluation]

TWO_EPOCHS = [
    sample_of("tide/1", LOW, epoch=2),
    sample_of("tide/0", "def high(a): pass", epoch=2),
    sample_of("tide/0", FENCED, epoch=1),
    sample_of("tide/1", "def low(a): pass", epoch=1),
]


@pytest.mark.parametrize("name", ["log.eval", "log.json", "log"])
@pytest.mark.parametrize("write", WRITERS)
def test_epochs_are_candidates_in_their_order(
    tmp_path: Path, name: str, write: Callable[[Path, Mapping[str, Any]], Path]
) -> None:
    path = write(tmp_path / name, log_of(TWO_EPOCHS, epochs=2))
    assert read(path) == {"tide/0": [HIGH, "def high(a): pass"], "tide/1": ["def low(a): pass", LOW]}


PROMPT = "Go on:\ndef high(a):\n"

MESSAGES = [{"role": "system", "content": "x"}, {"role": "user", "content": PROMPT}]

DRAWN = {"coderm": {"n": 2, "chosen": 1, "answers": ["def high(a): pass", FENCED]}}

ERROR = {"message": "RuntimeError('boom')", "traceback": ""}

ANSWERS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("chat", sample_of("tide/0", FENCED), [HIGH]),
    ("a completion", sample_of("tide/0", "    return 1\n", asked=PROMPT), [f"{HIGH}\n"]),
    (
        "a chat answer to a prompt",
        sample_of("tide/0", FENCED, asked=PROMPT),
        [f"\n{HIGH}"],
    ),
    ("several choices", sample_of("tide/0", FENCED, "def high(a): pass"), [HIGH, "def high(a): pass"]),
    (
        "parts, with reasoning",
        sample_of("tide/0", [{"type": "reasoning", "reasoning": "def low(a): 0"}, {"type": "text", "text": FENCED}]),
        [HIGH],
    ),
    ("an attachment", sample_of("tide/0", "attachment://x", attachments={"x": FENCED}), [HIGH]),
    ("no code", sample_of("tide/0", "I cannot."), [""]),
    ("all that best_of_n drew", sample_of("tide/0", FENCED, store=DRAWN), ["def high(a): pass", HIGH]),
    ("what it drew before an error", sample_of("tide/0", store=DRAWN, error=ERROR), ["def high(a): pass", HIGH]),
    ("messages", sample_of("tide/0", "    return 1\n", asked=MESSAGES), [f"{HIGH}\n"]),
    ("a limit that was reached", sample_of("tide/0", FENCED, limit={"type": "token", "limit": 9}), [HIGH]),
]


@pytest.mark.parametrize(("sample", "programs"), [a[1:] for a in ANSWERS], ids=[a[0] for a in ANSWERS])
def test_programs_are_found_in_answers(tmp_path: Path, sample: dict[str, Any], programs: list[str]) -> None:
    found = read(archived(tmp_path / "log.eval", log_of([sample, sample_of("tide/1", LOW)])))
    assert found["tide/0"] == programs


# Whose sample it is

MBPP = {
    "Mbpp/2": Problem("Mbpp/2", "high", "", "Find the high.\nassert high(1) == 1"),
    "Mbpp/3": Problem("Mbpp/3", "low", "", "Find the low.\nassert low(1) == 0"),
}

SHOT = "Find the low.\nassert low(1) == 0\nFind the high.\nassert high(1) == 1"

IDS: list[tuple[str, str, object, object, str]] = [
    ("the id", "anything", "Mbpp/3", "Find it.", "Mbpp/3"),
    ("MBPP's number", "inspect_evals/mbpp", 3, "Return the low. Tests: assert low(2) == 0", "Mbpp/3"),
    ("the number as a text", "inspect_evals/mbpp", "3", "Return the low. Tests: assert low(2) == 0", "Mbpp/3"),
    ("the statement, for a number that inspect_ai gave", "mbpp", 3, "Find the high. assert high(1) == 1", "Mbpp/2"),
    (
        "the statement behind an example",
        "x",
        1,
        SHOT,
        "Mbpp/2",
    ),
    (
        "the last question behind one of an example",
        "x",
        1,
        [{"role": "user", "content": "Find the low.\nassert low(1) == 0"}, {"role": "user", "content": SHOT}],
        "Mbpp/2",
    ),
]


@pytest.mark.parametrize(("task", "given", "asked", "known"), [i[1:] for i in IDS], ids=[i[0] for i in IDS])
def test_a_sample_is_of_the_problem_that_it_names_or_states(
    tmp_path: Path, task: str, given: object, asked: object, known: str
) -> None:
    path = archived(tmp_path / "log.eval", log_of([sample_of(given, "x = 1", asked=asked)], task=task))
    assert list(read(path, MBPP, allow_partial=True)) == [known]


def test_a_problem_in_words_is_found_by_them(tmp_path: Path) -> None:
    path = archived(tmp_path / "log.eval", log_of([sample_of(1, LOW, asked="Please: find the low.")]))
    problems = {"own/low": Problem("own/low", "low", "", "find the low.")}
    assert read(path, problems) == {"own/low": [LOW]}


EXAMPLE = "Find the low.\nassert low(1) == 0\ndef low(a):\n    return 0\n\n"

NOT_OURS: list[tuple[str, object, object]] = [
    ("x", 1, f"{EXAMPLE}Find the sum.\nassert add(1) == 1"),
    ("x", 1, f'{EXAMPLE}def add(a):\n    """Add."""\n'),
    ("x", 1, f"Question: {EXAMPLE}Question: Find the sum."),
    ("x", 1, [{"role": "user", "content": EXAMPLE}, {"role": "user", "content": "Find the sum."}]),
    ("mbpp", 3, "Find the sum. assert add(1) == 1"),
    ("apps", 3, "Find the low, assert low(2) == 0"),
    ("x", "q", ""),
]


@pytest.mark.parametrize(("task", "given", "asked"), NOT_OURS)
def test_neither_a_number_nor_an_example_makes_a_sample_one_of_mbpp(
    tmp_path: Path, task: str, given: object, asked: object
) -> None:
    path = archived(tmp_path / "log.eval", log_of([sample_of(given, "x = 1", asked=asked)], task=task))
    with pytest.raises(InputError, match=r"1 task id that mbpp\+ does not have|none of its task ids"):
        read(path, MBPP, benchmark="mbpp+")


def test_no_sample_is_lost_where_two_state_the_same_problem(tmp_path: Path) -> None:
    samples = [
        sample_of(given, program, asked="Find the high. assert high(1) == 1")
        for given, program in ((1, HIGH), (2, "def high(a): pass"))
    ]
    path = archived(tmp_path / "log.eval", log_of(samples, task="x"))
    assert read(path, MBPP, allow_partial=True) == {"Mbpp/2": [HIGH, "def high(a): pass"]}


def test_replay_knows_mbpps_numbers_before_it_has_loaded_a_benchmark(tmp_path: Path) -> None:
    path = archived(tmp_path / "log.eval", log_of([sample_of(3, "x = 1")], task="mbpp"))
    assert read_programs(path, {}) == {"Mbpp/3": ["x = 1"]}


# What has no answer

UNANSWERED: list[tuple[str, dict[str, Any]]] = [
    ("one ended in an error", sample_of("tide/1", epoch=2, error=ERROR)),
    ("one that ended in an error has a text", sample_of("tide/1", LOW, epoch=2, error=ERROR)),
    ("one has no choice", sample_of("tide/1", epoch=2)),
    ("one has no output", {"id": "tide/1", "epoch": 2, "input": ""}),
    ("one was not reached", {}),
]


@pytest.mark.parametrize("last", [u[1] for u in UNANSWERED], ids=[u[0] for u in UNANSWERED])
def test_an_answer_that_is_not_there_is_missing_and_never_wrong(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, last: dict[str, Any]
) -> None:
    samples = [s for s in [*TWO_EPOCHS[1:], last] if s]
    path = archived(tmp_path / "log.eval", log_of(samples, epochs=2))
    words = "1 answer missing (tide/1: 1)"
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: {words}, which ") and "--allow-partial" in str(caught.value)
    with caplog.at_level(logging.WARNING):
        assert read(path, allow_partial=True)["tide/1"] == ["def low(a): pass"]
        assert read_programs(path, PROBLEMS)["tide/1"] == ["def low(a): pass"]
    assert caplog.messages == [f"{path}: {words}"] * 2


def test_a_task_without_any_answer_is_left_out_on_demand(tmp_path: Path) -> None:
    path = archived(tmp_path / "log.eval", log_of([sample_of("tide/0", HIGH), sample_of("tide/1", error=ERROR)]))
    assert read(path, allow_partial=True) == {"tide/0": [HIGH]}


# What cannot be read


def cut(path: Path) -> None:
    archived(path, log_of(TWO_EPOCHS, epochs=2))
    path.write_bytes(path.read_bytes()[:-40])


def flipped(path: Path) -> None:
    archived(path, log_of(TWO_EPOCHS, epochs=2))
    content = bytearray(path.read_bytes())
    content[60:90] = bytes(30)
    path.write_bytes(content)


def zipped(path: Path, **entries: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in entries.items():
            archive.writestr(name.replace("__", "/").replace("_json", ".json"), text)


HEADER = json.dumps(log_of([]))

BAD: list[tuple[str, Callable[[Path], object], str]] = [
    ("cut off", cut, "a damaged zip file (File is not a zip file); copy the log of inspect_ai again, or restore"),
    ("damaged", flipped, "a damaged zip file ("),
    ("another zip file", lambda p: zipped(p, samples="{}"), "a zip file, and no log of inspect_ai; unpack it"),
    (
        "no samples, zipped",
        lambda p: zipped(p, header_json=HEADER),
        "a log of inspect_ai without samples; give",
    ),
    ("no samples", lambda p: as_json(p, log_of([])), "a log of inspect_ai without samples; give"),
    (
        "a header alone",
        lambda p: as_json(p, {**log_of([]), "samples": None}),
        "without samples",
    ),
    ("a list for a sample", lambda p: zipped(p, header_json=HEADER, samples__x_json="[]"), "is no JSON object"),
    ("no JSON in it", lambda p: zipped(p, header_json="{"), "a damaged zip file (Expecting property name"),
    ("a header of something else", lambda p: zipped(p, header_json="{}"), "a log of inspect_ai without samples"),
    ("no id", lambda p: as_json(p, log_of([{"epoch": 1}])), "with a sample without an id and an epoch"),
    ("an odd id", lambda p: as_json(p, log_of([sample_of(True, "x")])), "with a sample without an id and an epoch"),
    ("an odd epoch", lambda p: as_json(p, log_of([sample_of("q", "x", epoch=True)])), "without an id and an epoch"),
    ("an odd answer", lambda p: as_json(p, log_of([sample_of("tide/0", 3)])), "sample 'tide/0' of epoch 1 has no text"),
    ("cut off JSON", lambda p: p.write_text(json.dumps(log_of(TWO_EPOCHS), indent=2)[:-9]), ":1: not JSON: "),
]


@pytest.mark.parametrize(("make", "words"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_a_log_that_cannot_be_read_gets_one_sentence(
    tmp_path: Path, make: Callable[[Path], object], words: str
) -> None:
    make(tmp_path / "log")
    with pytest.raises(InputError) as caught:
        read(tmp_path / "log")
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'log'}:") and words in message and "\n" not in message


# Who gave the answers


@pytest.mark.parametrize("write", WRITERS)
def test_the_model_of_a_log_is_the_policy_of_a_run(
    tmp_path: Path, write: Callable[[Path, Mapping[str, Any]], Path]
) -> None:
    path = write(tmp_path / "log", log_of(TWO_EPOCHS, epochs=2))
    sampling = {"n": 2, "temperature": 0.8, "top_p": None, "max_tokens": 512, "seed": None, "settled": None}
    server = "http://127.0.0.1:8000/v1"
    known = {"model": "openai-api/tide/tide-7b", "revision": None, "server": server, "sampling": sampling}
    assert origin_of_samples(PolicySettings(), path) == known
    assert origin_of_samples(PolicySettings(model="another"), path) == known


# Real logs


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with logs that the installed inspect_ai wrote, of two epochs: log.eval, log.json, and broken.eval, in
    which the server had no answer to one of the problems."""
    pytest.importorskip("inspect_ai", reason="run `pip install inspect-ai`")
    folder = tmp_path_factory.mktemp("real")
    problems = [
        Problem(p.task_id, p.entry_point, p.prompt, "", request=f"Write {p.entry_point}.") for p in PROBLEMS.values()
    ]
    programs = {"tide/0": [HIGH, "def high(a): pass"], "tide/1": [LOW, "def low(a): pass"]}
    asked = {problem.task_id: problem.request for problem in problems}
    with replaying(RecordedAnswers(problems, programs, {})) as address:
        shutil.copy(inspect_eval(folder / "a", asked, address, "--epochs", "2"), folder / "log.eval")
        flags = ("--epochs", "2", "--log-format", "json", "--temperature", "0.5")
        shutil.copy(inspect_eval(folder / "b", asked, address, *flags), folder / "log.json")
        unknown = {**asked, "tide/1": "Write what nobody recorded."}
        broken = inspect_eval(folder / "c", unknown, address, "--epochs", "2", "--no-fail-on-error")
        shutil.copy(broken, folder / "broken.eval")
    return folder


@pytest.mark.parametrize("name", ["log.eval", "log.json"])
def test_a_real_log_gives_the_recorded_programs(real: Path, name: str) -> None:
    found = {task: sorted(programs) for task, programs in read(real / name).items()}
    assert found == {"tide/0": sorted([HIGH, "def high(a): pass"]), "tide/1": sorted([LOW, "def low(a): pass"])}
    assert origin_of_samples(PolicySettings(), real / name)["model"] == "openai-api/tide/recorded"


def test_a_real_log_says_how_was_sampled(real: Path) -> None:
    assert origin_of_samples(PolicySettings(), real / "log.json")["sampling"]["temperature"] == 0.5


def test_a_real_error_is_no_answer(real: Path) -> None:
    with pytest.raises(InputError, match=r"2 answers missing \(tide/1: 2\), which"):
        read(real / "broken.eval")
    assert list(read(real / "broken.eval", allow_partial=True)) == ["tide/0"]


def test_every_byte_of_a_real_log_counts(real: Path, tmp_path: Path) -> None:
    """It is packed by Zstandard, whose entries are checked here."""
    content = (real / "log.eval").read_bytes()
    with zipfile.ZipFile(real / "log.eval") as archive:
        entries = [i for i in archive.infolist() if i.filename.startswith("samples/")]
    assert {entry.compress_type for entry in entries} == {93}
    for entry in entries:
        middle = entry.header_offset + 30 + len(entry.filename) + entry.compress_size // 2
        broken = bytearray(content)
        broken[middle : middle + 4] = bytes(255 - byte for byte in broken[middle : middle + 4])
        (tmp_path / "log.eval").write_bytes(broken)
        with pytest.raises(InputError, match="a damaged zip file"):
            read(tmp_path / "log.eval")


def test_the_command_that_a_message_names_converts_a_real_log(real: Path, tmp_path: Path) -> None:
    command = ["log", "convert", "--to", "json", "--output-dir", "FOLDER", str(real / "log.eval")]
    assert inspect(*command, cwd=tmp_path).returncode == 0
    assert read(tmp_path / "FOLDER" / "log.json") == read(real / "log.eval")


# By the commands


def test_rerank_grade_verify_and_write_tests_take_a_log(tmp_path: Path, mini_humaneval: MiniHumanEval) -> None:
    problems = load_benchmark("humaneval+").problem_by_id()
    samples = [
        sample_of(task, f"```python\n{programs[task]}```", epoch=epoch, asked=problems[task].request)
        for epoch, programs in enumerate((mini_humaneval.wrong, mini_humaneval.right), 1)
        for task in problems
    ]
    log = archived(tmp_path / "log.eval", log_of(samples, epochs=2))
    known = ["--benchmark", "humaneval+", "--samples", log]
    graded = coderm("grade", *known, "--out", "g.json", cwd=tmp_path)
    assert graded.stdout.startswith("pass@1 0.5000"), graded.stderr
    test = "import unittest\nclass T(unittest.TestCase):\n    def test_it(self):\n        pass\n"
    tests = write_rows(tmp_path / "t.jsonl", [{"task_id": task, "test": test} for task in problems])
    reranked = coderm("rerank", *known, "--tests", tests, "--out", "run", "--grade", cwd=tmp_path)
    assert reranked.returncode == 0, reranked.stderr
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["policy"]["model"] == "openai-api/tide/tide-7b"
    verified = coderm("verify", "run", cwd=tmp_path)
    assert verified.returncode == 0 and "Findings: none" in verified.stdout, verified.stdout
    server = ["--model", "m", "--base-url", "http://127.0.0.1:9/v1"]
    planned = coderm("write-tests", *known, *server, "--out", "w.jsonl", "--dry-run", cwd=tmp_path)
    assert planned.stdout.startswith("3 requests for 60 samples"), planned.stderr
