"""Verdicts by problem: a block comes back as it was, and parts of blocks are found in any arrangement."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from helpers.stores import everything

from coderm_eval.core.errors import InputError
from coderm_eval.core.records import NO_OUTPUT, Verdict, Verdicts
from coderm_eval.core.store import Store, open_store
from coderm_eval.core.store.packing import pack, unpack

KEY, OTHER = "0" * 32, "f" * 32


def _names(kind: str, numbers: range | list[int]) -> list[bytes]:
    return [hashlib.md5(f"{kind} {number}".encode()).digest() for number in numbers]


def _block(programs: int, tests: int, seed: int = 0) -> Verdicts:
    """What workers measure: microseconds, and outputs that are numbered."""
    dice = np.random.default_rng(seed)
    shape = programs, tests
    seconds = np.array([[round(s, 6) for s in row] for row in dice.lognormal(-6, 2, shape).tolist()]).reshape(shape)
    return Verdicts(dice.integers(0, 4, shape, np.uint8), seconds, dice.integers(NO_OUTPUT, 9, shape))


def _same(one: Verdicts | None, other: Verdicts) -> bool:
    return one is not None and all(
        mine.dtype == its.dtype and np.array_equal(mine, its)
        for mine, its in (
            (one.matrix, other.matrix),
            (one.cpu_seconds, other.cpu_seconds),
            (one.outputs, other.outputs),
        )
    )


def _part(verdicts: Verdicts, rows: list[int], columns: list[int]) -> Verdicts:
    place = np.ix_(rows, columns)
    return Verdicts(verdicts.matrix[place], verdicts.cpu_seconds[place], verdicts.outputs[place])


def _added(store: Store, programs: range, tests: range, seed: int = 0) -> Verdicts:
    verdicts = _block(len(programs), len(tests), seed)
    store.verdicts().add(KEY, _names("program", programs), _names("test", tests), verdicts)
    return verdicts


def _read(store: Store, programs: range | list[int], tests: range | list[int]) -> Verdicts | None:
    return store.verdicts().read(KEY, _names("program", programs), _names("test", tests))


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (20, 20), (0, 4), (4, 0)])
def test_a_packed_block_is_the_same_to_the_bit(shape: tuple[int, int]) -> None:
    block = _block(*shape)
    assert _same(unpack(pack(block), shape), block)


ODD_SECONDS = [0.0, 0.1 + 0.2, 1 / 3, 1e-9, 4e3, 5e-324, 1.7e308, 86400.000001, float("inf")]


@pytest.mark.parametrize("seconds", ODD_SECONDS)
@pytest.mark.parametrize("output", [NO_OUTPUT, 0, 255, 256, 2**40, 2**63 - 1, -(2**63)])
def test_odd_numbers_are_kept_to_the_bit(seconds: float, output: int) -> None:
    block = Verdicts(np.zeros((1, 2), np.uint8), np.array([[0.25, seconds]]), np.array([[3, output]]))
    assert _same(unpack(pack(block), (1, 2)), block)


def test_realistic_verdicts_take_few_bytes() -> None:
    """Passed or failed, a millisecond or so, and six outputs of each test, which are digests: 2.3 bytes a cell."""
    dice = np.random.default_rng(1)
    passed = dice.random((100, 1)) < dice.random((1, 100))
    seconds = np.round(dice.lognormal(-7, 0.7, (1, 100)) * dice.lognormal(0, 0.4, (100, 100)), 6)
    which = np.where(passed, 0, dice.integers(0, 6, (100, 100)))
    outputs = np.take_along_axis(dice.integers(0, 1 << 54, (6, 100)), which, axis=0)
    block = Verdicts((~passed).astype(np.uint8), seconds, outputs)
    assert len(pack(block)) < 3 * 100 * 100


def test_a_block_is_read_as_it_was_added(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        block = _added(store, range(20), range(30))
        assert _same(_read(store, range(20), range(30)), block)
    with open_store(tmp_path, read_only=True) as store:
        assert _same(_read(store, range(20), range(30)), block)
        assert store.verdicts().read(OTHER, _names("program", range(20)), _names("test", range(30))) is None


def test_what_is_read_can_be_changed(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        _added(store, range(2), range(2))
        found = _read(store, range(2), range(2))
        assert found
        found.matrix[0, 0], found.cpu_seconds[0, 0], found.outputs[0, 0] = Verdict.NOT_RUN, 0.0, NO_OUTPUT


def test_parts_of_a_block_are_read_in_any_order(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        block = _added(store, range(5), range(6))
        for rows, columns in (([4, 0, 2], [5, 1]), ([1, 1, 3], [2, 2])):
            assert _same(_read(store, rows, columns), _part(block, rows, columns))


def test_verdicts_are_gathered_from_several_blocks(tmp_path: Path) -> None:
    """Of two verdicts of one cell the first counts, and a block that is asked for as it is comes back as it is."""
    with open_store(tmp_path) as store:
        early = _added(store, range(4), range(3), seed=1)
        late = _added(store, range(4), range(2, 6), seed=2)
        found = _read(store, range(4), range(6))
        assert found and _same(found.of_tests(slice(3)), early)
        assert _same(found.of_tests(slice(3, 6)), late.of_tests(slice(1, 4)))
        assert _same(_read(store, range(4), range(2, 6)), late)
        assert _read(store, range(5), range(6)) is None and _read(store, range(4), range(7)) is None


def test_a_cell_between_blocks_is_missed(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        _added(store, range(2), range(2))
        _added(store, range(2, 4), range(2, 4))
        assert _read(store, range(4), range(4)) is None
        assert _read(store, range(2, 4), range(2, 4)) is not None


def test_the_first_of_two_equal_blocks_counts(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        first = _added(store, range(3), range(3), seed=1)
        before = everything(tmp_path)
        _added(store, range(3), range(3), seed=2)
        assert _same(_read(store, range(3), range(3)), first) and everything(tmp_path) == before


def test_programs_and_tests_may_come_twice(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        block = _block(3, 4)
        programs, tests = _names("program", [7, 8, 7]), _names("test", [1, 2, 1, 3])
        store.verdicts().add(KEY, programs, tests, block)
        again = store.verdicts().read(KEY, programs, tests)
        assert again and _same(again, _part(block, [0, 1, 0], [0, 1, 0, 3]))


def test_a_program_that_was_not_run_on_every_test_is_left_out(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        block = _block(3, 4)
        block.matrix[1, 2] = Verdict.NOT_RUN
        store.verdicts().add(KEY, _names("program", range(3)), _names("test", range(4)), block)
        assert _read(store, range(3), range(4)) is None
        assert _same(_read(store, [0, 2], range(4)), _part(block, [0, 2], [0, 1, 2, 3]))
        nothing = Verdicts.not_run(3, 4)
        store.verdicts().add(OTHER, _names("program", range(3)), _names("test", range(4)), nothing)
        assert len([row for row in everything(tmp_path) if row[0] == "verdict_blocks"]) == 1


def test_a_damaged_block_is_said_to_be_damaged(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        _added(store, range(3), range(3))
    for packed in (b"", b"u\x01\x01\x01no zlib", pack(_block(2, 2))):
        with closing(sqlite3.connect(tmp_path / "store.sqlite3", isolation_level=None)) as connection:
            connection.execute("UPDATE verdict_blocks SET verdicts = ?", (packed,))
        with open_store(tmp_path) as store, pytest.raises(InputError, match="damaged"):
            _read(store, range(3), range(3))
