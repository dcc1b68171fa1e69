"""The authors' records are downloaded once, go on where they were stopped, and are no other files."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.cli import coderm, said
from helpers.file_server import FileServer, serving_files

from coderm_eval.core.errors import DatasetError, InputError, OutputError
from coderm_eval.generation.recorded.coderm_fetch import fetch_records
from coderm_eval.generation.recorded.coderm_files import (
    BLOBS,
    all_cells,
    blob_of,
    cells_of,
    records_cache,
    records_folder,
)

CONTENTS = {
    "humaneval+/ut_coderm-8b_100.jsonl": b'{"task_id": "HumanEval/0"}\n' * 4_000,
    "mbpp+/ut_coderm-8b_100.jsonl": b'{"task_id": "Mbpp/2"}\n' * 10,
}
FIRST = next(iter(CONTENTS))


def git_name(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


FILES = {name: git_name(content) for name, content in CONTENTS.items()}


@pytest.fixture(autouse=True)
def _small_and_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was received is written in parts of 1 kB, not 10 MB, and no try waits."""
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1_000)
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda seconds: None)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    with serving_files({f"data/result/{name}": content for name, content in CONTENTS.items()}) as served:
        monkeypatch.setenv("CODERM_RECORDS_URL", served.url)
        yield served


def complaint(folder: Path) -> str:
    return said(DatasetError, fetch_records, FILES, folder)


def found(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_files_are_downloaded_once(server: FileServer, tmp_path: Path) -> None:
    assert fetch_records(FILES, tmp_path) == [tmp_path / name for name in FILES]
    assert found(tmp_path) == CONTENTS
    server.files = {}
    assert fetch_records(FILES, tmp_path) == [tmp_path / name for name in FILES]
    assert server.asked == [(f"data/result/{name}", None) for name in FILES]


def test_a_connection_that_breaks_is_resumed(server: FileServer, tmp_path: Path) -> None:
    server.breaks_after = [30_000, 20_000]
    fetch_records(FILES, tmp_path)
    assert found(tmp_path) == CONTENTS
    assert [part for _, part in server.asked] == [None, "bytes=30000-", "bytes=50000-", None]


def test_what_a_stopped_download_had_got_is_not_asked_for_again(server: FileServer, tmp_path: Path) -> None:
    part = tmp_path / f"{FIRST}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENTS[FIRST][:50_000])
    fetch_records(FILES, tmp_path)
    assert found(tmp_path) == CONTENTS and server.asked[0] == (f"data/result/{FIRST}", "bytes=50000-")


def test_a_download_stopped_at_its_very_end_needs_no_network(tmp_path: Path) -> None:
    for name, content in CONTENTS.items():
        part = tmp_path / f"{name}.part"
        part.parent.mkdir(parents=True)
        part.write_bytes(content)
    fetch_records(FILES, tmp_path)
    assert found(tmp_path) == CONTENTS


def test_a_server_without_parts_sends_the_file_anew(server: FileServer, tmp_path: Path) -> None:
    server.knows_parts, server.breaks_after = False, [30_000]
    fetch_records(FILES, tmp_path)
    assert found(tmp_path) == CONTENTS


@pytest.mark.parametrize("content", [CONTENTS[FIRST][:-1], CONTENTS[FIRST] + b"\n", b"<html>login</html>"])
def test_another_file_is_refused_and_not_kept(server: FileServer, tmp_path: Path, content: bytes) -> None:
    """Truncated, of another commit, or the page of a proxy."""
    server.files = {f"data/result/{FIRST}": content}
    message = complaint(tmp_path)
    assert message.startswith(f"{server.url}/data/result/humaneval%2B/ut_coderm-8b_100.jsonl gave another file: ")
    assert f"it has {len(content):,} bytes and git's SHA-1 {git_name(content)}" in message
    assert found(tmp_path) == {}


def test_a_part_longer_than_the_file_is_begun_anew(server: FileServer, tmp_path: Path) -> None:
    part = tmp_path / f"{FIRST}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENTS[FIRST] + b"more")
    assert "HTTP 416" in complaint(tmp_path)
    fetch_records(FILES, tmp_path)
    assert found(tmp_path) == CONTENTS


def test_a_file_that_was_changed_since_is_refused_and_left(server: FileServer, tmp_path: Path) -> None:
    fetch_records(FILES, tmp_path)
    (tmp_path / FIRST).write_bytes(b"mine")
    message = complaint(tmp_path)
    assert message.startswith(f"{tmp_path / FIRST} is not {FIRST} of RUCKBReasoning/CodeRM at aa4946e: it has 4 bytes")
    assert message.endswith(f"; delete {tmp_path / FIRST} and fetch it again")
    assert (tmp_path / FIRST).read_bytes() == b"mine"


def test_a_server_that_lacks_the_file_is_named(server: FileServer, tmp_path: Path) -> None:
    server.files = {}
    message = complaint(tmp_path)
    assert f"{server.url}/data/result/humaneval%2B/" in message and "(HTTP 404)" in message


def test_without_a_network_one_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CODERM_RECORDS_URL", "http://127.0.0.1:9")
    message = complaint(tmp_path)
    assert "could not be downloaded (" in message and "refused" in message and "where the network reaches it" in message


def test_a_folder_that_cannot_be_written_is_named(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    assert said(OutputError, fetch_records, FILES, tmp_path / "cache").startswith(
        f"{tmp_path / 'cache' / FIRST}: cannot"
    )


def test_a_file_is_named_as_git_names_it(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(CONTENTS[FIRST])
    named = subprocess.run(["git", "hash-object", "x"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert blob_of(tmp_path / "x") == named.stdout.strip()


# Which files


def test_the_twelve_cells_use_every_known_file() -> None:
    assert len(all_cells()) == 12
    assert {name for cell in all_cells() for name in cell.files} == set(BLOBS)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["mbpp+/llama3-8b"], ["mbpp+/llama3-8b"]),
        (["llama3-70b"], ["humaneval+/llama3-70b", "mbpp+/llama3-70b", "livecodebench/llama3-70b"]),
        (
            ["gpt-3.5-turbo", "humaneval+/llama3-8b"],
            ["humaneval+/llama3-8b", *(f"{b}/gpt-3.5-turbo" for b in ("humaneval+", "mbpp+", "livecodebench"))],
        ),
    ],
)
def test_cells_are_named_by_benchmark_policy_or_both(names: list[str], expected: list[str]) -> None:
    assert [cell.name for cell in cells_of(names)] == expected


def test_an_unknown_cell_is_told_which_was_meant() -> None:
    assert said(InputError, cells_of, ["llama3-8B"]) == "the paper has no cell 'llama3-8B'; did you mean 'llama3-8b'?"


def test_a_clone_is_a_folder_of_records_and_so_is_its_own(tmp_path: Path) -> None:
    path = tmp_path / "data" / "result" / FIRST
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    assert records_folder(tmp_path, [FIRST]) == records_folder(tmp_path / "data" / "result", [FIRST])
    message = said(InputError, records_folder, tmp_path, list(FILES))
    assert message.startswith(
        f"{tmp_path / 'data' / 'result' / 'mbpp+' / 'ut_coderm-8b_100.jsonl'}: no such file; run `"
    )


# The verb


def test_fetch_downloads_the_files_of_the_cells(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = cells_of(["mbpp+/llama3-8b"])[0].files
    contents = {name: name.encode() for name in names}
    server.files = {f"data/result/{name}": content for name, content in contents.items()}
    for name, content in contents.items():
        monkeypatch.setitem(BLOBS, name, git_name(content))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    done = coderm("fetch", "coderm-records", "--cells", "mbpp+/llama3-8b", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert found(records_cache()) == contents
    assert "RUCKBReasoning/CodeRM at aa4946e, 2 files; its authors state no licence" in done.stderr
    sums = [hashlib.sha256(content).hexdigest() for content in contents.values()]
    assert [line.split()[-1] for line in done.stdout.splitlines()] == sums


def test_cells_are_of_the_records_alone(tmp_path: Path) -> None:
    done = coderm("fetch", "demo", "--cells", "mbpp+", cwd=tmp_path)
    assert done.returncode == 2 and "--cells is of coderm-records; leave it out" in done.stderr
