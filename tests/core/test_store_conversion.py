"""Stores of an earlier version are converted once, without loss, and several stores become one."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from helpers.cli import CLI, coderm
from helpers.earlier_stores import write_earlier
from helpers.stores import everything, stored

from coderm_eval.core.errors import InputError
from coderm_eval.core.records import Verdict, Verdicts, fingerprint
from coderm_eval.core.store import convert_store, merge_stores, open_store

KEYS = [fingerprint(str(number)) for number in range(6)]

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
    b'{"k": "no fingerprint", "v": "P", "s": 0.1, "o": 0}',
    b'{"k": "00", "v": "X", "s": 0.1, "o": 0}',
    b'{"k": "00", "v": "P"}',
    b"\xff\xfe\x00",
    b"\x00" * 64,
    b"[" * 100_000,
    b"9" * 10_000,
]


def _verdict(code: str, seconds: float, output: int) -> dict[str, object]:
    return {"v": code, "s": seconds, "o": output}


def test_everything_of_an_earlier_store_is_there_after_its_conversion(tmp_path: Path) -> None:
    cells = {key: _verdict("PFTC"[i % 4], 0.000123 * i, i - 1) for i, key in enumerate(KEYS)}
    probed = {fingerprint("probe"): _verdict("P", 1.5, 0)}
    write_earlier(
        tmp_path, verdicts=cells, probes=probed, answers={"a": {"text": "\ud800"}}, grades={"g": {"base": "x"}}
    )
    assert convert_store(tmp_path).written == {"answers": 1, "grades": 1, "probes": 1, "verdicts": 6}
    with open_store(tmp_path) as store:
        table = store.verdicts()
        assert table.has_cells
        found = table.read_cells([KEYS[:3], KEYS[3:]])
        assert found and found.rows() == ["PFT", "CPF"]
        assert found.cpu_seconds.tolist() == [[0.000123 * i for i in range(3)], [0.000123 * i for i in range(3, 6)]]
        assert found.outputs.tolist() == [[-1, 0, 1], [2, 3, 4]]
        assert table.read_cells([[KEYS[0], fingerprint("another")]]) is None
        repeated = table.read_cells([[KEYS[5]] * 2])
        assert repeated and repeated.matrix.tolist() == [[Verdict.FAILED] * 2]
        assert table.read_cells([list(probed)]) is not None
        assert store.table("answers").get_many("a") == {"a": {"text": "\ud800"}}
        assert store.table("grades").get_many("g") == {"g": {"base": "x"}}


def test_the_files_of_an_earlier_store_are_kept_under_other_names(tmp_path: Path) -> None:
    write_earlier(tmp_path, answers={"a": {"v": 1}}, verdicts={KEYS[0]: _verdict("P", 1.0, 0)})
    (tmp_path / "mine.jsonl").write_text('{"task_id": "demo/0"}\n')
    before = (tmp_path / "answers.jsonl").read_bytes()
    convert_store(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        *("answers.jsonl.converted", "verdicts.jsonl.converted", "store.sqlite3", "mine.jsonl"),
    }
    assert (tmp_path / "answers.jsonl.converted").read_bytes() == before
    assert convert_store(tmp_path).written == {}


def test_torn_and_foreign_lines_are_passed_over_and_the_first_row_counts(tmp_path: Path) -> None:
    write_earlier(tmp_path, verdicts={KEYS[0]: _verdict("P", 1.0, 0), KEYS[1]: _verdict("F", 1.0, 0)})
    with (tmp_path / "verdicts.jsonl").open("ab") as file:
        file.write(b"\n".join(FOREIGN_LINES) + b"\n")
    write_earlier(tmp_path, verdicts={KEYS[0]: _verdict("C", 2.0, 0), KEYS[2]: _verdict("T", 1.0, 0)})
    with (tmp_path / "verdicts.jsonl").open("ab") as file:
        file.write(b'{"k":"' + KEYS[3].encode() + b'","v":"P","s":0.')
    convert_store(tmp_path)
    with open_store(tmp_path) as store:
        found = store.verdicts().read_cells([KEYS[:3]])
        assert found and found.rows() == ["PFT"]
        assert store.verdicts().read_cells([KEYS[3:4]]) is None
    assert len([row for row in everything(tmp_path) if row[0] == "verdict_cells"]) == 3


def test_a_conversion_says_what_it_wrote_and_what_it_passed_over(tmp_path: Path) -> None:
    write_earlier(tmp_path / "store", answers={"a": {"v": 1}}, verdicts={KEYS[0]: _verdict("P", 1.0, 0)})
    write_earlier(
        tmp_path / "store", verdicts={KEYS[0]: _verdict("C", 2.0, 0), KEYS[1]: {"v": "P"}, KEYS[2]: {"v": "X"}}
    )
    with (tmp_path / "store" / "answers.jsonl").open("ab") as file:
        file.write(b'{"k":"torn","v":')
    said = "converted 1 answers, 1 verdicts; passed over 1 whose key was there; passed over 3 torn or foreign lines"
    done = coderm("store", "convert", "store", cwd=tmp_path)
    assert done.stdout == f"store: {said}; *.jsonl.converted can be removed\n"
    write_earlier(tmp_path / "store", answers={"a": {"v": 2}, "b": {"v": 3}})
    done = coderm("store", "convert", "store", cwd=tmp_path)
    assert "converted 1 answers; passed over 1 whose key was there; *" in done.stdout
    assert coderm("store", "convert", "store", cwd=tmp_path).stdout == "store: up to date\n"


def test_an_earlier_store_is_refused_until_it_is_converted(tmp_path: Path) -> None:
    write_earlier(tmp_path, grades={"g": {"base": "pass"}})
    for read_only in (False, True):
        with pytest.raises(InputError, match=f"run `coderm-eval store convert {tmp_path}` once"):
            open_store(tmp_path, read_only=read_only)
    with pytest.raises(InputError, match="store convert"):
        merge_stores([tmp_path], tmp_path / "all")
    assert [path.name for path in tmp_path.iterdir()] == ["grades.jsonl"]


def test_a_conversion_that_is_killed_goes_on(tmp_path: Path) -> None:
    rows = {fingerprint(str(number)): _verdict("P", number / 1e6, 0) for number in range(30_000)}
    write_earlier(tmp_path, answers={"a": {"v": 1}}, verdicts=rows)
    command = [*CLI, "store", "convert", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (tmp_path / "store.sqlite3").exists() or not stored(tmp_path, "answers"):
        assert time.monotonic() < deadline
    process.send_signal(signal.SIGKILL)
    process.wait()
    subprocess.run(command, capture_output=True, check=True)
    assert not list(tmp_path.glob("*.jsonl"))
    with open_store(tmp_path) as store:
        found = store.verdicts().read_cells([list(rows)])
        assert found and np.array_equal(found.cpu_seconds[0], np.arange(30_000) / 1e6)


def test_a_folder_without_a_store_is_neither_converted_nor_merged(tmp_path: Path) -> None:
    for words in (["convert", "none"], ["merge", "none", "--into", "all"]):
        done = coderm("store", *words, cwd=tmp_path)
        assert done.returncode == 2 and "none: no store is there" in done.stderr, done.stderr
    assert not list(tmp_path.iterdir())


def test_a_run_directory_in_place_of_its_store_is_answered_with_the_store(tmp_path: Path) -> None:
    (tmp_path / "run" / "store").mkdir(parents=True)
    (tmp_path / "run" / "store" / "store.sqlite3").touch()
    for name in (lambda: convert_store(tmp_path / "run"), lambda: merge_stores([tmp_path / "run"], tmp_path / "all")):
        with pytest.raises(InputError, match=f"no store is there; name {tmp_path / 'run' / 'store'}$"):
            name()


# Merging


def _store(folder: Path, seed: int, *keys: str) -> Path:
    block = Verdicts(np.full((1, 2), seed % 4, np.uint8), np.full((1, 2), seed / 10), np.full((1, 2), seed))
    with open_store(folder) as store:
        store.table("grades").add_all({key: {"v": seed} for key in keys})
        store.verdicts().add(KEYS[seed], [b"p" * 16], [b"1" * 16, b"2" * 16], block)
        store.verdicts().add(KEYS[0], [b"p" * 16], [b"1" * 16, b"2" * 16], block)
    return folder


def test_merged_stores_have_everything_and_the_first_counts(tmp_path: Path) -> None:
    stores = [_store(tmp_path / "one", 1, "a", "b"), _store(tmp_path / "two", 2, "b", "c")]
    write_earlier(tmp_path / "two", verdicts={KEYS[5]: _verdict("T", 1.0, 0)}, reasons={"r": {"r": "NameError"}})
    convert_store(tmp_path / "two")
    assert merge_stores(stores, tmp_path / "all") == 3 + 3 + 1 + 1
    with open_store(tmp_path / "all") as store:
        assert store.table("grades").get_many("abc") == {"a": {"v": 1}, "b": {"v": 1}, "c": {"v": 2}}
        assert "r" in store.table("reasons")
        for key, seed in ((KEYS[0], 1), (KEYS[1], 1), (KEYS[2], 2)):
            found = store.verdicts().read(key, [b"p" * 16], [b"2" * 16, b"1" * 16])
            assert (
                found and found.outputs.tolist() == [[seed, seed]] and found.cpu_seconds.tolist() == [[seed / 10] * 2]
            )
        cell = store.verdicts().read_cells([[KEYS[5]]])
        assert cell and cell.rows() == ["T"]


def test_merging_again_changes_nothing(tmp_path: Path) -> None:
    stores = [_store(tmp_path / "one", 1, "a"), _store(tmp_path / "two", 2, "b")]
    merge_stores(stores, tmp_path / "all")
    before = everything(tmp_path / "all")
    assert merge_stores([*stores, tmp_path / "all"], tmp_path / "all") == 0
    assert everything(tmp_path / "all") == before


def test_what_the_target_has_already_counts(tmp_path: Path) -> None:
    _store(tmp_path / "all", 3, "a")
    done = coderm("store", "merge", _store(tmp_path / "one", 1, "a", "b"), "--into", tmp_path / "all", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.strip().endswith("all: 2 rows added"), done.stderr
    with open_store(tmp_path / "all", read_only=True) as store:
        assert store.table("grades").get_many("ab") == {"a": {"v": 3}, "b": {"v": 1}}


def test_a_merge_of_what_is_no_store_writes_nothing(tmp_path: Path) -> None:
    one = _store(tmp_path / "one", 1, "a")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "store.sqlite3").write_text("no database, and neither a store of coderm-eval")
    with pytest.raises(InputError, match=r"two/store\.sqlite3"):
        merge_stores([one, tmp_path / "two"], tmp_path / "all")
    assert not (tmp_path / "all").exists()
