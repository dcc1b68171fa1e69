"""Recorded candidates: every format gives the same programs, and says what is wrong with what cannot be read."""

from __future__ import annotations

import bz2
import gzip
import json
import logging
import lzma
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import coderm, rows, write_rows
from helpers.mini_humaneval import MiniHumanEval
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.core.errors import InputError
from coderm_eval.core.records import Problem
from coderm_eval.generation.recorded.samples import read_candidates, read_programs, read_samples, take_first

PROBLEMS = {task: Problem(task, "f", f"def f(): # {task}\n", "") for task in ("tide/0", "tide/1", "tide/2")}
TAILS = {"tide/0": ["    return 1\n", "    return 'é'\n"], "tide/1": ["", "    pass\n"], "tide/2": ["    x", "    x"]}
PROGRAMS = {task: [PROBLEMS[task].prompt + tail for tail in tails] for task, tails in TAILS.items()}


def read(path: Path, *, n: int | None = None, allow_partial: bool = False) -> Mapping[str, Sequence[str]]:
    return read_samples(path, PROBLEMS, benchmark="tides", n=n, allow_partial=allow_partial)


def refusal(path: Path, **more: Any) -> str:
    """The one line that a user reads about samples that cannot be used."""
    with pytest.raises(InputError) as caught:
        read(path, **more)
    message = str(caught.value)
    assert message.startswith(str(path)) and "\n" not in message
    return message


def json_lines(programs: Mapping[str, list[str]], key: str = "solution") -> bytes:
    listed = [{"task_id": task, key: program} for task, of in programs.items() for program in of]
    return "".join(json.dumps(row) + "\n" for row in listed).encode()


def lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def livecodebench(programs: Mapping[str, list[str]]) -> bytes:
    return json.dumps([{"question_id": task, "code_list": of} for task, of in programs.items()], indent=1).encode()


def results(programs: Mapping[str, list[str]]) -> bytes:
    graded = {
        task: [{"task_id": task, "solution": program, "base_status": "pass"} for program in of]
        for task, of in programs.items()
    }
    return json.dumps({"date": "2026-11-28 09:00", "hash": "x", "eval": graded}).encode()


def bound(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


def folder(path: Path, programs: Mapping[str, list[str]]) -> Path:
    for task, of in programs.items():
        (path / task.replace("/", "_")).mkdir(parents=True)
        for number, program in enumerate(of):
            (path / task.replace("/", "_") / f"{number}.py").write_text(program, encoding="utf-8")
    return path


# Formats

CONTENT: dict[str, bytes] = {
    "solutions": json_lines(PROGRAMS),
    "completions": json_lines(TAILS, "completion"),
    "LiveCodeBench": livecodebench(PROGRAMS),
    "LiveCodeBench after blanks": b"\n  " + livecodebench(PROGRAMS),
    "with a byte order mark": b"\xef\xbb\xbf" + livecodebench(PROGRAMS),
    "solutions with a byte order mark": b"\xef\xbb\xbf" + json_lines(PROGRAMS),
    "solutions with Windows line ends": json_lines(PROGRAMS).replace(b"\n", b"\r\n"),
    "CodeRM's candidates": lines({"task_id": task, "solutions": of} for task, of in PROGRAMS.items()),
    "CodeRM's graded candidates": lines(
        {"task_id": task, "solutions": [{"solution": program, "plus_status": "pass"} for program in of]}
        for task, of in PROGRAMS.items()
    ),
    "EvalPlus's results": results(PROGRAMS),
}


@pytest.mark.parametrize("name", ["s.jsonl", "s.json", "s.gz", "s"])
@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("content", CONTENT.values(), ids=CONTENT)
def test_every_format_gives_the_same_programs(tmp_path: Path, name: str, zipped: bool, content: bytes) -> None:
    """The content tells a file's format, whatever its name."""
    (tmp_path / name).write_bytes(gzip.compress(content) if zipped else content)
    assert read(tmp_path / name) == PROGRAMS


def test_a_folder_gives_the_same_programs_in_order(tmp_path: Path) -> None:
    """File 10 comes after file 2; EvalPlus itself takes them in whatever order the disk lists them."""
    many = {task: [f"{program}# {number}\n" for number in range(12)] for task, (program, _) in PROGRAMS.items()}
    assert read(folder(tmp_path / "drawn", many)) == many


def test_a_task_id_may_have_an_underscore_of_its_own(tmp_path: Path) -> None:
    path = folder(tmp_path / "drawn", {"abc301_a": ["x = 1"]})
    problems = {"abc301_a": Problem("abc301_a", "solve", "", "")}
    found = read_samples(path, problems, benchmark="livecodebench", n=None, allow_partial=False)
    assert found == {"abc301_a": ["x = 1"]}


def test_a_solution_counts_for_more_than_a_completion(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "s", [{"task_id": t, "solution": "x = 1", "completion": "no"} for t in PROBLEMS])
    assert read(path) == {task: ["x = 1"] for task in PROBLEMS}


def test_a_pipe_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=[CONTENT["solutions"]])
    writer.start()
    assert read(path) == PROGRAMS
    writer.join()


def test_a_pipe_is_read_as_often_as_it_is_asked_for() -> None:
    """A shell's <(...) gives its content once, and a run reads its tests twice."""
    reading, writing = os.pipe()
    os.write(writing, gzip.compress(CONTENT["completions"]))
    os.close(writing)
    assert [read(Path(f"/dev/fd/{reading}")) for _ in range(2)] == [PROGRAMS, PROGRAMS]
    os.close(reading)


def test_a_minus_is_the_standard_input(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom coderm_eval.generation.recorded.samples import read_programs\n"
        "print([list(read_programs(Path('-'), {})) for _ in range(2)])"
    )
    given = json_lines(PROGRAMS)
    done = subprocess.run([sys.executable, "-c", code], input=given, capture_output=True, check=True)
    assert done.stdout.decode().strip() == str([list(PROGRAMS)] * 2)


def test_a_name_that_is_too_long_is_one_sentence() -> None:
    assert "File name too long" in refusal(Path("n" * 300))


# lm-eval's logs


def logged(task: str, answers: list[Any], context: str, name: str = "none", **doc: Any) -> dict[str, Any]:
    """A line of lm-eval 0.4.13."""
    arguments = {"gen_args_0": {"arg_0": context, "arg_1": {"until": []}}}
    return {"doc_id": 0, "doc": {"task_id": task, **doc}, "arguments": arguments, "resps": answers, "filter": name}


def test_logged_completions_go_on_from_their_prompt(tmp_path: Path) -> None:
    """lm-eval's own humaneval: one request with repeats, and a line for each filter."""
    tails = {task: ["    return 1\n", "    return 2\n"] for task in PROBLEMS}
    listed = [logged(task, [of], PROBLEMS[task].prompt, name) for name in ("a", "b") for task, of in tails.items()]
    (tmp_path / "s").write_bytes(lines(listed))
    assert read(tmp_path / "s") == {task: [PROBLEMS[task].prompt + tail for tail in of] for task, of in tails.items()}


def test_logged_chat_answers_are_looked_through_for_programs(tmp_path: Path) -> None:
    """This project's tasks: a request for each sample."""
    answer = "Sure!\n```python\ndef f():\n    return 3\n```\nDone."
    (tmp_path / "s").write_bytes(lines(logged(task, [[answer], [""]], "Write f.") for task in PROBLEMS))
    assert read(tmp_path / "s") == {task: ["def f():\n    return 3", ""] for task in PROBLEMS}


# OpenCompass's predictions


def turn(role: str, prompt: str) -> dict[str, str]:
    return {"role": role, "prompt": prompt}


ASKED_ABOVE = [turn("HUMAN", PROBLEMS["tide/1"].prompt), turn("BOT", "    return 0\n")]


def test_a_prediction_answers_the_last_question_of_a_conversation(tmp_path: Path) -> None:
    asked = [[*ASKED_ABOVE, turn("HUMAN", problem.prompt)] for problem in PROBLEMS.values()]
    entries = {str(i): {"origin_prompt": of, "prediction": "    return 3\n"} for i, of in enumerate(asked)}
    (tmp_path / "s").write_text(json.dumps(entries))
    assert read(tmp_path / "s") == {task: [f"{of.prompt}    return 3\n"] for task, of in PROBLEMS.items()}


def test_an_example_of_a_conversation_is_not_what_a_prediction_answers(tmp_path: Path) -> None:
    asked = [*ASKED_ABOVE, turn("HUMAN", "Find the sum.")]
    (tmp_path / "s").write_text(json.dumps({"0": {"origin_prompt": asked, "prediction": "def f(): pass"}}))
    refusal(tmp_path / "s")


# Conversations in lm-eval's logs

SENT: list[tuple[str, str, list[dict[str, str]]]] = [
    (
        "behind the beginning of an answer",
        "    return 3\n```",
        [{"role": "assistant", "content": "Go:\n```python\n{}"}],
    ),
    ("behind the question", "    return 3\n", [{"role": "user", "content": "{}"}]),
    (
        "with an example above",
        "    return 3\n",
        [{"role": "assistant", "content": "x"}, {"role": "user", "content": "{}"}],
    ),
]


@pytest.mark.parametrize(("answer", "last"), [s[1:] for s in SENT], ids=[s[0] for s in SENT])
def test_logged_answers_of_a_server_go_on_from_the_conversation(
    tmp_path: Path, answer: str, last: list[dict[str, str]]
) -> None:
    """lm-eval logs the messages as JSON; its `humaneval_instruct` begins the answer."""
    sent = [{"role": "user", "content": "Complete it."}, *last]
    context = {task: json.dumps(sent).replace("{}", json.dumps(of.prompt)[1:-1]) for task, of in PROBLEMS.items()}
    (tmp_path / "s").write_bytes(lines(logged(task, [[answer]], context[task]) for task in PROBLEMS))
    expected = {task: [f"{problem.prompt}    return 3"] for task, problem in PROBLEMS.items()}
    assert {task: [program.rstrip() for program in of] for task, of in read(tmp_path / "s").items()} == expected


def test_logged_numbers_are_those_of_mbpp(tmp_path: Path) -> None:
    problems = {"Mbpp/2": Problem("Mbpp/2", "f", "", "")}
    row = logged("", [["def f(): pass"]], "", task_id=2) | {"doc": {"task_id": 2}}
    (tmp_path / "s").write_bytes(lines([row]))
    assert list(read_samples(tmp_path / "s", problems, benchmark="mbpp+", n=None, allow_partial=False)) == ["Mbpp/2"]


def test_programs_are_in_the_order_of_the_benchmark(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    path.write_bytes(json_lines(dict(reversed(PROGRAMS.items()))))
    assert list(read(path)) == list(PROBLEMS)


def test_candidates_are_the_distinct_programs(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    path.write_bytes(json_lines(PROGRAMS))
    found = read_candidates(path, PROBLEMS, benchmark="tides", n=None, allow_partial=False)
    assert [item.problem for item in found] == list(PROBLEMS.values())
    assert [len(item.candidates) for item in found] == [2, 2, 1]
    assert found[2].candidates[0].samples == (0, 1)


def test_candidates_are_read_when_they_are_asked_for(tmp_path: Path) -> None:
    """A slice is read at once, and every problem anew."""
    path = tmp_path / "s.jsonl"
    path.write_bytes(json_lines(PROGRAMS))
    found = read_candidates(path, PROBLEMS, benchmark="tides", n=1, allow_partial=False)
    held = found[1:]
    path.write_bytes(b"")
    assert [item.problem.task_id for item in held] == ["tide/1", "tide/2"]
    with pytest.raises(InputError, match="it was changed after this command began to read it"):
        list(found)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("more", [b"", results(PROGRAMS)], ids=["one format", "two formats"])
def test_lines_of_a_task_may_stand_anywhere(tmp_path: Path, more: bytes, zipped: bool) -> None:
    content = json_lines(PROGRAMS) + json_lines(dict(reversed(PROGRAMS.items()))) + more
    (tmp_path / "s").write_bytes(gzip.compress(content) if zipped else content)
    assert read(tmp_path / "s") == {task: listed * (3 if more else 2) for task, listed in PROGRAMS.items()}


# What cannot be read

BAD_LINES: list[tuple[Any, str]] = [
    ({"solution": "x"}, "no task_id with a solution or a completion: "),
    ({"task_id": "tide/0", "code": "x"}, "no task_id with a solution or a completion: "),
    ({"task_id": 3, "solution": "x"}, "no task_id with a solution or a completion: "),
    ({"task_id": "tide/0", "solution": ["x", "y"]}, "solution of tide/0 is a list of 2; write a line for each"),
    ({"task_id": "tide/0", "completion": 5}, "completion of tide/0 is '5'; expected "),
    ({"doc_id": 0, "doc": {}, "resps": [["x"]], "filter": "coderm"}, "a line of lm-eval's --log_samples; give "),
    ([1], "no task_id with a solution or a completion: '[1]'"),
    ({"task_id": "tide/0", "messages": [{"role": "user", "content": "x"}]}, "a prompt and no answer to it (messages)"),
    ({"task_id": "tide/0", "solutions": "x"}, "no task_id with a list of solutions"),
    ({"task_id": "tide/0", "solutions": ["x", 3]}, "solutions of tide/0 hold '3'; expected texts"),
    ({"task_id": "tide/0", "solutions": [{"code": "x"}]}, "solutions of tide/0 hold"),
    ({"doc": {"task_id": "tide/0"}, "resps": [[["x", 1.5]]]}, "resps of tide/0 hold what is no text"),
    ({"hash": "x", "eval": {"tide/0": {"nfiles": 2}}}, "a results file without the solutions of tide/0; give"),
    ({"hash": "x", "eval": {"tide/0": [{"solution": 3}]}}, "a results file without the solutions of tide/0; give"),
]


@pytest.mark.parametrize(("line", "words"), BAD_LINES, ids=range(len(BAD_LINES)))
def test_a_line_that_is_no_sample_is_numbered_and_shown(tmp_path: Path, line: Any, words: str) -> None:
    path = write_rows(tmp_path / "s.jsonl", [{"task_id": "tide/0", "solution": "x"}, line])
    assert refusal(path).startswith(f"{path}:2: {words}")


MAKERS: list[tuple[str, Callable[[Path], object], str]] = [
    ("missing", lambda path: None, "no such file"),
    ("empty", lambda path: path.write_bytes(b""), "no lines; expected"),
    ("blank", lambda path: path.write_bytes(b"\n \n"), "no lines; expected"),
    ("not JSON", lambda path: path.write_text("x = 1"), ":1: not JSON: 'x = 1'; expected"),
    ("Latin-1", lambda path: path.write_bytes(b'{"task_id": "\xe9"}'), ":1: not UTF-8: "),
    ("a list in Latin-1", lambda path: path.write_bytes(b'["\xe9"]'), ": not UTF-8: "),
    ("UTF-16", lambda path: path.write_bytes(CONTENT["solutions"].decode().encode("utf-16")), ": not UTF-8 but UTF-16"),
    ("xz", lambda path: path.write_bytes(lzma.compress(b"{}")), ": an xz file; unpack it with `xz -d`"),
    ("bzip2", lambda path: path.write_bytes(bz2.compress(b"{}")), ": a bzip2 file"),
    ("zip", lambda path: path.write_bytes(b"PK\x03\x04rest"), ": a damaged zip file ("),
    ("no zip after all", lambda path: path.write_bytes(b"\x1f\x8bnot gzip"), "cannot be read ("),
    ("a socket", lambda path: bound(path), "cannot be read ("),
    ("an empty list", lambda path: path.write_text("[]"), "no list with an entry for each question"),
    ("damaged", lambda path: path.write_bytes(gzip.compress(CONTENT["solutions"])[:-9]), "cannot be read ("),
    ("an empty folder", lambda path: path.mkdir(), "the folder is empty; name a folder that has them, or a file of"),
    ("another folder", lambda path: (path / "src").mkdir(parents=True), "no files such as HumanEval_0/0.py are in it"),
]


@pytest.mark.parametrize(("kind", "make", "words"), MAKERS, ids=[kind for kind, _, _ in MAKERS])
def test_samples_that_cannot_be_read_get_one_sentence(
    tmp_path: Path, kind: str, make: Callable[[Path], object], words: str
) -> None:
    make(tmp_path / "s")
    assert words in refusal(tmp_path / "s")


def test_a_program_of_a_folder_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    path = folder(tmp_path / "drawn", PROGRAMS) / "tide_1" / "0.py"
    path.write_bytes(b"# \xe9")
    with pytest.raises(InputError) as caught:
        read(tmp_path / "drawn")
    assert str(caught.value) == f"{path}: not UTF-8; save the file in UTF-8"


KEYS = (
    "eval version task id samples output choices prediction "
    "task_id solution completion solutions doc resps messages unit_tests filter arguments question_id code_list"
)
VALUES = st.recursive(
    st.sampled_from([None, True, 1, 1.5, "x", "tide/0"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS.split()), inner, max_size=2),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(KEYS.split()), VALUES, max_size=6), st.booleans())
def test_whatever_stands_in_a_line_is_read_or_refused(row: dict[str, Any], listed: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "s.jsonl")
        path.write_text(json.dumps([row] if listed else row) + "\n")
        with suppress(InputError):
            found = read_programs(path, PROBLEMS)
            assert all(isinstance(program, str) for of in found.values() for program in of)


# Which tasks, and how many samples


@pytest.fixture
def partial(tmp_path: Path) -> Path:
    path = tmp_path / "s.jsonl"
    path.write_bytes(json_lines({"tide/1": ["x", "y"], "reef/0": ["x"]}))
    return path


def test_other_tasks_than_the_benchmarks_are_refused(partial: Path) -> None:
    message = refusal(partial)
    assert "1 task id that tides does not have (reef/0)" in message and "(tide/0, tide/2)" in message


def test_on_demand_other_tasks_are_left_out_with_a_warning(partial: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert read(partial, allow_partial=True) == {"tide/1": ["x", "y"]}
    assert caplog.messages == [
        f"{partial}: no samples of 2 tasks (tide/0, tide/2), which are in no score",
        f"{partial}: 1 task id not in tides (reef/0)",
    ]


@pytest.mark.parametrize("content", [json_lines, results, livecodebench])
def test_a_part_of_a_benchmark_is_named_whatever_the_format(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: Callable[[Mapping[str, list[str]]], bytes]
) -> None:
    path = tmp_path / "s.json"
    path.write_bytes(content({"tide/1": ["x"]}))
    assert "nothing for 2 of its tasks (tide/0, tide/2); --allow-partial" in refusal(path)
    assert read(path, allow_partial=True) == {"tide/1": ["x"]}
    assert caplog.messages == [f"{path}: no samples of 2 tasks (tide/0, tide/2), which are in no score"]


def test_samples_of_no_task_at_all_are_refused(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "s", [{"task_id": "reef/0", "solution": "x"}])
    assert refusal(path, allow_partial=True) == f"{path}: none of its task ids is one of tides (reef/0)"


def test_the_first_n_samples_are_taken(partial: Path) -> None:
    assert read(partial, n=1, allow_partial=True) == {"tide/1": ["x"]}


def test_without_n_all_samples_are_taken() -> None:
    assert take_first(Path("x"), PROGRAMS, None) == PROGRAMS


def test_too_few_samples_are_named_with_the_n_that_would_do() -> None:
    with pytest.raises(InputError, match=r"^x: tide/0 has 2 samples, fewer than n=3; set n to 2 or less$"):
        take_first(Path("x"), PROGRAMS, 3)


# By the commands


@pytest.mark.parametrize("kind", ["completions", "folder"])
def test_rerank_grade_and_write_tests_take_what_evalplus_takes(
    tmp_path: Path, mini_humaneval: MiniHumanEval, kind: str
) -> None:
    if kind == "folder":
        samples = folder(tmp_path / "s", {task: [program] for task, program in mini_humaneval.right.items()})
    else:
        tails = [{"task_id": task, "completion": "    return 0\n"} for task in mini_humaneval.right]
        samples = write_rows(tmp_path / "s.jsonl", tails)
    test = "import unittest\nclass T(unittest.TestCase):\n    def test_it(self):\n        pass\n"
    tests = write_rows(tmp_path / "t.jsonl", [{"task_id": task, "test": test} for task in mini_humaneval.right])
    known = ["--benchmark", "humaneval+", "--samples", samples]
    graded = coderm("grade", *known, "--out", "g.json", cwd=tmp_path)
    assert graded.stdout.startswith("pass@1 1.0000" if kind == "folder" else "pass@1 0.0000"), graded.stderr
    reranked = coderm("rerank", *known, "--tests", tests, "--out", "run", cwd=tmp_path)
    assert reranked.returncode == 0 and len(rows(tmp_path / "run" / "chosen.jsonl")) == 3, reranked.stderr
    server = ["--model", "m", "--base-url", "http://127.0.0.1:9/v1"]
    planned = coderm("write-tests", *known, *server, "--out", "w.jsonl", "--dry-run", cwd=tmp_path)
    assert planned.stdout.startswith("3 requests for 60 samples"), planned.stderr
