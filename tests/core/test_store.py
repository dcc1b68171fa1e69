"""The store: what was written survives, and what was half written is owed again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.cli import rows

from coderm_eval.core.store import Row, Store, open_store

FOREIGN_LINES: list[bytes] = [
    b"",
    b" ",
    b"not JSON",
    b"{",
    b'{"k": "torn", "v": "P',
    b"[1, 2]",
    b'"a string"',
    b"null",
    b'{"v": "no key"}',
    b'{"k": 7, "v": "the key is a number"}',
    b'{"k": null}',
    b"\xff\xfe\x00",
    b"\x00" * 64,
    b"[" * 100_000,
    b"9" * 10_000,
]

STRINGS: list[str] = [
    "",
    "def span():\n    return 1\r\n",
    "\0",
    "\ud800",
    "mooring \udfff line",
    "\N{SLOTH}",
    "\u2028\u2029\x85",
    '{"k": "v"}\n',
    "\\",
]


def _add(folder: Path, *keys: str) -> None:
    with open_store(folder) as store:
        for key in keys:
            store.table("spans").add_all({key: {"v": f"value of {key}"}})


def _file(folder: Path) -> Path:
    return folder / "spans.jsonl"


def _row(store: Store, key: str) -> Row:
    return store.table("spans").get_many([key])[key]


def _keys(folder: Path) -> list[str]:
    """The keys that a newly opened store knows among those that these tests use."""
    with open_store(folder) as store:
        return list(store.table("spans").get_many("abc"))


def test_rows_are_there_when_a_store_is_opened_again(tmp_path: Path) -> None:
    _add(tmp_path, "a", "b")
    with open_store(tmp_path) as store:
        table = store.table("spans")
        assert len(table) == 2
        assert _row(store, "b") == {"v": "value of b"}
        assert "c" not in table and table.get_many(["c", "a"]) == {"a": {"v": "value of a"}}


def test_a_row_is_there_at_once(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.table("spans").add_all({"a": {"v": 1}})
        assert _row(store, "a") == {"v": 1}
        assert rows(_file(tmp_path)) == [{"k": "a", "v": 1}]


def test_a_closed_table_refuses_rows_and_writes_to_nobody_elses_file(tmp_path: Path) -> None:
    """The number of a file that was closed goes to the next one that is opened."""
    with open_store(tmp_path) as store:
        table = store.table("spans")
        table.add_all({"a": {"v": 1}})
    others = [(tmp_path / f"other {number}").open("w") for number in range(20)]
    with pytest.raises(RuntimeError, match=r"spans\.jsonl is closed"):
        table.add_all({"b": {"v": 2}})
    for other in others:
        other.close()
        assert Path(other.name).read_text() == ""
    assert "a" in table and "b" not in table


def test_kinds_of_rows_are_kept_apart(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.table("spans").add_all({"a": {"v": 1}})
        assert "a" not in store.table("piers")


def test_the_first_of_two_rows_with_one_key_counts(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.table("spans").add_all({"a": {"v": 1}})
        store.table("spans").add_all({"a": {"v": 2}})
        assert _row(store, "a") == {"v": 1}
    with _file(tmp_path).open("a") as file:
        file.write('{"k": "a", "v": 3}\n')
    with open_store(tmp_path) as store:
        assert _row(store, "a") == {"v": 1}


def test_a_missing_file_has_no_rows(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        assert len(store.table("spans")) == 0


def test_a_row_cut_off_at_any_byte_is_owed_again_and_harms_no_other(tmp_path: Path) -> None:
    _add(tmp_path, "a", "b")
    whole = _file(tmp_path).read_bytes()
    start = whole.index(b"\n") + 1
    for end in range(start, len(whole) - 1):
        _file(tmp_path).write_bytes(whole[:end])
        with open_store(tmp_path) as store:
            assert "a" in store.table("spans") and "b" not in store.table("spans")
        _add(tmp_path, "b", "c")
        with open_store(tmp_path) as store:
            assert {key: _row(store, key)["v"] for key in "abc"} == {k: f"value of {k}" for k in "abc"}


def test_a_row_that_lacks_nothing_but_its_newline_counts_from_then_on(tmp_path: Path) -> None:
    """Else it would count the next time only, beside the one that was made in its place."""
    _add(tmp_path, "a", "b")
    _file(tmp_path).write_bytes(_file(tmp_path).read_bytes()[:-1])
    for _ in range(2):
        with open_store(tmp_path) as store:
            assert _row(store, "b") == {"v": "value of b"}
    _add(tmp_path, "c")
    assert _keys(tmp_path) == ["a", "b", "c"]


@pytest.mark.parametrize("line", FOREIGN_LINES, ids=lambda line: repr(line[:20]))
def test_a_foreign_line_is_passed_over(tmp_path: Path, line: bytes) -> None:
    _add(tmp_path, "a")
    with _file(tmp_path).open("ab") as file:
        file.write(line + b"\n")
    _add(tmp_path, "b")
    assert _keys(tmp_path) == ["a", "b"]


@pytest.mark.parametrize("text", STRINGS, ids=ascii)
def test_any_string_comes_back_as_it_was(tmp_path: Path, text: str) -> None:
    with open_store(tmp_path) as store:
        store.table("spans").add_all({f"key {text}": {"v": text, "deep": [{"er": text}]}})
    assert _file(tmp_path).read_bytes().count(b"\n") == 1
    with open_store(tmp_path) as store:
        assert _row(store, f"key {text}") == {"v": text, "deep": [{"er": text}]}


def test_two_stores_on_one_folder_do_not_tear_each_others_rows(tmp_path: Path) -> None:
    with open_store(tmp_path) as one, open_store(tmp_path) as two:
        for number in range(50):
            one.table("spans").add_all({f"one {number}": {"v": "1" * number}})
            two.table("spans").add_all({f"two {number}": {"v": "2" * number}})
    with open_store(tmp_path) as store:
        assert len(store.table("spans")) == 100


_WRITES_FOR_EVER = """
import itertools, sys
from pathlib import Path
from coderm_eval.core.store import open_store

with open_store(Path(sys.argv[1])) as store:
    table = store.table("spans")
    for number in itertools.count(len(table)):
        table.add_all({str(number): {"v": "x" * (number * 997 % 20_000)}})
"""


def test_a_process_killed_while_it_writes_leaves_a_readable_store(tmp_path: Path) -> None:
    for _ in range(5):
        size = _file(tmp_path).stat().st_size if _file(tmp_path).exists() else 0
        writer = subprocess.Popen([sys.executable, "-c", _WRITES_FOR_EVER, str(tmp_path)])
        deadline = time.monotonic() + 60
        while not (_file(tmp_path).exists() and _file(tmp_path).stat().st_size > size + 100_000):
            assert writer.poll() is None and time.monotonic() < deadline
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        with open_store(tmp_path) as store:
            table = store.table("spans")
            assert len(table) > 10
            assert all(_row(store, str(n)) == {"v": "x" * (n * 997 % 20_000)} for n in range(len(table)))
    _add(tmp_path, "last")
    lines = _file(tmp_path).read_bytes().splitlines()
    assert sum(not line.endswith(b"}") for line in lines) <= 5
    assert json.loads(lines[-1])["k"] == "last"
