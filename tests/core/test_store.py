"""The store: what was written survives, whole or not at all, and what was not written is owed again."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from helpers.small_disks import mounted
from helpers.stores import everything, stored

from coderm_eval.core.errors import InputError, OutputError
from coderm_eval.core.store import Row, Store, open_store

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
        table = store.table("spans")
        for key in keys:
            table.add_all({key: {"v": f"value of {key}"}})


def _file(folder: Path) -> Path:
    return folder / "store.sqlite3"


def _row(store: Store, key: str) -> Row:
    return store.table("spans").get_many([key])[key]


def test_rows_are_there_when_a_store_is_opened_again(tmp_path: Path) -> None:
    _add(tmp_path, "a", "b")
    with open_store(tmp_path) as store:
        table = store.table("spans")
        assert len(table) == 2
        assert _row(store, "b") == {"v": "value of b"}
        assert "c" not in table and 7 not in table
        assert list(table.get_many(["c", "b", "a"]).items()) == [
            ("b", {"v": "value of b"}),
            ("a", {"v": "value of a"}),
        ]


def test_a_row_is_there_at_once(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.table("spans").add_all({"a": {"v": 1}})
        assert _row(store, "a") == {"v": 1}
        assert stored(tmp_path, "spans") == [{"v": 1}]


def test_a_closed_store_is_one_file_and_takes_no_rows(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        table = store.table("spans")
        table.add_all({"a": {"v": 1}})
    with pytest.raises(RuntimeError, match=r"store\.sqlite3 is closed"):
        table.add_all({"b": {"v": 2}})
    assert [path.name for path in tmp_path.iterdir()] == ["store.sqlite3"]


def test_kinds_of_rows_are_kept_apart(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.table("spans").add_all({"a": {"v": 1}})
        assert "a" not in store.table("piers")


def test_the_first_of_two_rows_with_one_key_counts(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.table("spans").add_all({"a": {"v": 1}})
        store.table("spans").add_all({"b": {"v": 2}, "a": {"v": 2}})
        assert store.table("spans").get_many("ab") == {"a": {"v": 1}, "b": {"v": 2}}


def test_more_keys_are_found_than_one_query_takes(tmp_path: Path) -> None:
    rows = {str(number): {"v": number} for number in range(1201)}
    with open_store(tmp_path) as store:
        store.table("spans").add_all(rows)
        assert store.table("spans").get_many([*rows, "another"]) == rows


@pytest.mark.parametrize("text", STRINGS, ids=ascii)
def test_any_string_comes_back_as_it_was(tmp_path: Path, text: str) -> None:
    with open_store(tmp_path) as store:
        store.table("spans").add_all({f"key {text}": {"v": text, "deep": [{"er": text}]}})
    with open_store(tmp_path) as store:
        assert _row(store, f"key {text}") == {"v": text, "deep": [{"er": text}]}


def test_any_thread_may_use_a_table(tmp_path: Path) -> None:
    with open_store(tmp_path) as store, ThreadPoolExecutor(4) as threads:
        table = store.table("spans")

        def use(number: int) -> Row:
            table.add_all({str(number): {"v": number}})
            return table.get_many([str(number)])[str(number)]

        assert [row["v"] for row in threads.map(use, range(40))] == list(range(40))


# Stores that are only read


def test_a_store_that_is_only_read_is_not_made(tmp_path: Path) -> None:
    with open_store(tmp_path / "none", read_only=True) as store:
        assert len(store.table("spans")) == 0 and "a" not in store.table("spans")
        with pytest.raises(RuntimeError, match="only read"):
            store.table("spans").add_all({"a": {"v": 1}})
    assert not (tmp_path / "none").exists()


def test_a_kind_that_a_store_lacks_is_empty_where_it_is_only_read(tmp_path: Path) -> None:
    _add(tmp_path, "a")
    before = _file(tmp_path).read_bytes()
    with open_store(tmp_path, read_only=True) as store:
        assert "a" in store.table("spans") and "a" not in store.table("piers")
        assert not store.verdicts().has_cells
    assert _file(tmp_path).read_bytes() == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    with mounted(tmp_path / "disk", "1m") as folder:
        yield folder


@pytest.mark.parametrize("killed", [False, True], ids=["closed", "killed"])
def test_a_store_on_a_disk_that_cannot_be_written_is_read(small_disk: Path, killed: bool) -> None:
    """What a killed process left is in the log, beside the file."""
    if killed:
        subprocess.run([sys.executable, "-c", _WRITES_AND_DIES, str(small_disk)], check=False)
    else:
        _add(small_disk, "0")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with open_store(small_disk, read_only=True) as store:
        assert "0" in store.table("spans")
    with open_store(small_disk) as store, pytest.raises(OutputError, match="cannot be"):
        store.table("spans").add_all({"1": {"v": 1}})


_WRITES_AND_DIES = """
import os, signal, sys
from pathlib import Path
from coderm_eval.core.store import open_store

with open_store(Path(sys.argv[1])) as store:
    store.table("spans").add_all({"0": {"v": "x"}})
    os.kill(os.getpid(), signal.SIGKILL)
"""


# Kills, other processes, full disks


_WRITES_FOR_EVER = """
import itertools, sys
from pathlib import Path
from coderm_eval.core.store import open_store

with open_store(Path(sys.argv[1])) as store:
    table = store.table("spans")
    for number in itertools.count(len(table) // 2):
        table.add_all({f"{half} {number}": {"v": "x" * (number * 997 % 20_000)} for half in range(2)})
"""


def test_a_process_killed_while_it_writes_leaves_whole_rows(tmp_path: Path) -> None:
    """Two by two, as they were added; the log grows past the size at which it is copied into the file."""
    for number in range(1, 4):
        writer = subprocess.Popen([sys.executable, "-c", _WRITES_FOR_EVER, str(tmp_path)])
        deadline = time.monotonic() + 60
        while len(stored(tmp_path, "spans")) < 200 * number:
            assert writer.poll() is None and time.monotonic() < deadline
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        with open_store(tmp_path) as store:
            table = store.table("spans")
            keys = [f"{half} {number}" for number in range(len(table) // 2) for half in range(2)]
            assert len(table) >= 200 * number
            assert [len(row["v"]) for row in table.get_many(keys).values()] == [
                int(key.split()[1]) * 997 % 20_000 for key in keys
            ]
    _add(tmp_path, "last")
    with closing(sqlite3.connect(_file(tmp_path))) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


_WRITES = """
import sys
from pathlib import Path
from coderm_eval.core.store import open_store

with open_store(Path(sys.argv[1])) as store:
    table = store.table("spans")
    for number in range(200):
        table.add_all({f"{sys.argv[2]} {number}": {"v": number}, f"both {number}": {"v": sys.argv[2]}})
"""


def test_processes_that_write_at_once_all_go_on(tmp_path: Path) -> None:
    """They make the store together, too."""
    names = ["one", "two", "three"]
    command = [sys.executable, "-c", _WRITES, str(tmp_path / "store")]
    assert [writer.wait() for writer in [subprocess.Popen([*command, name]) for name in names]] == [0, 0, 0]
    with open_store(tmp_path / "store") as store:
        assert len(store.table("spans")) == 800
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["store.sqlite3"]


def test_a_process_that_writes_for_too_long_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coderm_eval.core.store.opening._BUSY_S", 0.1)
    _add(tmp_path)
    with open_store(tmp_path) as store, closing(sqlite3.connect(_file(tmp_path), isolation_level=None)) as other:
        table = store.table("spans")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OutputError, match="another process has been writing to it for"):
            table.add_all({"a": {"v": 1}})
        other.execute("COMMIT")
        table.add_all({"a": {"v": 1}})


def _fill(store: Store) -> None:
    for number in range(100):
        store.table("spans").add_all({str(number): {"v": "x" * 20_000}})


def test_a_full_disk_keeps_what_was_written_before(small_disk: Path) -> None:
    with open_store(small_disk) as store:
        with pytest.raises(OutputError, match="No space left on device"):
            _fill(store)
        written = everything(small_disk)
        assert len(written) > 10
    subprocess.run(["mount", "-o", "remount,size=10m", small_disk], check=True)
    with open_store(small_disk) as store:
        table = store.table("spans")
        table.add_all({str(len(written)): {"v": "more"}})
        assert sorted(map(int, table.get_many(map(str, range(100))))) == list(range(len(written) + 1))


def test_without_shared_memory_a_store_has_no_log(tmp_path: Path) -> None:
    """As on some network file systems: here a folder stands where SQLite would share it."""
    (tmp_path / f".store.sqlite3.{os.getpid()}.{threading.get_ident()}-shm").mkdir()
    _add(tmp_path, "a", "b")
    with closing(sqlite3.connect(_file(tmp_path))) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchall() == [("delete",)]
    with open_store(tmp_path, read_only=True) as store:
        assert len(store.table("spans")) == 2


# Files that are no stores


def test_a_file_of_another_program_is_refused_and_stays(tmp_path: Path) -> None:
    with closing(sqlite3.connect(_file(tmp_path))) as connection:
        connection.execute("CREATE TABLE tides (height)")
    for content in (_file(tmp_path).read_bytes(), b"", b"no database at all, and long enough for its header" * 90):
        _file(tmp_path).write_bytes(content)
        with open_store(tmp_path) as store, pytest.raises(InputError, match=r"store\.sqlite3: .*no.* store"):
            store.table("spans")
        assert _file(tmp_path).read_bytes() == content


def test_a_store_of_another_version_is_refused(tmp_path: Path) -> None:
    _add(tmp_path, "a")
    with closing(sqlite3.connect(_file(tmp_path))) as connection:
        connection.execute("PRAGMA user_version = 99")
    with open_store(tmp_path) as store, pytest.raises(InputError, match="another version of coderm-eval"):
        store.table("spans")


def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path) -> None:
    _add(tmp_path, *(f"{number:05}" for number in range(300)))
    whole = _file(tmp_path).read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:4096] + b"\xff" * (len(whole) - 4096)):
        _file(tmp_path).write_bytes(damaged)
        with open_store(tmp_path) as store, pytest.raises(InputError, match="damaged, or no store"):
            store.table("spans").get_many([f"{number:05}" for number in range(300)])


def test_a_copy_of_a_closed_store_is_a_store(tmp_path: Path) -> None:
    _add(tmp_path / "one", "a")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    _add(tmp_path / "two", "b")
    with open_store(tmp_path / "two") as store:
        assert "a" in store.table("spans") and "b" in store.table("spans")
