"""Lines of a file, found again by task: whatever their order and kind, and never those of another file."""

from __future__ import annotations

import gc
import gzip
import hashlib
import json
import os
import tracemalloc
from pathlib import Path

import pytest

from coderm_eval.core.errors import InputError
from coderm_eval.core.inputs import open_input
from coderm_eval.core.line_index import LineIndex

LINES = [b'["a", "1"]\r\n', b"\n", b'["a", "2"]\n', b'["b", "\xc3\xa9"]  \n', b" \t\n", b'["a", "3"]\n', b'["c", ""]']
TEXTS = {"a": ["1", "2", "3"], "b": ["é"], "c": [""]}


def indexed(path: Path) -> LineIndex:
    with open_input(path) as file:
        index = LineIndex(path, file)
        for _, line in index.read():
            index.add(json.loads(line)[0], 1)
    return index


def text(line: bytes) -> list[str]:
    return [json.loads(line)[1]]


def written(path: Path, lines: list[bytes]) -> Path:
    path.write_bytes(b"".join(lines))
    return path


def open_files() -> int:
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzipped"])
def test_lines_are_found_by_task_wherever_they_stand(tmp_path: Path, packed: bool) -> None:
    path = written(tmp_path / "x", [gzip.compress(b"".join(LINES))] if packed else LINES)
    index = indexed(path)
    assert index.texts(text) == TEXTS
    assert list(index) == list(TEXTS)
    assert [index.count(task) for task in index] == [3, 1, 1]
    assert index.sha256() == hashlib.sha256(b"".join(LINES)).hexdigest()


def test_lines_have_the_numbers_that_an_editor_shows(tmp_path: Path) -> None:
    path = written(tmp_path / "x", LINES)
    with open_input(path) as file:
        assert [number for number, _ in LineIndex(path, file).read()] == [1, 3, 4, 6, 7]


def test_a_pipe_is_read_as_a_file_is(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe:
        pipe.writelines(LINES)
    assert indexed(Path(f"/dev/fd/{reading}")).texts(text) == TEXTS
    os.close(reading)


def test_texts_are_counted_without_being_read(tmp_path: Path) -> None:
    found = indexed(written(tmp_path / "x", LINES)).texts(lambda line: pytest.fail("read"))
    assert {task: len(texts) for task, texts in found.items()} == {"a": 3, "b": 1, "c": 1}
    assert "a" in found and "d" not in found and found.get("d") is None


@pytest.mark.parametrize("change", ["appended", "cut", "rewritten"])
def test_a_file_that_is_changed_meanwhile_is_named(tmp_path: Path, change: str) -> None:
    path = written(tmp_path / "x", LINES)
    texts = indexed(path).texts(text)
    content = {"appended": [*LINES, b"\n"], "cut": LINES[:-1], "rewritten": [b"[" * len(b"".join(LINES))]}[change]
    written(path, content)
    os.utime(path, ns=(0, 0))  # as the clock of the file system may not have moved on
    with pytest.raises(InputError) as caught:
        list(texts["a"])
    assert str(caught.value) == f"{path}: it was changed after this command began to read it; run the command again"


def test_a_file_that_takes_its_name_changes_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "x", LINES)
    texts = indexed(path).texts(text)
    written(tmp_path / "other", [b'["a", "other"]\n']).replace(path)
    assert texts == TEXTS


def test_no_file_stays_open_once_it_is_not_needed(tmp_path: Path) -> None:
    path, before = written(tmp_path / "x", [gzip.compress(LINES[0])]), open_files()
    texts = indexed(path).texts(text)
    assert texts == {"a": ["1"]} and open_files() == before + 1
    del texts
    assert open_files() == before


def test_no_line_is_held(tmp_path: Path) -> None:
    """2,000 lines of 10 KB: held, they would take 20 MB."""
    path = written(tmp_path / "x", [b'["%d", "%s"]\n' % (number % 1000, b"x" * 10_000) for number in range(2_000)])
    tracemalloc.start()
    try:
        index = indexed(path)
        assert sum(len(texts[0]) for texts in index.texts(text).values()) == 1_000 * 10_000
        held, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 1_000_000
    assert most < 4_000_000  # a buffer of 1 MiB, and the lines in it
