"""LiveCodeBench from its files to a submission: whole commands, on five invented problems and their neighbours."""

from __future__ import annotations

import json
import logging
import os
import pickle
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lm_eval
import pytest
import yaml
from click.testing import CliRunner, Result
from helpers.cli import CLI, rows, write_rows
from helpers.kept_workers import end_idle_workers
from helpers.livecodebench import rows as made
from helpers.other_hosts import granted
from helpers.processes import processes_with, soon
from helpers.replaying import replaying
from helpers.stores import verdicts_stored
from lm_eval.tasks import TaskManager

from coderm_eval.benchmarks import load_benchmark
from coderm_eval.benchmarks.livecodebench.settings import PAPER_SLICE
from coderm_eval.cli import main
from coderm_eval.generation.recorded.livecodebench_outputs import read_outputs
from coderm_eval.generation.recorded.readers import read_by_task
from coderm_eval.hosts.server.replay import RecordedAnswers
from coderm_eval.pipeline.settings import load_settings
from coderm_eval.report.run_directory import PROVENANCE
from coderm_eval.report.scores import ROWS

TIDE, BERTHS, PEAL = FUNCTIONAL = ("3101", "3102", "3103")
SUM, SHOUT = STDIN = ("abc350_a", "abc350_b")

BOTH = {"io": "both", "start_date": "2024-01-01", "end_date": "2024-10-05"}
"""The five problems: both kinds, of both sites; the first and the last are at these very midnights."""


def method(question: str, name: str, parameter: str, statement: str, cases: made.Cases, **columns: Any) -> Any:
    """A problem of the functional kind; the first case is public."""
    starter = f"class Solution:\n    def {name}(self, {parameter}):\n        "
    known: dict[str, Any] = {
        "question_content": statement,
        "starter_code": starter,
        "metadata": json.dumps({"func_name": name}),
    }
    return made.row(question, public=cases[:1], private=cases[1:], **known, **columns)


def program(question: str, statement: str, cases: made.Cases) -> dict[str, str]:
    """A problem of the stdin kind."""
    more: dict[str, Any] = {"platform": "atcoder", "date": "2024-04-20T00:00:00", "question_content": statement}
    return made.row(question, functional=False, public=cases[:1], private=cases[1:], **more)


ROWS_OF_FILE = [
    method(
        TIDE,
        "latest_tide",
        "tides: List[int]",
        "Find the latest of the tides, or 0 without any.",
        [("[3, 9]", "9"), ("[4, 2]", "4"), ("[]", "0")],
        date="2024-01-01T00:00:00",
    ),
    method(
        BERTHS,
        "berths",
        "boats: List[int]",
        "Each boat takes half its length, rounded up. List the berths.",
        [("[4, 7]", "[2, 4]"), ("[]", "[]"), ("[1]", "[1]")],
    ),
    method(
        PEAL,
        "peal",
        "bells: List[int]",
        "Ring the bells in reverse order.",
        [("[1, 2]", "[2, 1]"), ("[1, 3, 2]", "[2, 3, 1]")],
        date="2024-10-05T00:00:00",
    ),
    program(SUM, "Print the sum of the catches on the line.", [("1 2 3\n", "6\n"), ("7\n", "7\n")]),
    program(SHOUT, "Print each line in capitals.", [("ahoy\n", "AHOY\n"), ("a b\nc\n", "A B\nC\n")]),
    # A minute outside of the paper's dates, and another site's inside of them.
    method("3001", "early", "x: int", "Too early.", [("1", "1"), ("2", "2")], date="2023-12-31T23:59:00"),
    method("3301", "late", "x: int", "Too late.", [("1", "1"), ("2", "2")], date="2024-10-05T19:31:00"),
    method(
        *("1873_A", "elsewhere", "x: int", "Elsewhere.", [("1", "1"), ("2", "2")]),
        date="2024-10-05T12:00:00",
        platform="codeforces",
    ),
]


def solution(name: str, body: str, *others: str) -> str:
    return f"class Solution:\n    def {name}(self, given):\n        {body}\n" + "".join(others)


HALF = "\n    def half(self, length):\n        return -(-length // 2)\n"

UNIMPORTED = """\
class Solution:
    def latest_tide(self, tides: List[int]) -> int:
        return reduce(max, tides, 0)
"""
"""LiveCodeBench's grader gives every program these names; 42 % of real samples of leetcode's problems rely on that."""

PROGRAMS = {
    TIDE: [
        solution("latest_tide", "return given[0]"),
        solution("latest_tide", "return max(given, default=0)"),
        UNIMPORTED,
    ],
    BERTHS: [
        solution("berths", "return [boat // 2 for boat in given]"),
        solution("berths", "return [self.half(boat) for boat in given]", HALF),
        solution("berths", "return [(boat + 1) // 2 for boat in given]"),
    ],
    PEAL: [
        solution("peal", "return given[::-1]"),
        solution("peal", "return sorted(given, reverse=True)"),
        solution("peal", "given.reverse()"),
    ],
    SUM: [
        "print(len(input().split()))\n",
        "print(sum(map(int, input().split())))\n",
        "import sys\n\nif __name__ == '__main__':\n    print(sum(int(word) for word in sys.stdin.read().split()))\n",
    ],
    SHOUT: [
        "print(input().upper())\n",
        "import sys\n\nfor line in sys.stdin:\n    print(line.strip().upper())\n",
        "while True:\n    try:\n        print(input().upper())\n    except EOFError:\n        exit()\n",
    ],
}
"""Three samples a problem, the first of them wrong but for PEAL's: there it is the only right one."""

RIGHT = {TIDE: {1, 2}, BERTHS: {1, 2}, PEAL: {0}, SUM: {1, 2}, SHOUT: {1, 2}}

PICKS = {TIDE: 1, BERTHS: 1, PEAL: 1, SUM: 1, SHOUT: 1}

CHECKS = {
    TIDE: ["latest_tide([2, 6]), 6", "latest_tide([]), 0", "latest_tide([1, 5, 3]), 5"],
    BERTHS: ["berths([3]), [2]", "berths([5, 6]), [3, 3]", "berths([9, 9]), [5, 5]"],
    PEAL: ["peal([2, 3, 1]), [3, 2, 1]", "peal([1, 3, 2]), [3, 2, 1]", "peal([5, 4]), [5, 4]"],
    SUM: ["solve('4 5\\n'), '9\\n'", "solve('10\\n'), '10\\n'", "solve('1 1 1 1 9\\n'), '13\\n'"],
    SHOUT: [
        "solve('hey\\nho\\n'), 'HEY\\nHO\\n'",
        "solve('x\\ny\\n'), 'X\\nY\\n'",
        "solve('m\\n\\nn\\n'), 'M\\n\\nN\\n'",
    ],
}
"""What three generated tests of each problem compare. Those of PEAL are all mistaken: they want the bells sorted."""


def unit_test(check: str) -> str:
    body = f"    def test_it(self):\n        self.assertEqual({check})\n"
    return f"import unittest\n\nclass TestIt(unittest.TestCase):\n{body}"


TESTS = {task: [unit_test(check) for check in checks] for task, checks in CHECKS.items()}


def listed(column: str, values: Mapping[str, Sequence[str]], tasks: Sequence[str]) -> list[dict[str, str]]:
    return [{"task_id": task, column: value} for task in tasks for value in values[task]]


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the benchmark's file, to which the variable points, and with samples and tests of its problems."""
    folder = tmp_path_factory.mktemp("harbour")
    made.write(folder / "problems.jsonl", ROWS_OF_FILE)
    for name, tasks in (("", FUNCTIONAL), ("both-", FUNCTIONAL + STDIN)):
        write_rows(folder / f"{name}samples.jsonl", listed("solution", PROGRAMS, tasks))
        write_rows(folder / f"{name}tests.jsonl", listed("test", TESTS, tasks))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIVECODEBENCH_PATH", str(folder / "problems.jsonl"))
        yield folder


def command(*arguments: object) -> Result:
    """`coderm-eval`, to its end, in this process: to load it anew takes longer than most of these runs."""
    return CliRunner().invoke(main, [*map(str, arguments)])


def succeeded(*arguments: object) -> str:
    """What it says."""
    result = command(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: object) -> str:
    """The one sentence that it says, ending with exit code 2."""
    result = command(*arguments)
    assert result.exit_code == 2, (result.output, result.exception)
    (sentence,) = result.output.splitlines()
    assert sentence.startswith("coderm-eval: ")
    return sentence


def settings(folder: Path, livecodebench: Mapping[str, object], workers: int = 1) -> Path:
    """One worker by default: to start a second one costs more than these few programs take."""
    path = folder / "settings.yaml"
    given = {"livecodebench": dict(livecodebench), "execution": {"workers": workers}, "report": False}
    path.write_text(yaml.safe_dump(given))
    return path


def reranking(harbour: Path, out: Path, *more: object, samples: str = "samples.jsonl") -> list[object]:
    files = ["--samples", harbour / samples, "--tests", harbour / samples.replace("samples", "tests")]
    return ["rerank", "--benchmark", "livecodebench", *files, "--out", out, *more]


def summary(run: Path) -> Any:
    return json.loads((run / "summary.json").read_text())


def final(run: Path) -> dict[str, bytes]:
    """The run's files without the one that names the command; of the summary all but what a clock said."""
    found = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file() and path.name != PROVENANCE}
    numbers = summary(run)
    del numbers["seconds"]
    return {**found, "summary.json": json.dumps(numbers).encode()}


def picks(run: Path) -> dict[str, int]:
    return {row["task_id"]: row["selections"]["evidence"]["chosen"] for row in rows(run / "verdicts.jsonl")}


def verdicts(run: Path) -> dict[str, list[str]]:
    """By task; a string for each candidate, a letter for each test."""
    return {row["task_id"]: row["verdicts"] for row in rows(run / "verdicts.jsonl")}


def graded_right(run: Path) -> dict[str, set[int]]:
    """The samples that the benchmark's own tests pass, by task."""
    return {
        row["task_id"]: {n for grade in row["grades"] if grade["tests"] == "pass" for n in grade["samples"]}
        for row in rows(run / "grades.jsonl")
    }


@pytest.fixture(scope="module")
def finished(harbour: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run directory of the plainest command, without any settings."""
    out = tmp_path_factory.mktemp("finished") / "run"
    assert "|livecodebench_coderm|" in succeeded(*reranking(harbour, out, "--grade"))
    return out


# What is asked, and what comes out of it


def test_by_default_only_the_papers_problems_are_asked(finished: Path) -> None:
    assert [row["task_id"] for row in rows(finished / "chosen.jsonl")] == list(FUNCTIONAL)


def test_the_chosen_programs_are_as_they_were_sampled(finished: Path) -> None:
    chosen = {row["task_id"]: row["solution"] for row in rows(finished / "chosen.jsonl")}
    assert chosen == {task: PROGRAMS[task][PICKS[task]] for task in FUNCTIONAL}


def test_the_summary_says_which_problems_of_which_files_these_were(finished: Path) -> None:
    found = summary(finished)
    assert (found["benchmark"], found["n_problems"], found["n_candidates"]) == ("livecodebench", 3, 3)
    papers = {**PAPER_SLICE, "timeout_s": 6.0, "method_format": "default"}
    assert papers.items() <= found["settings"]["livecodebench"].items()
    assert found["dataset_sha256"] == load_benchmark("livecodebench").dataset_sha256


def test_the_grades_are_the_benchmarks_and_not_the_generated_tests(finished: Path) -> None:
    """The bells: all tests are for a wrong program, and it is picked; it stays wrong."""
    assert graded_right(finished) == {task: RIGHT[task] for task in FUNCTIONAL}
    assert picks(finished)[PEAL] not in RIGHT[PEAL]
    assert {row["task_id"] for row in rows(finished / "misleading_tests.jsonl")} == {PEAL}


def test_right_programs_win_where_tests_are_right(finished: Path) -> None:
    assert all(picks(finished)[task] in RIGHT[task] for task in (TIDE, BERTHS))
    found = {row: value["value"] for row, value in summary(finished)["pass@1"].items()}
    assert found == pytest.approx(
        {"random": 5 / 9, "first": 1 / 3, "majority": 2 / 3, "coderm": 2 / 3, "oracle": 1}, abs=1e-6
    )


@pytest.fixture(scope="module")
def both(harbour: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of both kinds."""
    folder = tmp_path_factory.mktemp("both")
    config = settings(folder, {**BOTH, "timeout_s": 1})
    succeeded(*reranking(harbour, folder / "run", "--grade", "--config", config, samples="both-samples.jsonl"))
    return folder / "run"


def test_whole_programs_are_reranked_by_tests_of_what_they_print(both: Path) -> None:
    assert picks(both) == PICKS
    assert graded_right(both) == RIGHT
    chosen = {row["task_id"]: row["solution"] for row in rows(both / "chosen.jsonl")}
    assert {task: chosen[task] for task in STDIN} == {task: PROGRAMS[task][PICKS[task]] for task in STDIN}
    assert {task: verdicts(both)[task] for task in STDIN} == {task: ["FFF", "PPP", "PPP"] for task in STDIN}


def test_a_kind_alone_takes_all_problems_of_that_kind(harbour: Path, tmp_path: Path) -> None:
    """Of other sites, too: with any choice the paper's is given up."""
    config = settings(tmp_path, {"io": "stdin", "timeout_s": 1})
    samples = write_rows(tmp_path / "samples.jsonl", listed("solution", PROGRAMS, STDIN))
    grading = ["grade", "--benchmark", "livecodebench", "--samples", samples, "--config", config]
    said = succeeded(*grading, "--out", tmp_path / "r.json")
    assert said == "pass@1 0.6667 ± 0.0000  (6 samples of 2 tasks)\n"


def test_dates_in_yaml_need_no_quotes(harbour: Path, tmp_path: Path) -> None:
    """YAML reads 2024-04-01 as a date; it is how a date is written there."""
    config = tmp_path / "settings.yaml"
    config.write_text("livecodebench: {start_date: 2024-04-01, end_date: 2024-04-30, timeout_s: 1}\n")
    samples = write_rows(tmp_path / "samples.jsonl", listed("solution", PROGRAMS, STDIN))
    grading = ["grade", "--benchmark", "livecodebench", "--samples", samples, "--config", config]
    assert "(6 samples of 2 tasks)" in succeeded(*grading, "--out", tmp_path / "r.json")


# The same programs in the files of LiveCodeBench's own runner


def as_custom_output(path: Path) -> None:
    entries = [{"question_id": task, "code_list": PROGRAMS[task]} for task in reversed(FUNCTIONAL)]
    path.write_text(json.dumps(entries))


def as_eval_all(path: Path) -> None:
    """As the runner writes it, with grades of its own, which are not looked at, and with answers in words."""
    rows_of = {row["question_id"]: row for row in ROWS_OF_FILE}
    entries = [
        {key: rows_of[task][key] for key in ("question_title", "question_content", "platform", "question_id")}
        | {"output_list": [f"Sure:\n```python\n{text}```" for text in PROGRAMS[task]], "code_list": PROGRAMS[task]}
        | {"graded_list": [True, False, False], "pass@1": 1 / 3, "metadata": ["{}"] * 3}
        for task in FUNCTIONAL
    ]
    path.write_text(json.dumps(entries, indent=4))


OFFICIAL = [
    ("mine.json", as_custom_output),
    ("Scenario.codegeneration_3_0.8_eval_all.json", as_eval_all),
]


@pytest.mark.parametrize(("name", "write"), OFFICIAL, ids=["custom output", "eval_all"])
def test_the_runners_own_files_give_the_same_run(
    harbour: Path, finished: Path, tmp_path: Path, name: str, write: Any
) -> None:
    write(tmp_path / name)
    shutil.copytree(finished / "store", tmp_path / "run" / "store")
    files = ["--samples", tmp_path / name, "--tests", harbour / "tests.jsonl", "--out", tmp_path / "run"]
    succeeded("rerank", "--benchmark", "livecodebench", *files, "--grade")
    assert final(tmp_path / "run") == final(finished)


# Runs that are repeated, killed, and run in another way


def test_the_number_of_workers_changes_no_byte(harbour: Path, finished: Path, tmp_path: Path) -> None:
    config = settings(tmp_path, {}, workers=2)
    succeeded(*reranking(harbour, tmp_path / "run", "--grade", "--config", config))
    assert final(tmp_path / "run") == final(finished)


def test_a_killed_run_leaves_no_process_and_resumes_to_the_same_files(
    harbour: Path, finished: Path, tmp_path: Path
) -> None:
    run, scratch = tmp_path / "run", tmp_path / "scratch"
    scratch.mkdir()
    same = reranking(harbour, run, "--grade", "--config", settings(tmp_path, {}))
    process = subprocess.Popen(
        [*CLI, *map(str, same)],
        env={**os.environ, "TMPDIR": str(scratch)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert soon(lambda: verdicts_stored(run / "store") > 0)
    at_work = processes_with(f"TMPDIR={scratch}")
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (run / "summary.json").exists()
    assert at_work - {process.pid}
    assert soon(lambda: not processes_with(f"TMPDIR={scratch}"))
    succeeded(*same)
    assert final(run) == final(finished)


@pytest.fixture(scope="module")
def paper(harbour: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with methods turned into functions as the paper's authors did it."""
    folder = tmp_path_factory.mktemp("paper")
    config = settings(folder, {"method_format": "paper"})
    succeeded(*reranking(harbour, folder / "run", "--grade", "--config", config))
    return folder / "run"


def test_method_as_function_breaks_calls_between_methods_but_no_grade(finished: Path, paper: Path) -> None:
    assert (verdicts(finished)[BERTHS], picks(finished)[BERTHS]) == (["FFF", "PPP", "PPP"], 1)
    assert (verdicts(paper)[BERTHS], picks(paper)[BERTHS]) == (["FFF", "FFF", "PPP"], 2)
    assert graded_right(paper) == graded_right(finished)


def test_the_papers_functions_break_nothing_else(finished: Path, paper: Path) -> None:
    """Of the 168 programs in the paper's own test prompts 115 use List, and none imports it."""
    assert verdicts(paper) == {**verdicts(finished), BERTHS: ["FFF", "FFF", "PPP"]}


# Grades of hostile programs

HOSTILE = {
    "loops": "while True: pass",
    "kills its parent": "import os; os.kill(os.getppid(), 9)",
    "leaves by os._exit": "import os; os._exit(0)",
    "prints without end": "while True: print('ahoy' * 1000)",
    "takes 8 GB": "hold = bytearray(8 << 30)",
    "forks and sleeps": "import os, time; os.fork(); time.sleep(1000)",
}
"""What a program does before it answers; the answer would be right."""


@dataclass(frozen=True)
class Graded:
    statuses: dict[str, dict[str, str]]
    """By task, then by the program's name: right, wrong, or one of HOSTILE."""
    scratch: Path
    """Where the executor keeps its files."""


@pytest.fixture(scope="module")
def graded(harbour: Path, tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """All hostile programs as a method and as a whole program, and a right one and a wrong one beside them."""
    folder = tmp_path_factory.mktemp("hostile")
    scratch = folder / "scratch"
    scratch.mkdir()
    # Without namespaces a program can end the worker that runs it, and then is not graded.
    tricks = {name: trick for name, trick in HOSTILE.items() if "kills" not in name or "namespaces" in granted()}
    first = {task: {"wrong": PROGRAMS[task][0], "right": PROGRAMS[task][1]} for task in (TIDE, SUM)}
    programs = {
        TIDE: first[TIDE]
        | {name: solution("latest_tide", f"{t}\n        return max(given, default=0)") for name, t in tricks.items()},
        SUM: first[SUM] | {name: f"{t}\nprint(sum(map(int, input().split())))\n" for name, t in tricks.items()},
    }
    values = {task: list(named.values()) for task, named in programs.items()}
    samples = write_rows(folder / "samples.jsonl", listed("solution", values, [TIDE, SUM]))
    config = settings(folder, {**BOTH, "timeout_s": 0.5}, workers=2)
    arguments = ["--samples", samples, "--config", config, "--out", folder / "results.json", "--allow-partial"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(scratch))
        said = succeeded("grade", "--benchmark", "livecodebench", *arguments)
        end_idle_workers()
    assert said.startswith(f"pass@1 {1 / len(programs[TIDE]):.4f} ")  # the right one alone
    found = json.loads((folder / "results.json").read_text())["eval"]
    assert {task: [row["solution"] for row in found[task]] for task in found} == values
    statuses = {
        task: {name: row["tests_status"] for name, row in zip(named, found[task], strict=True)}
        for task, named in programs.items()
    }
    return Graded(statuses, scratch)


@pytest.mark.parametrize("task", [TIDE, SUM], ids=["method", "program"])
def test_a_right_program_passes_and_a_wrong_one_fails_beside_hostile_ones(graded: Graded, task: str) -> None:
    assert {name: graded.statuses[task][name] for name in ("right", "wrong")} == {"right": "pass", "wrong": "fail"}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("task", [TIDE, SUM], ids=["method", "program"])
def test_a_hostile_program_fails_or_times_out(graded: Graded, task: str, name: str) -> None:
    if name not in graded.statuses[task]:
        pytest.skip("this host grants no namespaces")
    assert graded.statuses[task][name] in ({"timeout"} if name == "loops" else {"fail", "timeout"})


def test_hostile_programs_leave_nothing_behind(graded: Graded) -> None:
    assert soon(lambda: not processes_with(f"TMPDIR={graded.scratch}"))
    assert list(graded.scratch.iterdir()) == []


# Models at a server


@pytest.fixture(scope="module")
def requests() -> list[dict[str, Any]]:
    """All that the replay server is asked."""
    return []


@pytest.fixture(scope="module")
def server(harbour: Path, requests: list[dict[str, Any]]) -> Iterator[str]:
    """One that plays policy and test writer of the five problems."""
    settings = load_settings({"livecodebench": BOTH}, source="test")
    problems = load_benchmark("livecodebench", settings.livecodebench).problems
    with replaying(RecordedAnswers(problems, PROGRAMS, TESTS), requests) as address:
        yield f"http://{address}/v1"


POLICY_MESSAGE = """\
You are an expert Python programmer. You will be given a question (problem specification) and will generate a correct \
Python program that matches the specification and passes all tests. You will NOT return anything except for the program.

### Question:
Each boat takes half its length, rounded up. List the berths.

### Format: You will use the following starter code to write the solution to the problem and enclose your code within \
delimiters.
```python
class Solution:
    def berths(self, boats: List[int]):
        \n```

### Answer: (use the provided format with backticks)
"""

TEST_MESSAGE = """\
Below is a question and it's corresponding code answer. Please write test cases to check the correctness of the code \
answer. You need to use the unittest library in Python and create a test class for testing.

### question
Each boat takes half its length, rounded up. List the berths.

Format: You will use the following starter code to write the solution to the problem:
def berths(boats: List[int]):

### code solution
def berths(given):
    return [boat // 2 for boat in given]

Please add detailed comments to the test cases you write. You do not need to test the function's ability to throw \
exceptions.
"""


def test_both_models_get_the_papers_prompts_and_their_answers_are_kept(
    server: str, requests: list[dict[str, Any]], tmp_path: Path
) -> None:
    shared = ["--benchmark", "livecodebench", "--model", "recorded", "--base-url", server]
    samples, tests = tmp_path / "samples.jsonl", tmp_path / "tests.jsonl"
    before = len(requests)
    succeeded("solutions", *shared, "--n", 3, "--out", samples)
    asked = len(requests)
    succeeded("tests", *shared, "--samples", samples, "--num", 3, "--out", tests)
    assert POLICY_MESSAGE in {body["messages"][-1]["content"] for body in requests[before:asked]}
    assert TEST_MESSAGE in {body["messages"][-1]["content"] for body in requests[asked:]}
    assert read_by_task(samples, "solution") == {task: PROGRAMS[task] for task in FUNCTIONAL}
    assert read_by_task(tests, "test") == {task: TESTS[task] for task in FUNCTIONAL}


def test_lm_eval_and_rerank_agree_on_rows_and_files(
    both: Path, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # What lm-eval finds out about the machine, with torch and pip, takes longer than all the rest.
    monkeypatch.setattr("lm_eval.evaluator.add_env_info", lambda results: None)
    model_args = {"model": "P", "base_url": f"{server}/chat/completions", "num_concurrent": 4}
    writer = {"base_url": server, "model": "recorded", "num": 3}
    coderm_settings = {
        **{"n": 3, "tests": writer, "livecodebench": {**BOTH, "timeout_s": 1}},
        "execution": {"workers": 1},
    }
    results = lm_eval.simple_evaluate(
        tasks=["livecodebench_coderm"],
        model="local-chat-completions",
        model_args=model_args,
        apply_chat_template=True,
        confirm_run_unsafe_code=True,
        bootstrap_iters=0,
        torch_random_seed=None,
        # The folder of our own tasks alone: to index lm-eval's 14,000 takes ten seconds.
        task_manager=TaskManager(
            include_path=str(Path(lm_eval.__file__).parent / "tasks" / "coderm"),
            include_defaults=False,
            metadata={**model_args, "coderm": coderm_settings},
        ),
    )
    assert results is not None
    through_lm_eval = {row: results["results"]["livecodebench_coderm"][f"pass@1,{row}"] for row in ROWS}
    alone = {row: summary(both)["pass@1"][row]["value"] for row in ROWS}
    assert through_lm_eval == pytest.approx(alone, abs=1e-6)
    assert len(set(alone.values())) > 2
    (run,) = Path("coderm-runs").glob("livecodebench_coderm-*")
    for name in ("samples.jsonl", "tests.jsonl", "chosen.jsonl", "grades.jsonl"):
        assert (run / name).read_bytes() == (both / name).read_bytes()


# What the leaderboard is sent

NAME = "P + T Bo3 (N=1)"
TO = ("--to", "livecodebench")


@pytest.fixture(scope="module")
def exported(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("exported")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.getLogger(), "handlers", [])  # pytest's, beside which the command adds none of its own
        return command("export", finished, *TO, "--out", folder / "sub", "--name", NAME)


def written(exported: Result) -> tuple[Path, Path]:
    """The two files that it says it wrote."""
    assert exported.exit_code == 0, exported.output
    custom, eval_all = map(Path, exported.stdout.splitlines())
    return custom, eval_all


def test_a_graded_run_is_exported_under_the_leaderboards_file_names(
    exported: Result,
) -> None:
    custom, eval_all = written(exported)
    sub = custom.parent
    assert (custom.name, sub.name) == ("custom_output.json", "sub")
    assert eval_all == sub / NAME / "Scenario.codegeneration_1_0.8_eval_all.json"
    assert {path for path in sub.rglob("*") if path.is_file()} == {custom, eval_all}


def test_both_files_hold_the_picks_one_program_each(exported: Result, finished: Path) -> None:
    chosen = {row["task_id"]: [row["solution"]] for row in rows(finished / "chosen.jsonl")}
    for path in written(exported):
        assert read_outputs(path) == chosen
        assert list(read_outputs(path)) == sorted(chosen)


def test_the_leaderboards_file_says_of_each_pick_whether_it_is_right(
    exported: Result,
) -> None:
    entries = json.loads(written(exported)[1].read_text())
    assert {entry["question_id"]: (entry["pass@1"], entry["graded_list"]) for entry in entries} == {
        TIDE: (1.0, [True]),
        BERTHS: (1.0, [True]),
        PEAL: (0.0, [False]),
    }
    assert {entry["contest_date"] for entry in entries} >= {"2024-01-01T00:00:00", "2024-10-05T00:00:00"}


def test_a_run_of_a_part_of_the_release_is_said_to_be_skipped(exported: Result) -> None:
    line = exported.stderr.splitlines()[-1]
    assert line.startswith("coderm-eval: the file has 3 problems, and LiveCodeBench's leaderboard skips every file ")
    assert "exactly 1055;" in line


def test_the_board_is_said_to_admit_no_best_of_n(exported: Result) -> None:
    first, temperature, _ = exported.stderr.splitlines()
    assert "none that were selected among many (LiveCodeBench issue 88)" in first
    assert "the file's name says 0.8; give --temperature" in temperature


def test_no_statement_gets_into_a_database(finished: Path, tmp_path: Path) -> None:
    """They have no licence; their ids say enough."""
    values = ("policy.model=org/P", "organization=Us", "relationship=other")
    flags = ["--to", "every-eval-ever", "--name", NAME, *(word for value in values for word in ("--set", value))]
    files = succeeded("export", finished, "--out", tmp_path / "sub", *flags).splitlines()[-2:]
    lines = rows(Path(files[1]))
    assert {line["sample_id"]: line["input"]["raw"] for line in lines} == {
        task: f"livecodebench: {task}" for task in (TIDE, BERTHS, PEAL)
    }
    assert "latest of the tides" not in "".join(Path(file).read_text() for file in files)


@pytest.mark.parametrize("lost", [0, 1])
def test_another_runs_files_are_replaced_only_on_demand(
    exported: Result, finished: Path, tmp_path: Path, lost: int
) -> None:
    """The same run may be exported again."""
    shutil.copytree(written(exported)[0].parent, tmp_path / "sub")
    files = [tmp_path / "sub" / path.relative_to(written(exported)[0].parent) for path in written(exported)]
    contents = [path.read_text() for path in files]
    again = ["export", finished, *TO, "--out", tmp_path / "sub", "--name", NAME]
    succeeded(*again)
    files[lost].write_text("of another run")
    assert f"{files[lost]}: another file is there, and would be lost; give another --out, or --ov" in refused(*again)
    assert (files[lost].read_text(), files[1 - lost].read_text()) == ("of another run", contents[1 - lost])
    succeeded(*again, "--overwrite")
    assert [path.read_text() for path in files] == contents


def exporting(run: Path) -> list[object]:
    return ["export", run, *TO, "--out", run.parent / "sub", "--name", NAME]


NO_GRADED_RUN = [
    (None, "run: no finished run is in this folder (it has no summary.json)"),
    (
        '{"benchmark": "humaneval+"}',
        "run: a run of humaneval+; only those of livecodebench can be exported to livecodebench",
    ),
    ("[", "run/summary.json: not what `coderm-eval rerank` wrote: '['"),
]


@pytest.mark.parametrize(("content", "said"), NO_GRADED_RUN)
def test_only_run_directories_of_livecodebench_are_exported(tmp_path: Path, content: str | None, said: str) -> None:
    (tmp_path / "run").mkdir()
    if content is not None:
        (tmp_path / "run" / "summary.json").write_text(content)
    assert said in refused(*exporting(tmp_path / "run"))
    assert not (tmp_path / "sub").exists()


def test_an_ungraded_run_is_not_exported(harbour: Path, finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished / "store", tmp_path / "run" / "store")
    succeeded(*reranking(harbour, tmp_path / "run"))
    assert "--grade" in refused(*exporting(tmp_path / "run"))
    assert not (tmp_path / "sub").exists()


def test_a_run_repeated_without_grades_is_not_exported_with_old_ones(
    harbour: Path, finished: Path, tmp_path: Path
) -> None:
    """Its samples stand in another order, so the old grades are those of other programs."""
    shutil.copytree(finished, tmp_path / "run")
    turned = {task: PROGRAMS[task][::-1] for task in FUNCTIONAL}
    samples = write_rows(tmp_path / "samples.jsonl", listed("solution", turned, FUNCTIONAL))
    files = ["--samples", samples, "--tests", harbour / "tests.jsonl", "--out", tmp_path / "run", "--overwrite"]
    succeeded("rerank", "--benchmark", "livecodebench", *files)
    assert "--grade" in refused(*exporting(tmp_path / "run"))


def test_a_run_of_files_that_have_changed_since_is_not_exported(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(finished, tmp_path / "run")
    first, *others = ROWS_OF_FILE
    changed = {**first, "private_test_cases": made.encode([("[8]", "8")])}
    monkeypatch.setenv("LIVECODEBENCH_PATH", str(made.write(tmp_path / "changed.jsonl", [changed, *others])))
    sentence = refused(*exporting(tmp_path / "run"))
    assert (
        "the data of livecodebench on this machine is not that of this run" in sentence
        and "LIVECODEBENCH_PATH" in sentence
    )
    assert not (tmp_path / "sub").exists()


# Mistakes: (what is in the settings, what the sentence must say)

MISTAKES: list[tuple[dict[str, object], list[str]]] = [
    (
        {"start_date": "2030-01-01"},
        ["problems.jsonl: no problem has start_date 2030-01-01;", "from 2023-12-31T23:59:00 to 2024-10-05T19:31:00"],
    ),
    ({"platform": "atcoder", "io": "functional"}, ["no problem has platform atcoder and io functional"]),
    ({"release": "release_v9"}, ["LiveCodeBench has no release 'release_v9'; did you mean 'release_v"]),
    ({"start_date": "last spring"}, ["start_date is 'last spring', not a date; write it as 2024-01-01"]),
    ({"io": "methods"}, ["livecodebench.io is 'methods'"]),
    ({"platfrom": "leetcode"}, ["unknown setting 'livecodebench.platfrom'; did you mean 'platform'?"]),
    ({**BOTH}, ["samples.jsonl: nothing for 2 of its tasks (abc350_a, abc350_b)", "--allow-partial"]),
    ({"io": "stdin"}, ["3 task ids that livecodebench does not have (3101, 3102, 3103)", "--allow-partial"]),
]


@pytest.mark.parametrize(("given", "said"), MISTAKES, ids=[str(given) for given, _ in MISTAKES])
def test_a_mistake_in_what_is_chosen_is_one_sentence(
    harbour: Path, tmp_path: Path, given: dict[str, object], said: list[str]
) -> None:
    sentence = refused(*reranking(harbour, tmp_path / "run", "--config", settings(tmp_path, given)))
    assert all(part in sentence for part in said), sentence
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("place", ["nothing", "nothing.jsonl", "empty"])
def test_a_variable_that_points_to_no_problems_is_named(
    harbour: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("LIVECODEBENCH_PATH", str(tmp_path / place))
    sentence = refused(*reranking(harbour, tmp_path / "run"))
    assert sentence.startswith("coderm-eval: LIVECODEBENCH_PATH: ") and str(tmp_path / place) in sentence


class Hostile:
    """Unpickled, it leaves a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (f"touch {self.path}",)


UNREADABLE: list[tuple[str, Callable[[Path], str]]] = [
    ("no base64", lambda path: "{}"),
    ("damaged", lambda path: made.encode([("[1]", "1")])[:-20]),
    ("no case at all", lambda path: made.encode([])),
    ("a pickle that runs a command", lambda path: made.packed(pickle.dumps(Hostile(path)))),
]


@pytest.mark.parametrize(("what", "column"), UNREADABLE, ids=[what for what, _ in UNREADABLE])
def test_tests_that_cannot_be_read_are_named_and_nothing_in_them_is_run(
    harbour: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, column: Callable[[Path], str]
) -> None:
    trace = tmp_path / "trace"
    damaged = {**ROWS_OF_FILE[1], "private_test_cases": column(trace)}
    path = made.write(tmp_path / "damaged.jsonl", [ROWS_OF_FILE[0], damaged, *ROWS_OF_FILE[2:]])
    monkeypatch.setenv("LIVECODEBENCH_PATH", str(path))
    arguments = ["--samples", harbour / "samples.jsonl", "--out", tmp_path / "results.json"]
    sentence = refused("grade", "--benchmark", "livecodebench", *arguments)
    assert sentence.startswith(f"coderm-eval: {path}:2: private_test_cases of question '{BERTHS}' cannot be decoded (")
    assert not trace.exists() and not (tmp_path / "results.json").exists()
