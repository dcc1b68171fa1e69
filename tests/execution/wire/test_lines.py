"""Lines between processes, over real pipes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import threading
import time
from collections.abc import Iterator

import pytest

from coderm_eval.execution.wire.lines import LineReader, write_line


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    for descriptor in (reading, writing):
        with contextlib.suppress(OSError):  # the test closed it
            os.close(descriptor)


def soon() -> float:
    return time.monotonic() + 60


PIECES: list[tuple[str, list[bytes], list[bytes]]] = [
    ("a line", [b"one\n"], [b"one"]),
    ("an empty line", [b"\n"], [b""]),
    ("two in one piece", [b"one\ntwo\n"], [b"one", b"two"]),
    ("one in three pieces", [b"o", b"n", b"e\n"], [b"one"]),
    ("a piece that ends one and begins another", [b"one\nt", b"wo\n"], [b"one", b"two"]),
    ("bytes that are no text", [b"\xff\x00\n"], [b"\xff\x00"]),
]


@pytest.mark.parametrize(("name", "pieces", "lines"), PIECES)
def test_lines_come_whole_and_in_order(
    pipe: tuple[int, int], name: str, pieces: list[bytes], lines: list[bytes]
) -> None:
    reader = LineReader(pipe[0])
    for piece in pieces:
        os.write(pipe[1], piece)
    assert [reader.read(soon()) for _ in lines] == lines


def test_a_line_of_megabytes_passes_through(pipe: tuple[int, int]) -> None:
    long = b"x" * 3_000_000
    writer = threading.Thread(target=write_line, args=(pipe[1], long))
    writer.start()
    assert LineReader(pipe[0]).read(soon()) == long
    writer.join()


def test_a_line_that_does_not_come_in_time_is_a_timeout(pipe: tuple[int, int]) -> None:
    os.write(pipe[1], b"half a li")
    reader = LineReader(pipe[0])
    with pytest.raises(TimeoutError):
        reader.read(time.monotonic() + 0.01)
    os.write(pipe[1], b"ne\n")
    assert reader.read(soon()) == b"half a line"


def test_a_deadline_in_the_past_leaves_what_has_come_for_later(pipe: tuple[int, int]) -> None:
    os.write(pipe[1], b"one\n")
    reader = LineReader(pipe[0])
    with pytest.raises(TimeoutError):
        reader.read(time.monotonic() - 1)
    assert reader.read(soon()) == b"one"


def test_the_end_of_the_other_side_is_a_broken_pipe(pipe: tuple[int, int]) -> None:
    os.write(pipe[1], b"one\nhalf")
    os.close(pipe[1])
    reader = LineReader(pipe[0])
    assert reader.read(soon()) == b"one"
    with pytest.raises(BrokenPipeError):
        reader.read(soon())


@pytest.mark.parametrize("pieces", [[b"x" * 11], [b"x" * 11 + b"\n"], [b"x" * 6, b"x" * 6], [b"one\n" + b"x" * 11]])
def test_a_line_that_is_too_long_ends_the_reading(pipe: tuple[int, int], pieces: list[bytes]) -> None:
    reader = LineReader(pipe[0], longest=10)
    *first, last = pieces
    for piece in first:
        os.write(pipe[1], piece)
        assert not reader.comes(1)
    os.write(pipe[1], last)
    with pytest.raises(BrokenPipeError):
        reader.read(soon())


def test_writing_to_nobody_is_an_error(pipe: tuple[int, int]) -> None:
    os.close(pipe[0])
    with pytest.raises(OSError, match="Broken pipe"):
        write_line(pipe[1], b"one")


def test_descriptors_beyond_those_that_select_knows_can_be_used(pipe: tuple[int, int]) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= hard <= 2000:
        pytest.skip("this host allows too few descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        reading, writing = (fcntl.fcntl(descriptor, fcntl.F_DUPFD, 1500) for descriptor in pipe)
        write_line(writing, b"one", soon())
        assert LineReader(reading).read(soon()) == b"one"
        for descriptor in (reading, writing):
            os.close(descriptor)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
