"""The files of LiveCodeBench's own runner and leaderboard: what is read, what is written, what is refused."""

from __future__ import annotations

import gzip
import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import said
from helpers.livecodebench.rows import row, write
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.benchmarks.livecodebench.dataset import read_rows
from coderm_eval.benchmarks.livecodebench.problem_filter import ProblemFilter
from coderm_eval.benchmarks.livecodebench.rows import Row
from coderm_eval.core.errors import IncompleteRunError, InputError, SettingsError
from coderm_eval.core.records import Grade
from coderm_eval.generation.recorded.livecodebench_outputs import read_outputs
from coderm_eval.report.exporters.livecodebench_files import (
    check_complete,
    custom_output_text,
    eval_all_text,
    leaderboard_file,
)

IDS = ["abc301_a", "3000", "999", "1873_A"]
SORTED = ["1873_A", "3000", "999", "abc301_a"]

PROGRAMS = {question: [f"print('{question}')\n", "é = 1  # № \ud800"] for question in IDS}

RIGHT, WRONG, LATE = (Grade({"tests": status}) for status in ("pass", "fail", "timeout"))
GRADES = {"abc301_a": [RIGHT, RIGHT], "3000": [RIGHT, WRONG], "999": [LATE, RIGHT], "1873_A": [WRONG, LATE]}


@pytest.fixture
def problems(tmp_path: Path) -> list[Row]:
    """One row for each of IDS, of three platforms, and one more."""
    columns = [
        row("abc301_a", functional=False, platform="atcoder", date="2023-05-13"),
        row("3000", difficulty="hard", question_title="latest-tide é"),
        row("999"),
        row("1873_A", functional=False, platform="codeforces", date="2023-08-21T00:00:00"),
        row("4000"),
    ]
    return read_rows([write(tmp_path / "rows.jsonl", columns)], ProblemFilter())


def entry(question: object, *programs: object, **more: object) -> dict[str, object]:
    return {"question_id": question, "code_list": list(programs), **more}


def saved(path: Path, content: object) -> Path:
    data = json.dumps(content).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def loaded(path: Path) -> Any:
    """As the runner and the leaderboard open their files, on a machine that prefers ASCII."""
    return json.loads(path.read_text(encoding="ascii"))


# What is read


@pytest.mark.parametrize("name", ["mine.json", "mine.json.gz", "Scenario.codegeneration_2_0.2_eval_all.json", "mine"])
def test_programs_are_read_by_question_in_file_order(tmp_path: Path, name: str) -> None:
    path = saved(tmp_path / name, [entry(question, *programs) for question, programs in PROGRAMS.items()])
    assert read_outputs(path) == PROGRAMS
    assert list(read_outputs(path)) == IDS


def test_further_keys_are_ignored(tmp_path: Path) -> None:
    more = {"output_list": ["```\nx\n```"], "graded_list": [False], "pass@1": 0.0, "metadata": None}
    assert read_outputs(saved(tmp_path / "x.json", [entry("7", "x", **more)])) == {"7": ["x"]}


def test_a_question_id_may_be_a_number(tmp_path: Path) -> None:
    assert read_outputs(saved(tmp_path / "x.json", [entry(2727, "x"), entry("abc", "y")])) == {
        "2727": ["x"],
        "abc": ["y"],
    }


def test_questions_may_have_different_numbers_of_programs_and_empty_ones(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.json", [entry("7", "x", "", "x"), entry("8", "")])
    assert read_outputs(path) == {"7": ["x", "", "x"], "8": [""]}


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps([entry("7", "é")], ensure_ascii=False), encoding="utf-8-sig")
    assert read_outputs(path) == {"7": ["é"]}


# What is refused

NOT_JSON = [
    b"",
    b"hello",
    b"[{'question_id': '7', 'code_list': ['x']}]",
    b'{"question_id": "7", "code_list": ["x"]}\n{"question_id": "8", "code_list": ["x"]}\n',
    b'[{"question_id": "7", "code_list": ["x"',
    b"[" * 100_000,
]

NO_LIST = [{}, entry("7", "x"), {"7": ["x"]}, None, 3, "x", []]

BAD_ENTRIES: list[tuple[object, str]] = [
    (["x", "y"], """has no question id, only a list: '["x", "y"]'; write each entry as {"question_id": """),
    ([], "has no question id, only a list: '[]'; write each entry as"),
    (None, "has no question_id or no code_list: 'null'; expected {"),
    ("x", """has no question_id or no code_list: '"x"'; expected {"""),
    ({}, "has no question_id or no code_list: '{}'; expected {"),
    ({"question_id": "7"}, """has no question_id or no code_list: '{"question_id": "7"}'; expected"""),
    ({"code_list": ["é"]}, """has no question_id or no code_list: '{"code_list": ["é"]}'; expected"""),
    (
        {"task_id": "7", "solution": "x"},
        """: '{"task_id": "7", "solution": "x"}'; write a line for each entry, as `jq -c '.[]'`""",
    ),
    (
        "def f(): ...",
        """expected {"question_id": "...", "code_list": ["...", "..."]}, or in place of the list {"task_id": """,
    ),
    (
        {"pass@1": 0.5, "detail": {"pass@1": {str(n): 0.5 for n in range(9)}}},
        """: {"0": 0.5, "1": 0.5,...'; expected""",
    ),
    (entry(None, "x"), ": question_id is 'null'; expected a text or a whole number"),
    (entry(True, "x"), ": question_id is 'true'; expected a text or a whole number"),
    (entry(7.0, "x"), ": question_id is '7.0'; expected a text or a whole number"),
    (entry(["7"], "x"), """: question_id is '["7"]'; expected a text or a whole number"""),
    (entry("7"), ": code_list of question '7' is '[]'; expected a list of one text or more"),
    (entry(7, "x", None), """: code_list of question 7 is '["x", null]'; expected a list of one text or more"""),
    (entry("7", ["x"]), """: code_list of question '7' is '[["x"]]'; expected"""),
    ({"question_id": "7", "code_list": "x"}, """: code_list of question '7' is '"x"'; expected"""),
    ({"question_id": "7", "code_list": {"x": 1}}, """: code_list of question '7' is '{"x": 1}'; expected"""),
    ({"question_id": "7", "code_list": None}, ": code_list of question '7' is 'null'; expected"),
]


def refusal(path: Path) -> str:
    message = said(InputError, read_outputs, path)
    assert message.startswith(f"{path}: ") and len(message) < len(str(path)) + 300
    return message


@pytest.mark.parametrize("content", NOT_JSON, ids=range(len(NOT_JSON)))
def test_a_file_that_is_not_json_is_shown(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    message = refusal(path)
    assert ": not JSON (" in message
    assert message.endswith("""; expected [{"question_id": "...", "code_list": ["...", "..."]}, ...]""")


def test_json_lines_are_told_from_json(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(NOT_JSON[3])
    assert "not JSON (Extra data: line 2 column 1" in refusal(path)


@pytest.mark.parametrize("content", NO_LIST, ids=str)
def test_a_file_without_a_list_of_entries_is_shown(tmp_path: Path, content: object) -> None:
    message = refusal(saved(tmp_path / "x.json", content))
    assert f": no list with an entry for each question: {json.dumps(content)!r}; expected [" in message


@pytest.mark.parametrize(("bad", "words"), BAD_ENTRIES, ids=range(len(BAD_ENTRIES)))
def test_an_entry_that_cannot_be_used_is_numbered_and_shown(tmp_path: Path, bad: object, words: str) -> None:
    message = refusal(saved(tmp_path / "x.json", [entry("6", "x"), bad, entry("8", "x")]))
    assert message.startswith(f"{tmp_path / 'x.json'}: entry 2") and words in message


def test_lists_without_ids_are_refused_with_what_to_write(tmp_path: Path) -> None:
    """The runner takes these, by order alone; a problem left out would shift all that follow."""
    assert refusal(saved(tmp_path / "x.json", [["a", "b"], ["c", "d"]])) == (
        f"{tmp_path / 'x.json'}: entry 1 has no question id, only a list: "
        """'["a", "b"]'; write each entry as {"question_id": "...", "code_list": ["...", "..."]}"""
    )


@pytest.mark.parametrize("again", ["7", 7])
def test_a_question_that_is_there_twice_is_named_with_both_entries(tmp_path: Path, again: object) -> None:
    path = saved(tmp_path / "x.json", [entry("6", "x"), entry("7", "x"), entry("8", "x"), entry(again, "y")])
    assert refusal(path) == f"{path}: entry 4 has question '7', as entry 2 has; leave one of them out"


@pytest.mark.parametrize(
    ("name", "problem"), [("gone.json", "no such file"), ("gone.json.gz", "no such file"), ("folder", "a folder")]
)
def test_a_file_that_is_not_there_is_named(tmp_path: Path, name: str, problem: str) -> None:
    (tmp_path / "folder").mkdir()
    assert problem in refusal(tmp_path / name)


@pytest.mark.parametrize(
    "content", [gzip.compress(b"[]" * 9)[:-9], gzip.compress(b"[]")[:10] + b"\xff" * 20], ids=["cut", "damaged"]
)
def test_a_damaged_gzip_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.json.gz").write_bytes(content)
    assert ": cannot be read (" in refusal(tmp_path / "x.json.gz")


# What the custom evaluator is given


def test_the_custom_evaluator_gets_what_it_checks(tmp_path: Path) -> None:
    """It wants a list with an entry for each problem, and equally many programs in each."""
    written = json.loads(custom_output_text(tmp_path / "mine.json", PROGRAMS))
    assert isinstance(written, list) and len(written) == len(PROGRAMS)
    assert all(list(item) == ["question_id", "code_list"] for item in written)
    assert {len(item["code_list"]) for item in written} == {2}


def test_entries_are_in_the_order_of_the_runners_problems(tmp_path: Path) -> None:
    written = json.loads(custom_output_text(tmp_path / "mine.json", PROGRAMS))
    assert [item["question_id"] for item in written] == SORTED == sorted(IDS)


TEXT = st.text(st.characters() | st.sampled_from("\ud800\udfff"))


@given(
    st.integers(1, 3).flatmap(
        lambda n: st.dictionaries(TEXT, st.lists(TEXT, min_size=n, max_size=n), min_size=1, max_size=4)
    )
)
def test_what_is_written_is_read(programs: dict[str, list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mine.json")
        path.write_text(custom_output_text(path, programs))
        found = read_outputs(path)
    assert found == programs and list(found) == sorted(programs)


@pytest.mark.parametrize("name", ["mine.json.gz", "mine.jsonl", "mine"])
def test_a_name_that_the_runner_would_cut_is_refused(tmp_path: Path, name: str) -> None:
    assert said(InputError, custom_output_text, tmp_path / name, PROGRAMS) == (
        f"{tmp_path / name}: LiveCodeBench's runner takes a plain .json file; give it a name that ends so"
    )
    assert list(tmp_path.iterdir()) == []


UNEQUAL = [
    ({"8": ["x", "y"], "7": ["x"]}, "questions '7' and '8' have 1 and 2 programs", 1),
    (
        {"9": ["x"] * 5, "b": ["x"] * 3, "a": ["x"] * 3, "8": ["x"] * 4},
        "questions 'a' and '9' have 3 and 5 programs",
        3,
    ),
]


@pytest.mark.parametrize(("programs", "words", "fewest"), UNEQUAL)
def test_unequal_numbers_of_programs_are_refused_with_two_of_the_questions(
    tmp_path: Path, programs: dict[str, list[str]], words: str, fewest: int
) -> None:
    path = tmp_path / "mine.json"
    for message in (
        said(InputError, custom_output_text, path, programs),
        said(InputError, eval_all_text, path, [], programs, {}),
    ):
        assert message == (
            f"{path}: {words}, but LiveCodeBench's runner takes the same number of each; set n to {fewest} or less"
        )
    assert not path.exists()


# What the leaderboard is given

KEYS = [
    "question_title",
    "question_content",
    "platform",
    "question_id",
    "contest_id",
    "contest_date",
    "starter_code",
    "difficulty",
    "output_list",
    "code_list",
    "graded_list",
    "pass@1",
    "metadata",
]


@pytest.fixture
def eval_all(tmp_path: Path, problems: list[Row]) -> Path:
    """The file of the four problems that have programs."""
    path = leaderboard_file(tmp_path / "output", "Llama3-70B + CodeRM-8B (N=2)", 2, 0.2)
    path.parent.mkdir(parents=True)
    path.write_text(eval_all_text(path, problems, PROGRAMS, GRADES))
    return path


def test_an_eval_all_file_has_the_runners_keys_in_its_order(eval_all: Path) -> None:
    assert all(list(item) == KEYS for item in loaded(eval_all))


def test_there_is_one_entry_for_each_problem_with_programs_sorted(eval_all: Path) -> None:
    assert [item["question_id"] for item in loaded(eval_all)] == SORTED


def test_the_lists_of_an_entry_have_one_item_a_sample(eval_all: Path) -> None:
    lists = ("output_list", "code_list", "graded_list", "metadata")
    assert {len(item[name]) for item in loaded(eval_all) for name in lists} == {2}


def test_an_entry_says_what_the_problem_is_and_how_its_programs_did(eval_all: Path, problems: list[Row]) -> None:
    (found,) = [item for item in loaded(eval_all) if item["question_id"] == "3000"]
    (problem,) = [problem for problem in problems if problem.question_id == "3000"]
    copied = ("question_title", "question_content", "platform", "contest_id", "starter_code", "difficulty")
    assert {name: found[name] for name in copied} == {name: getattr(problem, name) for name in copied}
    assert found["output_list"] == found["code_list"] == PROGRAMS["3000"]
    assert found["graded_list"] == [True, False] and found["pass@1"] == 0.5
    assert [json.loads(text) for text in found["metadata"]] == [{"tests": "pass"}, {"tests": "fail"}]


def test_pass_at_1_is_the_share_of_right_samples(eval_all: Path) -> None:
    found = {item["question_id"]: item["pass@1"] for item in loaded(eval_all)}
    assert found == {"abc301_a": 1.0, "3000": 0.5, "999": 0.5, "1873_A": 0.0}


def test_dates_are_written_with_their_time(eval_all: Path) -> None:
    """One of the rows has a bare date."""
    found = {item["question_id"]: item["contest_date"] for item in loaded(eval_all)}
    assert found["abc301_a"] == "2023-05-13T00:00:00" and found["1873_A"] == "2023-08-21T00:00:00"


def test_an_eval_all_file_is_read_as_programs(eval_all: Path) -> None:
    assert read_outputs(eval_all) == PROGRAMS


def test_a_grade_that_could_not_be_run_is_refused_and_nothing_written(tmp_path: Path, problems: list[Row]) -> None:
    path = tmp_path / "x_eval_all.json"
    gaps = GRADES | {"999": [RIGHT, Grade()], "3000": [Grade(), Grade()]}
    assert said(IncompleteRunError, eval_all_text, path, problems, PROGRAMS, gaps) == (
        f"{path}: not written, as it has no place for grades that could not be run (those of 3000, 999); "
        "run the same `coderm-eval rerank` to try them again"
    )
    assert not path.exists()


LEADERBOARD_KEYS = ("question_id", "contest_date", "difficulty", "platform", "pass@1")


def leaderboard(folder: Path, release_rows: int) -> list[tuple[str, datetime, str, str, float]]:
    """What the leaderboard's script makes of a folder of submissions: it reads five keys of each entry."""
    rows = []
    for model in sorted(folder.iterdir()):
        (path,) = folder.glob(f"{model.name}/Scenario.codegeneration_*_eval_all.json")
        entries = loaded(path)
        if len(entries) == release_rows:
            rows += [
                (
                    item["question_id"],
                    datetime.fromisoformat(item["contest_date"]),
                    item["difficulty"],
                    "codeforces" if item["question_id"][0] == "1" else item["platform"],
                    item["pass@1"] * 100,
                )
                for item in ({key: entry[key] for key in LEADERBOARD_KEYS} for entry in entries)
            ]
    return rows


def test_the_leaderboard_reads_what_was_written(eval_all: Path) -> None:
    assert leaderboard(eval_all.parents[1], 4) == [
        ("1873_A", datetime(2023, 8, 21), "easy", "codeforces", 0.0),
        ("3000", datetime(2024, 3, 2), "hard", "leetcode", 50.0),
        ("999", datetime(2024, 3, 2), "easy", "leetcode", 50.0),
        ("abc301_a", datetime(2023, 5, 13), "easy", "atcoder", 100.0),
    ]


@pytest.mark.parametrize(
    ("n", "temperature", "name"),
    [
        (10, 0.2, "Scenario.codegeneration_10_0.2_eval_all.json"),
        (1, 1, "Scenario.codegeneration_1_1.0_eval_all.json"),
        (1, 0.0, "Scenario.codegeneration_1_0.0_eval_all.json"),
    ],
)
def test_the_file_is_called_as_the_runner_calls_it(tmp_path: Path, n: int, temperature: float, name: str) -> None:
    assert leaderboard_file(tmp_path, "Llama3-70B (N=1)", n, temperature) == tmp_path / "Llama3-70B (N=1)" / name
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", " ", ".", "..", "meta/llama", "a\\b", "/tmp/x", "Llama [N=1]", "what?", "*"])
def test_a_name_that_the_leaderboard_would_not_find_is_refused(tmp_path: Path, name: str) -> None:
    message = said(SettingsError, leaderboard_file, tmp_path, name, 1, 0.2)
    assert message.startswith(f"the leaderboard's name of the model is {name!r}; write one without / ")


def test_the_same_name_is_given_out_again_only_for_the_same_settings(eval_all: Path) -> None:
    folder, name = eval_all.parents[1], eval_all.parent.name
    assert leaderboard_file(folder, name, 2, 0.2) == eval_all
    message = said(InputError, leaderboard_file, folder, name, 1, 0.2)
    assert message.startswith(f"{eval_all}: the leaderboard takes one file of {name!r}, which would be Scenario.")
    assert leaderboard_file(folder, "another", 1, 0.2).parent.name == "another"


# Whether the leaderboard would skip it


def test_a_file_with_all_problems_is_complete(problems: list[Row]) -> None:
    programs = {problem.question_id: ["x"] for problem in problems}
    assert check_complete(problems, programs, 5) is None
    assert check_complete(problems, PROGRAMS, 4) is None


def test_a_part_of_the_release_is_told_with_both_numbers(problems: list[Row]) -> None:
    programs = {problem.question_id: ["x"] for problem in problems}
    assert check_complete(problems, programs, 880) == (
        "the file has 5 problems, and LiveCodeBench's leaderboard skips every file without exactly 880; give programs "
        "for all problems of that release, selected without dates, platform and io"
    )


def test_a_problem_without_a_program_is_named(problems: list[Row]) -> None:
    message = check_complete(problems, PROGRAMS, 5) or ""
    assert message.startswith("the file has 4 problems (no program for 1 more: 4000), and LiveCodeBench's leaderboard ")


def test_the_leaderboard_skips_exactly_what_is_not_complete(eval_all: Path, problems: list[Row]) -> None:
    for release_rows in (3, 4, 5):
        skipped = leaderboard(eval_all.parents[1], release_rows) == []
        assert skipped == bool(check_complete(problems, PROGRAMS, release_rows))
        assert skipped == (release_rows != 4)
