"""LiveCodeBench's files: which they are, what they hold, and how they get here; on invented problems."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import pickle
import subprocess
import sys
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import said
from helpers.livecodebench.rows import encode, listed, packed, row, write
from helpers.paths import ROOT
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.benchmarks.livecodebench import test_cases as encoded
from coderm_eval.benchmarks.livecodebench.dataset import dataset_sha256, read_rows
from coderm_eval.benchmarks.livecodebench.files import find_files
from coderm_eval.benchmarks.livecodebench.problem_filter import ProblemFilter
from coderm_eval.benchmarks.livecodebench.releases import FILES, REPOSITORY, REVISION, files_of
from coderm_eval.benchmarks.livecodebench.rows import Row
from coderm_eval.benchmarks.livecodebench.test_cases import Case, decode_cases, public_cases
from coderm_eval.core.errors import DatasetError, InputError, SettingsError

VARIABLE = "LIVECODEBENCH_PATH"
ALL = ProblemFilter()


# Releases

NAMES = ["test.jsonl", "test2.jsonl", "test3.jsonl", "test4.jsonl", "test5.jsonl", "test6.jsonl"]

RELEASES = [
    ("release_v1", NAMES[:1]),
    ("release_v2", NAMES[:2]),
    ("release_v6", NAMES),
    ("release_latest", NAMES),
    ("v1", NAMES[:1]),
    ("v5", NAMES[4:5]),
    ("v4_v6", NAMES[3:]),
    ("v1_v2", NAMES[:2]),
]

NO_RELEASES = [
    ("release_v7", "did you mean 'release_v"),
    ("release_v0", "did you mean 'release_v"),
    ("release-v5", "did you mean 'release_v5'?"),
    ("v6_v4", "did you mean 'v4_v6'?"),
    ("v4_v4", "did you mean"),
    ("v0", "did you mean"),
    ("latest", "did you mean 'release_latest'?"),
    ("RELEASE", "known: release_v1"),
    ("", "known: release_v1"),
]


@pytest.mark.parametrize(("release", "names"), RELEASES)
def test_a_release_is_made_of_these_files(release: str, names: list[str]) -> None:
    assert files_of(release) == tuple(names)


@pytest.mark.parametrize(("release", "hint"), NO_RELEASES)
def test_an_unknown_release_is_shown_with_what_there_is(release: str, hint: str) -> None:
    message = said(SettingsError, files_of, release)
    assert message.startswith(f"LiveCodeBench has no release {release!r}; ") and hint in message


def test_each_release_has_all_files_of_the_one_before() -> None:
    sizes = [len(files_of(f"release_v{n}")) for n in range(1, 7)]
    assert sizes == [1, 2, 3, 4, 5, 6]
    assert all(files_of(f"release_v{n}")[-1:] == files_of(f"v{n}") for n in range(1, 7))


def test_the_files_are_as_large_as_the_hub_said() -> None:
    assert sum(file.size for file in FILES.values()) == 4_485_994_821
    assert all(len(bytes.fromhex(file.sha256)) == 32 for file in FILES.values())
    assert len(bytes.fromhex(REVISION)) == 20


# Test cases

CASES = [("[3, 9]\n1", "9"), ('"é"', '"\ud800"'), ("", "")]
EXPECTED = [Case(i, o, "functional") for i, o in CASES]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_packed_cases_are_decoded_whatever_the_pickle_protocol(protocol: int) -> None:
    assert decode_cases(packed(pickle.dumps(listed(CASES), protocol))) == EXPECTED


@pytest.mark.parametrize("text", [listed(CASES), f" \n{listed(CASES)}", encode(CASES)])
def test_both_encodings_hold_the_same_cases(text: str) -> None:
    assert decode_cases(text) == EXPECTED


@given(st.lists(st.tuples(st.text(), st.text()), min_size=1), st.sampled_from(["stdin", "functional"]))
def test_what_was_encoded_is_decoded(cases: list[tuple[str, str]], testtype: str) -> None:
    expected = [Case(i, o, testtype) for i, o in cases]
    assert decode_cases(encode(cases, testtype)) == decode_cases(listed(cases, testtype)) == expected


def test_a_pickle_longer_than_a_frame_is_decoded() -> None:
    long = "7 " * 400_000
    assert decode_cases(encode([(long, "7")])) == [Case(long, "7", "functional")]


def test_there_may_be_no_public_case() -> None:
    assert public_cases("[]") == []


class Calls:
    """Pickled, it calls a function with arguments as soon as it is loaded."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.call


def named(obj: object) -> bytes:
    """The pickle of something that is stored by a name of the pickler's own."""

    class Naming(pickle.Pickler):
        def persistent_id(self, obj: object) -> object:
            return "executed"

    file = io.BytesIO()
    Naming(file).dump(obj)
    return file.getvalue()


ATTACKS = {
    "os.system": pickle.dumps(Calls(os.system, "touch executed")),
    "os.system, protocol 0": pickle.dumps(Calls(os.system, "touch executed"), 0),
    "os.system, then a text": pickle.dumps([Calls(os.system, "touch executed"), listed(CASES)]),
    "eval": pickle.dumps(Calls(eval, "open('executed', 'w')")),
    "import by INST": b"(S'touch executed'\nios\nsystem\n.",
    "import by OBJ": b"(cos\nsystem\nS'touch executed'\no.",
    "import by GLOBAL": b"cos\nsystem\n(S'touch executed'\ntR.",
    "class alone": pickle.dumps(subprocess.Popen),
    "persistent id": named(listed(CASES)),
    "persistent id, protocol 0": b"Pexecuted\n.",
    "extension code": b"\x80\x04\x82\x01.",
    "text from a global": b"\x80\x04cos\nsep\n.",
    "memory for a memo of 32 GB": b"\x80\x04(r\xff\xff\xff\x7f.",
    "list": pickle.dumps([listed(CASES)]),
    "list of lists": pickle.dumps([[]]),
    "the cases themselves": pickle.dumps([{"input": "1", "output": "2", "testtype": "stdin"}]),
    "bytes": pickle.dumps(listed(CASES).encode()),
    "bytearray": pickle.dumps(bytearray(b"[]"), 5),
    "number": pickle.dumps(7),
    "None": pickle.dumps(None),
    "two texts": b"\x80\x04\x8c\x02[]\x8c\x02[].",
    "no text": b"\x80\x04.",
    "no end": pickle.dumps(listed(CASES))[:-1],
    "cut within its text": pickle.dumps(listed(CASES))[:40],
    "unknown opcode": b"\x80\x04\xff.",
    "empty": b"",
    "a megabyte without quotes": b"S" + b"x" * 1_000_000 + b"\n.",
    "no pickle": listed(CASES).encode(),
}


@pytest.mark.parametrize("pickled", ATTACKS.values(), ids=ATTACKS.keys())
def test_a_pickle_of_anything_but_one_text_is_refused_and_not_run(
    pickled: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"^not the pickle of one text") as caught:
        decode_cases(packed(pickled))
    assert len(str(caught.value)) < 350
    assert not list(tmp_path.iterdir())


def test_the_attacks_would_succeed_against_pickle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("os.system", "eval", "import by INST", "import by OBJ", "import by GLOBAL"):
        pickle.loads(ATTACKS[name])
        (tmp_path / "executed").unlink()


def repacked(change: Callable[[bytes], bytes]) -> str:
    """Good cases whose compressed bytes are changed."""
    return base64.b64encode(change(base64.b64decode(encode(CASES)))).decode()


BAD_TEXTS = {
    "empty": ("", "cut short"),
    "no base64": ("not encoded!", "neither a JSON list nor base64"),
    "base64 cut": (encode(CASES)[:-1], "neither a JSON list nor base64"),
    "not ASCII": ("é" * 8, "neither a JSON list nor base64"),
    "a JSON object": ("{}", "neither a JSON list nor base64"),
    "a JSON text": ('"eJw"', "neither a JSON list nor base64"),
    "not zlib": (base64.b64encode(b"plain bytes").decode(), "not compressed by zlib"),
    "gzip": (base64.b64encode(gzip.compress(pickle.dumps(listed(CASES)))).decode(), "not compressed by zlib"),
    "zlib cut": (repacked(lambda data: data[:-9]), "cut short"),
    "zlib cut before its checksum": (repacked(lambda data: data[:-4]), "cut short"),
    "zlib header alone": (repacked(lambda data: data[:2]), "cut short"),
    "wrong checksum": (repacked(lambda data: data[:-4] + b"\0\0\0\0"), "not compressed by zlib, or damaged"),
    "JSON cut": (listed(CASES)[:-1], "not JSON"),
    "JSON too deep": ("[" * 100_000, "not JSON"),
    "packed no JSON": (packed(pickle.dumps("input: 1")), "not JSON"),
    "packed JSON too deep": (packed(pickle.dumps("[" * 100_000)), "not JSON"),
    "packed object": (packed(pickle.dumps("{}")), "not a list of cases"),
    "packed null": (packed(pickle.dumps("null")), "not a list of cases"),
    "zero cases": ("[]", "no cases"),
    "zero packed cases": (encode([]), "no cases"),
}

BAD_CASES = {
    "a number": "7",
    "a list": '["1", "2", "stdin"]',
    "an empty object": "{}",
    "no output": '{"input": "1", "testtype": "stdin"}',
    "a number as output": '{"input": "1", "output": 2, "testtype": "stdin"}',
    "null as input": '{"input": null, "output": "2", "testtype": "stdin"}',
    "a list as testtype": '{"input": "1", "output": "2", "testtype": ["stdin"]}',
}


@pytest.mark.parametrize(("text", "reason"), BAD_TEXTS.values(), ids=BAD_TEXTS.keys())
def test_a_text_that_holds_no_cases_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        decode_cases(text)
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize("case", BAD_CASES.values(), ids=BAD_CASES.keys())
def test_a_case_without_its_three_texts_is_counted_out(case: str) -> None:
    text = '[{"input": "1", "output": "2", "testtype": "stdin"}, ' + case + "]"
    for decode in (public_cases, decode_cases):
        with pytest.raises(ValueError, match=r"^case 2 is no object with texts under input, output, testtype$"):
            decode(text)


def test_an_unknown_testtype_is_shown() -> None:
    with pytest.raises(ValueError, match=r"^case 1 has the testtype 'interactive', not stdin or functional$"):
        decode_cases(encode([("1", "2")], "interactive"))


def test_more_than_the_limit_is_not_decompressed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoded, "_MOST_BYTES", 100_000)
    bomb = base64.b64encode(zlib.compress(b"\0" * 100_001)).decode()
    with pytest.raises(ValueError, match=r"^more than 100000 bytes when decompressed$"):
        decode_cases(bomb)
    pickled = pickle.dumps(listed([("", "")]))
    monkeypatch.setattr(encoded, "_MOST_BYTES", len(pickled))
    assert len(decode_cases(packed(pickled))) == 1


def refused(decode: Callable[[str], list[Case]], text: str) -> str | None:
    """Why `text` is refused; None if it is not. Any other exception is a mistake."""
    try:
        decode(text)
    except ValueError as error:
        return str(error)
    return None


@given(st.text(), st.binary(), st.sampled_from(range(6)))
def test_any_text_and_any_pickle_are_decoded_or_refused(text: str, tail: bytes, kept: int) -> None:
    texts = [text, packed(pickle.dumps(text)), packed(pickle.dumps(listed(CASES))[: kept * 20] + tail)]
    for decode in (decode_cases, public_cases):
        assert "" not in [refused(decode, given) for given in texts]


# Rows


def ids(paths: list[Path], selection: ProblemFilter) -> list[str]:
    return [row.question_id for row in read_rows(paths, selection)]


def only(path: Path) -> Row:
    (found,) = read_rows([path], ALL)
    return found


@pytest.mark.parametrize("name", ["test.jsonl", "test.jsonl.gz"])
def test_a_row_has_the_columns_of_its_file_and_its_place(tmp_path: Path, name: str) -> None:
    columns = row("7001")
    found = only(write(tmp_path / name, [columns]))
    assert {column: getattr(found, column) for column in columns} == columns
    assert (found.function_name, found.kind, found.place) == ("latest_tide", "functional", f"{tmp_path / name}:1")


def test_a_rows_cases_are_the_public_and_then_the_private_ones(tmp_path: Path) -> None:
    found = only(write(tmp_path / "x.jsonl", [row(public=[("1", "2")], private=[("3", "4"), ("5", "6")])]))
    assert [case.input for case in found.cases()] == ["1", "3", "5"]
    assert {case.testtype for case in found.cases()} == {"functional"}


def test_the_tests_of_a_row_are_not_in_its_repr(tmp_path: Path) -> None:
    found = only(write(tmp_path / "x.jsonl", [row()]))
    assert found.private_test_cases not in repr(found) and found.public_test_cases not in repr(found)


def test_rows_are_ordered_by_question_id_as_text_like_the_official_runners(tmp_path: Path) -> None:
    first = write(tmp_path / "b.jsonl", [row("abc7_b"), row("900"), row("1873_A")])
    second = write(tmp_path / "a.jsonl", [row("7001"), row("70")])
    assert ids([first, second], ALL) == ["1873_A", "70", "7001", "900", "abc7_b"]


METADATA = [
    ('{"func_name": "tide"}', "tide"),
    ('{"func_name": null}', None),
    ('{"func_name": "tide", "x": [1]}', "tide"),
    ("{}", None),
    ("", None),
]


@pytest.mark.parametrize(("metadata", "name"), METADATA)
def test_the_function_is_named_by_the_metadata(tmp_path: Path, metadata: str, name: str | None) -> None:
    assert only(write(tmp_path / "x.jsonl", [row(metadata=metadata)])).function_name == name


KINDS = [
    ("class S: ...", '{"func_name": "f"}', "functional"),
    ("class S: ...", "", "functional"),
    ("", '{"func_name": "f"}', "functional"),
    ("", "{}", "stdin"),
]


@pytest.mark.parametrize(("starter", "metadata", "kind"), KINDS)
def test_a_problem_with_starter_code_or_a_function_is_functional(
    tmp_path: Path, starter: str, metadata: str, kind: str
) -> None:
    path = write(tmp_path / "x.jsonl", [row(starter_code=starter, metadata=metadata)])
    assert only(path).kind == kind
    other: Any = {"functional": "stdin", "stdin": "functional"}[kind]
    with pytest.raises(DatasetError):
        read_rows([path], ProblemFilter(io=other))


def test_empty_lines_other_line_ends_and_a_byte_order_mark_are_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    lines = [json.dumps(row(name)).encode() for name in ("1", "2", "3")]
    path.write_bytes(b"\xef\xbb\xbf" + lines[0] + b"\r\n\n  \n" + lines[1] + b"\n" + lines[2])
    assert [(found.question_id, found.line) for found in read_rows([path], ALL)] == [("1", 1), ("2", 4), ("3", 5)]


# Which rows

DAYS = ["2023-12-31T23:59:59", "2024-01-01T00:00:00", "2024-10-05T00:00:00", "2024-10-05T19:30:00", "2025-01-04"]

WINDOWS = [
    (None, None, [0, 1, 2, 3, 4]),
    ("2024-01-01", None, [1, 2, 3, 4]),
    ("2024-01-01T00:00:01", None, [2, 3, 4]),
    (None, "2024-10-05", [0, 1, 2]),
    (None, "2024-10-05T19:30:00", [0, 1, 2, 3]),
    (None, "2024-10-05T19:29:59", [0, 1, 2]),
    ("2024-01-01", "2024-10-05T19:30:00", [1, 2, 3]),
    ("2025-01-04", "2025-01-04", [4]),
]


@pytest.fixture
def dated(tmp_path: Path) -> Path:
    return write(tmp_path / "dated.jsonl", [row(str(n), date=day) for n, day in enumerate(DAYS)])


@pytest.mark.parametrize(("start", "end", "expected"), WINDOWS)
def test_both_dates_are_included_and_a_bare_date_is_its_midnight(
    dated: Path, start: str | None, end: str | None, expected: list[int]
) -> None:
    assert ids([dated], ProblemFilter(start_date=start, end_date=end)) == [str(n) for n in expected]


@pytest.mark.parametrize("date", ["", "soon", "2024-13-01", "01/02/2024", "2024-01-01T00:00:00+00:00"])
def test_a_date_of_the_selection_that_is_none_is_shown(dated: Path, date: str) -> None:
    for setting, selection in (
        ("start_date", ProblemFilter(start_date=date)),
        ("end_date", ProblemFilter(end_date=date)),
    ):
        message = said(SettingsError, read_rows, [dated], selection)
        assert message == f"{setting} is {date!r}, not a date; write it as 2024-01-01 or 2024-01-01T12:00:00"


MIXED = [
    row("f1"),
    row("f2", platform="atcoder"),
    row("s1", functional=False),
    row("s2", functional=False, platform="atcoder"),
    row("s3", functional=False, platform="codeforces"),
]

CHOICES = [
    (ProblemFilter(), ["f1", "f2", "s1", "s2", "s3"]),
    (ProblemFilter(io="functional"), ["f1", "f2"]),
    (ProblemFilter(io="stdin"), ["s1", "s2", "s3"]),
    (ProblemFilter(platform="leetcode"), ["f1", "s1"]),
    (ProblemFilter(platform="codeforces"), ["s3"]),
    (ProblemFilter(platform="atcoder", io="stdin"), ["s2"]),
]


@pytest.mark.parametrize(("selection", "expected"), CHOICES)
def test_platform_and_kind_are_selected(tmp_path: Path, selection: ProblemFilter, expected: list[str]) -> None:
    assert ids([write(tmp_path / "x.jsonl", MIXED)], selection) == expected


TRICKY = st.sampled_from(
    [
        "contest_date",
        "platform",
        '"platform": "codeforces"',
        '"contest_date": "1999-01-01"',
        '\\"platform": "atcoder", \\',
        'é\ud800\u2028\n{"contest_date":"1999-01-01"}',
    ]
)
PLATFORMS = st.sampled_from(["leetcode", "atcoder", "codeforces", "léetcode", 'leet"code', ""])


def respelled(text: str) -> str:
    """The same JSON with a key that does not look like itself."""
    return text.replace('"platform"', '"plat\\u0066orm"', 1)


@given(
    rows=st.lists(st.tuples(TRICKY | st.text(), TRICKY | st.text(), PLATFORMS, st.sampled_from(DAYS)), max_size=6),
    ascii_only=st.booleans(),
    separators=st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", " :\t ")]),
    spelling=st.sampled_from([str, respelled]),
    shuffled=st.randoms(use_true_random=False),
    platform=st.sampled_from(["leetcode", "atcoder", "codeforces", None]),
)
def test_looking_at_a_lines_bytes_selects_what_parsing_it_would(
    rows: list[tuple[str, str, str, str]],
    ascii_only: bool,
    separators: tuple[str, str],
    spelling: Callable[[str], str],
    shuffled: Any,
    platform: Any,
) -> None:
    lines, expected = [], []
    for number, (title, content, where, day) in enumerate([("", "", "leetcode", DAYS[1]), *rows]):
        columns = row(str(number), platform=where, date=day, question_title=title, question_content=content)
        items = list(columns.items())
        shuffled.shuffle(items)
        lines.append(spelling(json.dumps(dict(items), ensure_ascii=ascii_only, separators=separators)))
        if platform in (None, where) and datetime(2024, 1, 1) <= datetime.fromisoformat(day):
            expected.append(str(number))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.jsonl")
        path.write_bytes("".join(line + "\n" for line in lines).encode("utf-8", "surrogatepass"))
        selection = ProblemFilter(start_date="2024-01-01", platform=platform)
        try:
            found = ids([path], selection)
        except DatasetError:
            found = []
    assert found == sorted(expected)


def test_lines_that_are_not_wanted_are_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "x.jsonl", [row("1"), row("2", platform="atcoder"), row("3", date="2020-01-01")])
    parsed, loads = [], json.loads

    def noting(text: str | bytes) -> Any:
        parsed.append(text)
        return loads(text)

    monkeypatch.setattr(json, "loads", noting)
    assert ids([path], ProblemFilter(platform="leetcode", start_date="2024-01-01")) == ["1"]
    assert len([text for text in parsed if isinstance(text, bytes)]) == 1


def test_an_empty_selection_says_what_the_files_hold(tmp_path: Path) -> None:
    first = write(tmp_path / "a.jsonl", [row("1", date="2024-03-02T00:00:00")])
    second = write(tmp_path / "b.jsonl", [row("2", date="2023-05-07", functional=False, platform="atcoder")])
    selection = ProblemFilter("release_v2", "2025-01-01", "2025-06-01", "codeforces", "stdin")
    assert said(DatasetError, read_rows, [first, second], selection) == (
        f"{first}, {second}: no problem has start_date 2025-01-01 and end_date 2025-06-01 and platform codeforces and "
        "io stdin; the files hold contest dates from 2023-05-07T00:00:00 to 2024-03-02T00:00:00, the platforms "
        "atcoder, leetcode and the kinds functional, stdin; widen the selection, or add the files of another release"
    )


def test_what_was_not_asked_for_is_not_in_the_message(tmp_path: Path) -> None:
    message = said(
        DatasetError, read_rows, [write(tmp_path / "x.jsonl", MIXED)], ProblemFilter(start_date="2025-01-01")
    )
    assert "no problem has start_date 2025-01-01; the files hold" in message


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_a_file_without_problems_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)
    assert said(DatasetError, read_rows, [path], ALL).startswith(f"{path}: no problems")


def test_a_question_that_is_there_twice_is_named_with_both_places(tmp_path: Path) -> None:
    first = write(tmp_path / "a.jsonl", [row("1"), row("2")])
    second = write(tmp_path / "b.jsonl.gz", [row("3"), row("4"), row("2")])
    message = said(InputError, read_rows, [first, second], ALL)
    assert message == f"{second}:3: question '2' is also at {first}:2; leave one of them out"


# Rows that cannot be used


def without(column: str) -> dict[str, str]:
    columns = row()
    del columns[column]
    return columns


NO_ROWS: dict[str, tuple[Any, str]] = {
    "a list": ([1], "no text under question_title"),
    "null": (None, "no text under question_title"),
    "a text": ("tide", "no text under question_title"),
    "an empty object": ({}, "no text under question_title, question_content, platform"),
    **{f"no {column}": (without(column), f"no text under {column}: ") for column in row()},
    **{f"{column} null": (row() | {column: None}, f"no text under {column}: ") for column in row()},
    "a number as id": (row() | {"question_id": 7001}, "no text under question_id: "),
    "metadata as object": (row() | {"metadata": {"func_name": "f"}}, "no text under metadata: "),
    "cases as list": (row() | {"public_test_cases": []}, "no text under public_test_cases: "),
    "metadata no JSON": (row(metadata="f"), "metadata is 'f'; expected JSON"),
    "metadata a list": (row(metadata="[]"), "metadata is '[]'"),
    "metadata null": (row(metadata="null"), "metadata is 'null'"),
    "a number as function": (row(metadata='{"func_name": 3}'), "metadata is '{\"func_name\": 3}'"),
    "no date": (row(date="soon"), "contest_date is 'soon'; expected a date such as 2024-01-06T00:00:00"),
    "a date with a zone": (row(date="2024-03-02T00:00:00+01:00"), "contest_date is '2024-03-02T00:00:00+01:00'"),
}


@pytest.mark.parametrize(("content", "message"), NO_ROWS.values(), ids=NO_ROWS.keys())
@pytest.mark.parametrize("selection", [ALL, ProblemFilter(platform="leetcode", io="functional")])
def test_a_line_that_is_no_problem_is_named(
    tmp_path: Path, content: Any, message: str, selection: ProblemFilter
) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(f"{json.dumps(row('1'))}\n\n{json.dumps(content)}\n{json.dumps(row('2'))}\n")
    assert said(InputError, read_rows, [path], selection).startswith(f"{path}:3: {message}")


NOT_JSON = [
    b"hello",
    b"version https://git-lfs.github.com/spec/v1",
    b"{'question_id': 1}",
    b"\xff\xfe\x00",
    b"[" * 99999,
]


@pytest.mark.parametrize("line", NOT_JSON, ids=range(len(NOT_JSON)))
@pytest.mark.parametrize("end", [b"\n", b"\n\n" + json.dumps(row("2")).encode()])
def test_a_line_that_is_not_json_is_shown_by_its_beginning(tmp_path: Path, line: bytes, end: bytes) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(json.dumps(row("1")).encode() + b"\n" + line + end)
    message = said(InputError, read_rows, [path], ALL)
    assert message.startswith(f"{path}:2: not JSON: ") and message.endswith(f"; expected a row of {REPOSITORY}")
    assert repr(line[:50].decode("utf-8", "replace"))[1:-1] in message and len(message) < len(str(path)) + 200


@pytest.mark.parametrize("kept", [1, 30, 400, -2])
@pytest.mark.parametrize("selection", [ALL, ProblemFilter(platform="leetcode")])
def test_a_file_that_ends_within_a_line_is_called_truncated(
    tmp_path: Path, kept: int, selection: ProblemFilter
) -> None:
    """Also where the cut line is not wanted: those after it are lost."""
    path = tmp_path / "x.jsonl"
    last = json.dumps(row("2", platform="atcoder"))
    path.write_text(json.dumps(row("1")) + "\n" + last[:kept])
    message = said(InputError, read_rows, [path], selection)
    assert message.startswith(f"{path}:2: the file is truncated, it ends within this line: '{{")
    assert message.endswith("; fetch it again")


def test_a_gzipped_file_that_is_cut_is_called_truncated(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl.gz", [row(str(n)) for n in range(50)])
    path.write_bytes(path.read_bytes()[:-20])
    message = said(InputError, read_rows, [path], ProblemFilter(platform="atcoder"))
    assert message.startswith(f"{path}: the file is truncated after line ") and message.endswith("; fetch it again")


UNREADABLE = {
    "not gzipped": b"plain\n",
    "damaged": gzip.compress(b"x" * 1000)[:14] + b"\xff" * 20,
    "wrong checksum": gzip.compress(b"\n")[:-8] + b"\1" * 8,
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_file_that_gzip_cannot_read_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(content)
    assert said(InputError, read_rows, [path], ALL).startswith(f"{path}: ")


@pytest.mark.parametrize("name", ["gone.jsonl", "gone.jsonl.gz", "."])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    assert said(InputError, read_rows, [tmp_path / name], ALL).startswith(f"{tmp_path / name}: cannot be read (")


UNDECODABLE = [
    ("private_test_cases", "tide!", "neither a JSON list nor base64"),
    ("private_test_cases", packed(ATTACKS["os.system"]), "not the pickle of one text: a pickle with STACK_GLOBAL"),
    ("private_test_cases", "[]", "no cases"),
    ("public_test_cases", "", "not JSON"),
    ("public_test_cases", encode(CASES), "not JSON"),
]


@pytest.mark.parametrize(("column", "text", "reason"), UNDECODABLE)
def test_cases_that_cannot_be_decoded_are_named_by_file_line_and_question(
    tmp_path: Path, column: str, text: str, reason: str
) -> None:
    path = write(tmp_path / "x.jsonl", [row("7001"), row("7002") | {column: text}])
    good, bad = read_rows([path], ALL)
    assert good.cases()
    assert said(InputError, bad.cases) == (
        f"{path}:2: {column} of question '7002' cannot be decoded ({reason}); fetch the file again"
    )


# The sum of a selection


def sum_of(paths: list[Path], selection: ProblemFilter = ALL) -> str:
    return dataset_sha256(read_rows(paths, selection))


def test_equal_selections_have_equal_sums_whichever_files_they_are_from(tmp_path: Path) -> None:
    rows = [row("1"), row("2", functional=False), row("3", platform="atcoder")]
    whole = sum_of([write(tmp_path / "x.jsonl", rows)])
    assert whole == sum_of([write(tmp_path / "x.jsonl.gz", rows[::-1])])
    assert whole == sum_of([write(tmp_path / "a.jsonl", rows[2:]), write(tmp_path / "b.jsonl", rows[:2])])
    (tmp_path / "x.jsonl").write_text("\n".join(json.dumps(r, ensure_ascii=False, sort_keys=True) for r in rows))
    assert whole == sum_of([tmp_path / "x.jsonl"])
    more = write(tmp_path / "c.jsonl", [*rows, row("4", date="2025-01-01"), row("0", date="2023-07-01")])
    assert whole != sum_of([more])
    assert whole == sum_of([more], ProblemFilter(start_date="2024-01-01", end_date="2024-12-31"))


@pytest.mark.parametrize("column", list(row()))
def test_each_column_is_in_the_sum(tmp_path: Path, column: str) -> None:
    changed = {"metadata": '{"func_name": "low_tide"}', "contest_date": "2024-03-03"}.get(column, row()[column] + " ")
    before, after = write(tmp_path / "a.jsonl", [row()]), write(tmp_path / "b.jsonl", [row() | {column: changed}])
    assert sum_of([before]) != sum_of([after])


def test_the_sum_is_defined_as_written(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", [row("2", question_title="é\ud800"), row("1")])
    expected = b""
    for columns in (row("1"), row("2", question_title="é\ud800")):
        for text in columns.values():
            data = text.encode("utf-8", "surrogatepass")
            expected += str(len(data)).encode() + b":" + data
    assert sum_of([path]) == hashlib.sha256(expected).hexdigest()


# Where the files are


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The first three files of the hub's repository, one of them gzipped, and something else."""
    for number, name in enumerate(["test.jsonl", "test2.jsonl.gz", "test3.jsonl", "mine.jsonl"]):
        write(tmp_path / name, [row(str(number))])
    (tmp_path / "README.md").write_text("# Tides\n")
    return tmp_path


FOUND = [
    ("release_v1", ["test.jsonl"]),
    ("release_v3", ["test.jsonl", "test2.jsonl.gz", "test3.jsonl"]),
    ("v2", ["test2.jsonl.gz"]),
    ("v2_v3", ["test2.jsonl.gz", "test3.jsonl"]),
    (None, ["mine.jsonl", "test.jsonl", "test2.jsonl.gz", "test3.jsonl"]),
]


@pytest.mark.parametrize(("release", "names"), FOUND)
def test_of_a_folder_with_the_releases_files_exactly_those_are_taken(
    folder: Path, release: str | None, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(folder))
    assert find_files(release) == [folder / name for name in names]


@pytest.mark.parametrize(("release", "name"), [("release_v4", "test4.jsonl"), ("v5_v6", "test5.jsonl")])
def test_a_file_that_the_release_wants_and_the_folder_lacks_is_named(
    folder: Path, release: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(folder))
    assert said(DatasetError, find_files, release) == (
        f"{folder} holds no {name}, which is part of {release}; add it, or name a release without it"
    )


def test_of_another_folder_all_files_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("b.jsonl", "a.jsonl.gz", "c.json", "test7.jsonl"):
        write(tmp_path / name, [row(name)])
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert [path.name for path in find_files("release_v5")] == ["a.jsonl.gz", "b.jsonl", "test7.jsonl"]


def test_files_and_folders_are_joined_as_in_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, os.pathsep.join(["", str(folder / "mine.jsonl"), str(folder), ""]))
    found = find_files("v1")
    assert found == [folder / "mine.jsonl", folder / "test.jsonl"]
    assert ids(found, ALL) == ["0", "3"]


def test_a_single_file_is_taken_whatever_the_release(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_COPY", str(folder / "README.md"))
    assert find_files("release_v6", "MY_COPY") == [folder / "README.md"]


def test_a_place_that_is_not_there_is_named_with_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "gone"))
    message = said(DatasetError, find_files, None)
    assert message.startswith(f"{VARIABLE}: no file or folder '{tmp_path / 'gone'}'; set it to")


def test_a_folder_without_files_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert said(DatasetError, find_files, None).startswith(f"{VARIABLE}: {tmp_path} holds no .jsonl")


def test_an_unknown_release_is_refused_even_with_a_file_of_ones_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(folder / "mine.jsonl"))
    assert "did you mean 'v4_v6'?" in said(SettingsError, find_files, "v6_v4")


# From the hub


class Hub:
    """The hub on loopback: a HEAD is answered with a redirect to where the content is, as for all large files."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.refuses: int | None = None
        self.cuts = 0
        """How many downloads break after half of what was asked for."""
        self.seen: list[tuple[str, str, str | None]] = []
        """(method, file, range) of each request."""


@pytest.fixture
def hub() -> Iterator[tuple[Hub, str]]:
    """A hub with the first two files, and its URL."""
    state = Hub({name: json.dumps(row(name)).encode() + b"\n" for name in NAMES[:2]})
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield state, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            name = self._noted()
            self.send_response(hub.refuses or (302 if self._resolves(name) else 404))
            if not hub.refuses and self._resolves(name):
                content = hub.files[name]
                host = self.headers["Host"].replace("127.0.0.1", "localhost")  # another one, as the content's is
                self.send_header("Location", f"http://{host}/content/{name}")
                self.send_header("X-Repo-Commit", REVISION)
                self.send_header("X-Linked-Etag", f'"{hashlib.sha256(content).hexdigest()}"')
                self.send_header("X-Linked-Size", str(len(content)))
            elif not hub.refuses:
                self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            content = hub.files[self._noted()]
            start = int((self.headers["Range"] or "bytes=0-")[len("bytes=") :].partition("-")[0])
            self.send_response(206 if start else 200)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            if hub.cuts:
                hub.cuts -= 1
                self.close_connection = True
                content = content[: (start + len(content)) // 2]
            self.wfile.write(content[start:])

        def _noted(self) -> str:
            name = self.path.rpartition("/")[2]
            hub.seen.append((self.command, name, self.headers["Range"]))
            return name

        def _resolves(self, name: str) -> bool:
            return self.path == f"/datasets/{REPOSITORY}/resolve/{REVISION}/{name}" and name in hub.files

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


# The hub's library reads its variables when it is imported. The known files are replaced by the invented ones.
FETCH = """
import json, sys
from coderm_eval.benchmarks.livecodebench import fetch, files, releases
from coderm_eval.core.errors import DatasetError
act, release, known = sys.argv[1:]
releases.FILES.update({name: releases.ReleaseFile(*file) for name, file in json.loads(known).items()})
try:
    print(json.dumps([str(path) for path in (fetch.fetch if act == "fetch" else files.find_files)(release)]))
except DatasetError as error:
    sys.exit(f"DatasetError: {error}")
"""


class Machine:
    """A machine with a hub's cache of its own."""

    def __init__(self, home: Path, url: str, files: dict[str, bytes]) -> None:
        self.home = home
        known = {name: (len(content), hashlib.sha256(content).hexdigest()) for name, content in files.items()}
        self.known = json.dumps(known)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
        clean.pop(VARIABLE, None)
        self.environment = clean | {
            "HF_HOME": str(home),
            "HF_ENDPOINT": url,
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }

    def run(self, act: str, release: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", FETCH, act, release, self.known],
            cwd=ROOT,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def paths(self, act: str, release: str, **environment: str) -> list[Path]:
        done = self.run(act, release, **environment)
        assert not done.returncode, done.stderr
        return [Path(path) for path in json.loads(done.stdout)]

    def complaint(self, act: str, release: str, **environment: str) -> str:
        done = self.run(act, release, **environment)
        assert done.returncode == 1 and not done.stdout
        message = done.stderr.splitlines()[-1]
        assert message.startswith("DatasetError: ")
        return message.removeprefix("DatasetError: ")


@pytest.fixture
def machine(tmp_path: Path, hub: tuple[Hub, str]) -> Machine:
    return Machine(tmp_path / "hf", hub[1], hub[0].files)


OFFLINE = {"HF_HUB_OFFLINE": "1"}


def test_what_was_fetched_is_found_without_network_and_not_fetched_again(
    machine: Machine, hub: tuple[Hub, str]
) -> None:
    state, _ = hub
    paths = machine.paths("fetch", "release_v2")
    assert [path.name for path in paths] == NAMES[:2]
    assert [path.read_bytes() for path in paths] == list(state.files.values())
    assert all(path.is_relative_to(machine.home / "hub") for path in paths)
    asked = len(state.seen)
    assert machine.paths("find", "release_v2", **OFFLINE) == paths
    assert machine.paths("fetch", "release_v2", **OFFLINE) == paths
    assert len(state.seen) == asked
    assert ids(paths, ALL) == NAMES[:2]


def test_a_download_that_breaks_goes_on_where_it_was(tmp_path: Path, hub: tuple[Hub, str]) -> None:
    """The hub's library keeps what it got in pieces of 10 MiB, so the file is larger than two."""
    state, url = hub
    state.files = {"test.jsonl": b"tide " * 5_000_000}
    state.cuts = 1
    (path,) = Machine(tmp_path, url, state.files).paths("fetch", "v1")
    assert path.read_bytes() == state.files["test.jsonl"]
    first, second = [asked for method, _, asked in state.seen if method == "GET"]
    assert first is None and second == f"bytes={10 << 20}-"


def test_a_file_that_is_not_the_known_one_is_refused_and_left_where_it_is(
    machine: Machine, hub: tuple[Hub, str]
) -> None:
    state, _ = hub
    right = state.files["test.jsonl"]
    state.files["test.jsonl"] = right.replace(b"easy", b"hard")
    message = machine.complaint("fetch", "v1")
    assert f"test.jsonl is not test.jsonl of {REPOSITORY}: it has {len(right)} bytes and the SHA-256 " in message
    blob = Path(message.partition("; delete ")[2].partition(" and fetch")[0])
    assert blob.read_bytes() == state.files["test.jsonl"]
    state.files["test.jsonl"] = right
    blob.unlink()  # as the message says
    (path,) = machine.paths("fetch", "v1")
    assert path.read_bytes() == right


def test_a_file_of_another_size_is_refused(machine: Machine, hub: tuple[Hub, str]) -> None:
    state, _ = hub
    state.files["test2.jsonl"] += b"\n"
    assert f"it has {len(state.files['test2.jsonl'])} bytes" in machine.complaint("fetch", "release_v2")


@pytest.mark.parametrize("status", [401, 403])
def test_a_hub_that_refuses_is_named(machine: Machine, hub: tuple[Hub, str], status: int) -> None:
    state, url = hub
    state.refuses = status
    assert machine.complaint("fetch", "release_v1") == (
        f"{url} refuses test.jsonl of {REPOSITORY} (HTTP {status}); log in with `hf auth login` "
        "or unset an HF_TOKEN that has expired, or set LIVECODEBENCH_PATH to your copy"
    )


def test_a_hub_without_the_file_is_named(machine: Machine, hub: tuple[Hub, str]) -> None:
    assert machine.complaint("fetch", "v6").startswith(f"{hub[1]} refuses test6.jsonl of {REPOSITORY} (HTTP 404); ")


def test_without_network_fetch_says_what_to_do(machine: Machine, hub: tuple[Hub, str]) -> None:
    message = machine.complaint("fetch", "v1", **OFFLINE)
    assert message.startswith(f"test.jsonl of {REPOSITORY} could not be downloaded from {hub[1]} (")
    assert "HF_HUB_OFFLINE" in message and message.endswith("or LIVECODEBENCH_PATH to your copy")


def test_what_the_hubs_cache_lacks_is_named_with_the_command_that_gets_it(machine: Machine) -> None:
    machine.paths("fetch", "v1")
    assert machine.complaint("find", "release_v3") == (
        "the hub's cache lacks LiveCodeBench's test2.jsonl, test3.jsonl of release_v3; run `coderm-eval fetch "
        "livecodebench --release release_v3` to download them (0.6 GB), or set LIVECODEBENCH_PATH to your copy"
    )


# Real data


def test_the_recorded_slice_is_the_papers(recorded_data: Path) -> None:
    path = recorded_data / "livecodebench" / "leetcode_slice.jsonl.gz"
    if not path.is_file():
        pytest.skip("no recorded LiveCodeBench rows")
    selection = ProblemFilter(None, "2024-01-01", "2024-10-05T19:30:00", "leetcode", "functional")
    rows = read_rows([path], selection)
    assert len(rows) == 147 and rows == sorted(rows, key=lambda row: row.question_id)
    assert all(row.function_name and row.function_name in row.starter_code for row in rows)
    assert all({case.testtype for case in row.cases()} == {"functional"} for row in rows)
    assert len(read_rows([path], ALL)) == 147
