"""Files that grow: what a killed process leaves, what another one takes over, and what it throws away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import rows

from coderm_eval.report.growing_files import GrowingFiles

FIRST: dict[str, list[dict[str, Any]]] = {"a.jsonl": [{"n": 1}, {"n": 2}], "b.jsonl": []}
SECOND: dict[str, list[dict[str, Any]]] = {"a.jsonl": [{"n": 3}], "b.jsonl": [{"x": "é"}], "c.jsonl": [{"late": True}]}


def grown(folder: Path) -> GrowingFiles:
    """Files after one part of two."""
    files = GrowingFiles(folder / ".partial", "key")
    files.append(FIRST, {"seconds": 1.5})
    return files


def finished(files: GrowingFiles, folder: Path) -> dict[str, bytes]:
    files.append(SECOND, {"seconds": 2.5})
    files.finish(folder)
    assert not (folder / ".partial").exists()
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_parts_are_lines_one_after_the_other(tmp_path: Path) -> None:
    assert finished(grown(tmp_path), tmp_path).keys() == {"a.jsonl", "b.jsonl", "c.jsonl"}
    assert rows(tmp_path / "a.jsonl") == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert rows(tmp_path / "b.jsonl") == [{"x": "é"}]


def _nothing(folder: Path) -> None:
    pass


def _a_torn_line(folder: Path) -> None:
    with (folder / "a.jsonl").open("a") as file:
        file.write('{"n": 3}\n{"n"')


def _a_file_of_a_part_that_was_not_noted(folder: Path) -> None:
    (folder / "c.jsonl").write_text('{"late": fal')


@pytest.mark.parametrize("left", [_nothing, _a_torn_line, _a_file_of_a_part_that_was_not_noted])
def test_what_was_not_written_whole_is_cut_off(tmp_path: Path, left: Callable[[Path], None]) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()
    grown(tmp_path / "killed")
    left(tmp_path / "killed" / ".partial")
    again = GrowingFiles(tmp_path / "killed" / ".partial", "key")
    assert list(again.lines("a.jsonl")) == FIRST["a.jsonl"] and again.noted == {"seconds": 1.5}
    assert finished(again, tmp_path / "killed") == finished(grown(tmp_path / "whole"), tmp_path / "whole")


def _shorter(folder: Path) -> None:
    (folder / "a.jsonl").write_text("")


def _gone(folder: Path) -> None:
    (folder / "b.jsonl").unlink()


def _damaged(folder: Path) -> None:
    (folder / "progress.json").write_text('{"key": "key", "sizes": [')


def _empty(folder: Path) -> None:
    (folder / "progress.json").write_text("[]")


@pytest.mark.parametrize("harm", [_shorter, _gone, _damaged, _empty])
def test_what_cannot_be_relied_on_is_thrown_away(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    grown(tmp_path)
    harm(tmp_path / ".partial")
    again = GrowingFiles(tmp_path / ".partial", "key")
    assert (again.noted, list(again.lines("a.jsonl")), list(again.names)) == ({}, [], [])
    assert not (tmp_path / ".partial").exists()


def test_what_belongs_to_another_run_is_thrown_away(tmp_path: Path) -> None:
    grown(tmp_path)
    assert GrowingFiles(tmp_path / ".partial", "another").noted == {}
