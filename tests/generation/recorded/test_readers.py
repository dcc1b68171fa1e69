"""Files that users bring: what is read, and the one sentence for each way to get them wrong."""

from __future__ import annotations

import gzip
import json
import re
import tempfile
from pathlib import Path

import pytest
from helpers.coderm_records import as_recorded, write_tests
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.core.errors import InputError
from coderm_eval.core.pass_rates import read_rates
from coderm_eval.generation.recorded.readers import check_coverage, read_by_task

ROWS = [("tide/0", "a = 1\n"), ("tide/1", "b"), ("tide/0", "é"), ("tide/0", "a = 1\n")]
VALUES = {"tide/0": ["a = 1\n", "é", "a = 1\n"], "tide/1": ["b"]}


def as_lines(rows: list[tuple[str, str]], column: str = "solution", end: str = "\n") -> bytes:
    return "".join(json.dumps({"task_id": task, column: value}) + end for task, value in rows).encode()


def complaint(path: Path, column: str = "solution") -> str:
    """What a user reads about a file that cannot be used: always one line that starts with its path."""
    with pytest.raises(InputError) as caught:
        read_by_task(path, column)
    message = str(caught.value)
    assert message.startswith(str(path)) and "\n" not in message
    return message


# What is read


@pytest.mark.parametrize("name", ["samples.jsonl", "samples.jsonl.gz", "samples"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n", "  \n"])
def test_values_are_grouped_by_task_in_file_order(tmp_path: Path, name: str, end: str) -> None:
    path, data = tmp_path / name, as_lines(ROWS, end=end)
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    assert read_by_task(path, "solution") == VALUES
    assert list(read_by_task(path, "solution")) == ["tide/0", "tide/1"]


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + as_lines(ROWS))
    assert read_by_task(path, "solution") == VALUES


def test_a_last_line_without_line_end_is_read(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_bytes(as_lines(ROWS).rstrip())
    assert read_by_task(path, "solution") == VALUES


def test_further_keys_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "tests.jsonl"
    path.write_text('{"task_id": "tide/0", "test": "x", "solution": 3, "source": null}')
    assert read_by_task(path, "test") == {"tide/0": ["x"]}


def test_the_records_of_coderms_authors_have_a_list_for_each_task(tmp_path: Path) -> None:
    path = tmp_path / "tests.jsonl"
    path.write_text('{"task_id": "tide/0", "unit_tests": ["a", "b"]}\n{"task_id": 7, "unit_tests": ["c"]}\n')
    assert read_by_task(path, "test") == {"tide/0": ["a", "b"], "7": ["c"]}


def test_the_lines_that_run_a_test_of_coderms_authors_are_taken_off(tmp_path: Path) -> None:
    test = "import unittest\nclass TestA(unittest.TestCase):\n    def test_a(self):\n        suite = 1\n"
    path = write_tests(tmp_path / "ut.jsonl", {"tide/0": [as_recorded(test, "TestA"), test], "tide/1": []})
    assert read_by_task(path, "test") == {"tide/0": [test, test], "tide/1": []}


def test_only_the_authors_own_lines_at_the_end_are_taken_off(tmp_path: Path) -> None:
    lines = as_recorded("class TestA: ...", "TestA")
    others = [lines + "x = 1\n", lines.replace("verbosity=2", "verbosity=1"), lines.replace("locals_dict", "found")]
    path = write_tests(tmp_path / "ut.jsonl", {"tide/0": others})
    assert read_by_task(path, "test") == {"tide/0": others}


def test_an_empty_value_is_a_value(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_bytes(as_lines([("tide/0", "")]))
    assert read_by_task(path, "solution") == {"tide/0": [""]}


@given(
    st.lists(st.tuples(st.text(), st.text()), min_size=1),
    st.sampled_from(["solution", "test"]),
    st.booleans(),
    st.booleans(),
)
def test_what_was_written_is_read(rows: list[tuple[str, str]], column: str, zipped: bool, escaped: bool) -> None:
    text = "".join(json.dumps({"task_id": t, column: v}, ensure_ascii=escaped) + "\n" for t, v in rows)
    data = text.encode("utf-8", "surrogatepass")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.jsonl.gz" if zipped else "x.jsonl")
        path.write_bytes(gzip.compress(data) if zipped else data)
        found = read_by_task(path, column)
    assert found == {task: [v for t, v in rows if t == task] for task, _ in rows}


# Lines that cannot be used

SHAPE = '{"task_id": "...", "solution": "..."}'

NOT_JSON = [
    b"hello",
    b"{'task_id': 'tide/0', 'solution': 'x'}",
    b'{"task_id": "tide/0", "solution": "x"',
    b'{"task_id": "tide/0", "solution": "x"}{"task_id": "tide/1", "solution": "x"}',
    b'{"task_id": "tide/0", "solution": "tab\there"}',
    b"[" * 100_000,
]
NOT_UTF8 = [
    b"\xff\xfe\x00",
    b'{"task_id": "tide/0", "solution": "\xe9"}',
]
NO_TEXT = [
    b"null",
    b"NaN",
    b"3",
    b'"tide/0"',
    b"[]",
    b'["tide/0", "x"]',
    b"{}",
    b'{"task_id": "tide/0"}',
    b'{"solution": "x"}',
    b'{"task_id": "tide/0", "completion": "x"}',
    b'{"task_id": "tide/0", "solution": null}',
    b'{"task_id": "tide/0", "solution": ["x", "y"]}',
    b'{"task_id": 3, "solution": "x"}',
]


@pytest.mark.parametrize("line", NOT_JSON, ids=range(len(NOT_JSON)))
def test_a_line_that_is_not_json_is_named_and_shown(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_bytes(as_lines(ROWS[:1]) + b"\n" + line + b"\n")
    shown = repr(line.decode("utf-8", "replace"))[1:-1]
    message = complaint(path)
    assert message.startswith(f"{path}:3: not JSON: ")
    assert shown[:57] in message and message.endswith(f"expected {SHAPE}")


@pytest.mark.parametrize("line", NOT_UTF8, ids=["UTF-16", "Latin-1"])
def test_a_line_that_is_not_utf8_is_named(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_bytes(as_lines(ROWS[:1]) + line + b"\n")
    message = complaint(path)
    assert message.startswith(f"{path}:2: not UTF-8: ") and message.endswith("; save the file in UTF-8")


@pytest.mark.parametrize("line", NO_TEXT, ids=range(len(NO_TEXT)))
def test_a_line_without_text_under_both_keys_is_named_and_shown(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_bytes(as_lines(ROWS[:2]) + line)
    expected = f"{path}:3: no text under task_id and solution: {line.decode()!r}; expected {SHAPE}"
    assert complaint(path) == expected


def test_a_list_in_place_of_lines_is_named_with_what_makes_lines_of_it(tmp_path: Path) -> None:
    path = tmp_path / "tests.json"
    path.write_text('[\n  {"task_id": "tide/0", "test": "x"}\n]')
    assert complaint(path, "test") == f"{path}: a JSON list: '['; write a line for each entry, as `jq -c '.[]'` does"


def test_the_message_names_the_column_that_was_wanted(tmp_path: Path) -> None:
    path = tmp_path / "tests.jsonl"
    path.write_bytes(as_lines(ROWS))
    message = complaint(path, "test")
    assert "under task_id and test:" in message and '"test": "..."' in message


def test_a_long_line_is_shown_by_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_text("x" * 10_000)
    assert f"{'x' * 57}...'" in complaint(path)


def refusal(path: Path) -> str | None:
    """The complaint about a file that may be usable; None if it is."""
    try:
        return None if read_by_task(path, "solution") else ""
    except InputError as error:
        return str(error)


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused_in_one_line(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for path in (Path(folder, "x.jsonl"), Path(folder, "x.jsonl.gz")):
            path.write_bytes(data)
            said = refusal(path)
            assert said is None or (said.startswith(str(path)) and len(said.splitlines()) == 1)


# Files that cannot be used


@pytest.mark.parametrize("name", ["samples.jsonl", "samples.jsonl.gz", "x" * 300])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    assert complaint(tmp_path / name)


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    assert complaint(tmp_path) == f"{tmp_path}: this is a folder; name a file"


@pytest.mark.parametrize("content", [b"", b"\n\n", b"  \n"])
def test_a_file_without_lines_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_bytes(content)
    assert complaint(path) == f"{path}: no lines; expected {SHAPE} on each"


def corrupt(data: bytes) -> bytes:
    """Bytes inside the compressed stream are changed: the header is right, the content is not."""
    return data[:12] + bytes(255 - byte for byte in data[12:40]) + data[40:]


PACKED = gzip.compress(as_lines(ROWS * 50))
BAD_GZIP = {
    "cut short": PACKED[:-20],
    "header alone": PACKED[:10],
    "corrupt": corrupt(PACKED),
    "wrong checksum": PACKED[:-8] + b"\0" * 8,
}


@pytest.mark.parametrize("content", BAD_GZIP.values(), ids=BAD_GZIP.keys())
def test_a_file_that_gzip_cannot_read_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "samples.jsonl.gz"
    path.write_bytes(content)
    assert complaint(path).startswith(f"{path}: cannot be read (")


@pytest.mark.parametrize("name", ["samples.jsonl", "samples.jsonl.gz", "samples.gz"])
@pytest.mark.parametrize("zipped", [True, False])
def test_the_content_tells_whether_a_file_is_gzipped(tmp_path: Path, name: str, zipped: bool) -> None:
    (tmp_path / name).write_bytes(gzip.compress(as_lines(ROWS)) if zipped else as_lines(ROWS))
    assert read_by_task(tmp_path / name, "solution") == VALUES


# Which tasks


@pytest.mark.parametrize("expected", [["a", "b"], {"b": 1, "a": 2}, {"a", "b"}])
def test_a_file_with_exactly_the_benchmarks_tasks_is_accepted(expected: list[str]) -> None:
    check_coverage(Path("samples.jsonl"), {"a": [""], "b": [""]}, expected, "demo")


def coverage(found: list[str], expected: list[str]) -> str:
    with pytest.raises(InputError) as caught:
        check_coverage(Path("samples.jsonl"), found, expected, "demo")
    return str(caught.value)


def test_unknown_and_missing_tasks_are_both_named() -> None:
    assert coverage(["a", "z"], ["a", "b", "c"]) == (
        "samples.jsonl: 1 task id that demo does not have (z) and nothing for 2 of its tasks (b, c); "
        "--allow-partial evaluates only the tasks that have samples"
    )


def test_of_many_tasks_five_are_named() -> None:
    message = coverage(["a"], ["a", *map(str, range(8))])
    assert "nothing for 8 of its tasks (0, 1, 2, 3, 4 and 3 more);" in message
    assert "does not have" not in message


@given(st.sets(st.text()), st.sets(st.text()))
def test_coverage_is_refused_exactly_if_the_tasks_differ(found: set[str], expected: set[str]) -> None:
    if found == expected:
        check_coverage(Path("x"), found, expected, "demo")
    else:
        numbers = re.findall(r"\b(\d+) (?:task ids? that|of its)", coverage(sorted(found), sorted(expected)))
        assert sum(map(int, numbers[:2])) >= len(found ^ expected)


# Pass rates

BAD_RATES = [
    ('{"task_id": "a", "rate": 1.5}', "expected"),
    ('{"task_id": "a", "rate": -0.1}', "with a rate from 0 to 1"),
    ('{"task_id": "a", "rate": NaN}', "with a rate from 0 to 1"),
    ('{"task_id": "a", "rate": "0.5"}', '"0.5"'),
    ('{"task_id": "a"}', "with a rate from 0 to 1"),
    ('{"rate": 0.5}', "with a rate from 0 to 1"),
    ("[0.5]", "with a rate from 0 to 1"),
    ("0.5", "with a rate from 0 to 1"),
    ("rate: 0.5", "not JSON"),
]


@pytest.mark.parametrize(("line", "message"), BAD_RATES)
def test_a_line_that_is_no_pass_rate_is_shown_with_its_number(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "rates.jsonl"
    path.write_text('{"task_id": "b", "rate": 1}\n' + line + "\n")
    with pytest.raises(InputError) as caught:
        read_rates(path)
    assert f"{path}:2: " in str(caught.value) and message in str(caught.value)


def test_pass_rates_are_read_by_task(tmp_path: Path) -> None:
    path = tmp_path / "rates.jsonl"
    path.write_text('{"task_id": "a", "rate": 0.25}\n\n{"task_id": "b", "rate": 1}\n')
    assert read_rates(path) == {"a": 0.25, "b": 1.0}
