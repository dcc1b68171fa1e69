"""Nothing of a user's is lost: every verb refuses, before it works, to write over what it reads or what is finished."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.cli import CLI, DEMO_TASKS, coderm, quick, rows, write_rows
from helpers.earlier_stores import write_earlier
from helpers.servers import serving, well_behaved
from helpers.small_disks import mounted
from helpers.stores import everything

from coderm_eval.benchmarks.demo import SAMPLES, TESTS
from coderm_eval.core.locks import alone_in


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with samples and tests of the demo, also in the places where a run writes its own."""
    quick(SAMPLES, tmp_path / "s.jsonl")
    quick(TESTS, tmp_path / "t.jsonl")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "samples.jsonl").write_bytes((tmp_path / "s.jsonl").read_bytes())
    (tmp_path / "old" / "tests.jsonl").write_bytes((tmp_path / "t.jsonl").read_bytes())
    (tmp_path / "precious.json").write_text("{}")
    (tmp_path / "c.yaml").write_text("n: 2\n")
    return tmp_path


GRADE = "grade --benchmark demo --allow-partial --samples"
WRITE = "write-tests --benchmark demo --allow-partial --model m --base-url http://127.0.0.1:9/v1 --samples"
SAMPLE = "sample --benchmark demo --model m --base-url http://127.0.0.1:9/v1"
RERANK = "rerank --benchmark demo --allow-partial"

REFUSED = [
    (f"{GRADE} s.jsonl --out s.jsonl", "s.jsonl: --out would overwrite the input --samples s.jsonl"),
    (f"{GRADE} s.jsonl --out s.jsonl.gz", "--samples s.jsonl"),
    (f"{GRADE} s.jsonl --out precious.json", "precious.json: the file was not made from the store"),
    (f"{GRADE} s.jsonl --out c.yaml --config c.yaml", "--config c.yaml"),
    (f"{WRITE} s.jsonl --out s.jsonl", "--samples s.jsonl"),
    (f"{WRITE} s.jsonl --out ./s.jsonl", "--samples s.jsonl"),
    (f"{WRITE} s.jsonl --out t.jsonl", "t.jsonl: the file was not made from the store t.jsonl.store"),
    (f"{SAMPLE} --out s.jsonl", "s.jsonl: the file was not made from the store s.jsonl.store"),
    (f"{SAMPLE} --out c.yaml --config c.yaml", "--config c.yaml"),
    (f"{SAMPLE} --out new.jsonl --store .", "the store . has its files there"),
    (f"{RERANK} --samples old/samples.jsonl --tests t.jsonl --out old", "the input --samples old/samples.jsonl"),
    (f"{RERANK} --samples s.jsonl --tests old/tests.jsonl --out old", "the input --tests old/tests.jsonl"),
    (f"{RERANK} --samples s.jsonl --tests t.jsonl --out old --n 1", "old: it holds a samples.jsonl of something else"),
    (f"{RERANK} --samples s.jsonl --tests t.jsonl --out new --store new", "the store new has its files there"),
    (f"{GRADE} s.jsonl --out old", "old: this is a folder"),
    (f"{RERANK} --samples s.jsonl --tests t.jsonl --out s.jsonl", "s.jsonl: a file is there; name a folder"),
    (f"{GRADE} s.jsonl --out s.jsonl/x", "s.jsonl/x: cannot be written"),
    (f"{SAMPLE} --out /proc/x.jsonl", "/proc/x.jsonl: cannot be written"),
    (f"{GRADE} s.jsonl --out g.json --store s.jsonl", "the store s.jsonl cannot be used"),
]


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("line", "words"), REFUSED, ids=[line for line, _ in REFUSED])
def test_what_would_be_lost_is_refused_by_name_before_work(files: Path, line: str, words: str) -> None:
    before = contents(files)
    done = coderm(*line.split(), cwd=files)
    assert done.returncode == 2 and words in done.stderr.splitlines()[-1], done.stderr
    assert contents(files) == before


def test_a_file_of_the_users_in_the_store_is_not_added_to(files: Path) -> None:
    (files / "old" / "store.sqlite3").write_text("a list of old things")
    before = contents(files)
    done = coderm(*f"{GRADE} s.jsonl --out g.json --store old".split(), cwd=files)
    assert done.returncode == 2 and "old/store.sqlite3: damaged, or no store" in done.stderr
    assert contents(files) == before


# Runs


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    quick(SAMPLES, folder / "s.jsonl", 16)  # so many that they fill a small disk
    quick(TESTS, folder / "t.jsonl", 16)
    done = coderm(*f"{RERANK} --samples s.jsonl --tests t.jsonl --out run".split(), cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


OTHER_RUNS = [
    ("--n 1", "a finished run whose settings.n is None, and here it is 1; give another --out, or --overwrite"),
    ("--select codet", "settings.select is 'evidence', and here it is 'codet'"),
    ("--budget uniform", "settings.budget.policy is 'sequential', and here it is 'uniform'"),
    ("--tests other.jsonl", "run: it holds a finished run of other recorded tests, which are in its tests.jsonl; give"),
    ("--samples other.jsonl", "a finished run of other candidates, which are in its samples.jsonl; give another --out"),
]


@pytest.mark.parametrize(("flags", "words"), OTHER_RUNS)
def test_a_finished_run_is_not_replaced_by_another(finished: Path, flags: str, words: str) -> None:
    for name, column in (("s.jsonl", "solution"), ("t.jsonl", "test")):
        listed = [{**row, column: f"{row[column]}\n# other\n"} for row in rows(finished / name)]
        with (finished / "other.jsonl").open("w" if column == "solution" else "a") as file:
            file.writelines(json.dumps(row) + "\n" for row in listed if f"--{name[0]}" in flags)
    before = contents(finished)
    line = f"{RERANK} --samples s.jsonl --tests t.jsonl --out run {flags}"
    done = coderm(*line.split(), cwd=finished)
    assert done.returncode == 2 and words in done.stderr.splitlines()[-1], done.stderr
    assert contents(finished) == before


def test_a_finished_run_of_an_earlier_version_is_called_one(finished: Path, tmp_path: Path) -> None:
    """It lacks what came later, which is no setting that the user could have given."""
    folder = Path(shutil.copytree(finished, tmp_path / "copy"))
    summary = json.loads((folder / "run" / "summary.json").read_text())
    del summary["shard"], summary["settings"]["budget"]["pool"]
    (folder / "run" / "summary.json").write_text(json.dumps(summary))
    done = coderm(*f"{RERANK} --samples s.jsonl --tests t.jsonl --out run".split(), cwd=folder)
    assert done.returncode == 2
    assert "run: it holds a finished run of an earlier version; give another --out, or" in done.stderr


def test_a_run_of_an_earlier_version_is_replaced_in_the_way_that_is_said(finished: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(finished, tmp_path / "copy"))
    (folder / "run" / "summary.json").write_text("{}")
    (folder / "run" / "store" / "store.sqlite3").unlink()
    write_earlier(folder / "run" / "store", answers={"a": {"v": 1}})
    line = f"{RERANK} --samples s.jsonl --tests t.jsonl --out run".split()
    refused = coderm(*line, cwd=folder)
    assert refused.stderr.strip().endswith("or --overwrite to replace it, after `coderm-eval store convert run/store`")
    assert coderm("store", "convert", "run/store", cwd=folder).returncode == 0
    assert coderm(*line, "--overwrite", cwd=folder).returncode == 0


def test_grades_are_not_taken_away_by_the_same_run_without(finished: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(finished, tmp_path / "copy"))
    line = f"{RERANK} --samples s.jsonl --tests t.jsonl --out run".split()
    assert coderm(*line, "--grade", cwd=folder).returncode == 0
    before = contents(folder)
    done = coderm(*line, cwd=folder)
    assert done.returncode == 2
    assert "run: it holds this run with grades; add --grade, or give another --out, or" in done.stderr
    assert contents(folder) == before


def test_the_same_run_repeats_and_another_replaces_it_on_demand(finished: Path) -> None:
    line = f"{RERANK} --samples s.jsonl --tests t.jsonl --out run".split()
    for _ in range(2):
        assert coderm(*line, "--allow-incomplete", cwd=finished).returncode == 0
    (finished / "run" / "curve.csv").write_text("of the run before")
    done = coderm(*line, "--n", 1, "--overwrite", cwd=finished)
    assert done.returncode == 0, done.stderr
    assert json.loads((finished / "run" / "summary.json").read_text())["n_candidates"] == 1
    assert not (finished / "run" / "curve.csv").exists()
    assert coderm(*line, "--overwrite", cwd=finished).returncode == 0


# Files that are made again


def test_a_command_repeats_its_own_file_and_keeps_one_that_was_changed(files: Path) -> None:
    with serving(well_behaved) as (url, _):
        line = f"write-tests --benchmark demo --allow-partial --model m --base-url {url} --samples s.jsonl --num 1"
        assert coderm(*line.split(), "--out", "w.jsonl", cwd=files).returncode == 0
        assert coderm(*line.split(), "--out", "w.jsonl", cwd=files).returncode == 0
        (files / "w.jsonl").write_text("mended by hand")
        refused = coderm(*line.split(), "--out", "w.jsonl", cwd=files)
        assert refused.returncode == 2 and (files / "w.jsonl").read_text() == "mended by hand"
        assert coderm(*line.split(), "--out", "w.jsonl", "--overwrite", cwd=files).returncode == 0
    assert len(rows(files / "w.jsonl")) == len(DEMO_TASKS)


def test_a_dry_run_writes_nothing(files: Path) -> None:
    before = sorted(files.rglob("*"))
    for line in (
        f"{SAMPLE} --out s.jsonl --dry-run",
        f"{WRITE} s.jsonl --out w.jsonl --dry-run",
        f"{RERANK} --samples s.jsonl --tests t.jsonl --out run --dry-run",
    ):
        done = coderm(*line.split(), cwd=files)
        assert done.returncode == 0, done.stderr
    assert sorted(files.rglob("*")) == before


# A disk that is full, and readers that go away


@pytest.mark.parametrize("verb", ["report run", "report --help"])
def test_a_reader_that_goes_away_ends_a_command_without_a_word(finished: Path, verb: str) -> None:
    """The exit code is that of SIGPIPE, as shells have it."""
    line = f"{RERANK} --samples s.jsonl --tests t.jsonl --out run --overwrite --grade"
    assert coderm(*line.split(), cwd=finished).returncode == 0
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m coderm_eval.cli {verb} | true; echo ${{PIPESTATUS[0]}}"],
        cwd=finished,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stderr, done.stdout.strip()) == ("", "141")


def test_a_full_disk_behind_the_output_is_one_sentence(finished: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*CLI, "report", "run"],
            cwd=finished,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("coderm-eval: the output cannot be written: No space left on device; make room")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for a part of a run."""
    with mounted(tmp_path / "disk", "400k") as folder:
        yield folder


REFUSED_RUNS = [
    "--tests t.jsonl --grade --resample-tests 900",
    "--tests broken.jsonl",
    "--tests t.jsonl --config rates.yaml",
    "--config nowhere.yaml",
    "--config missing.yaml",
]
"""Flags of runs that are refused once the run directory is looked at."""


@pytest.mark.parametrize("flags", REFUSED_RUNS)
@pytest.mark.parametrize("store", ["", "--store elsewhere"])
def test_a_run_that_is_refused_leaves_nothing_behind(files: Path, flags: str, store: str) -> None:
    write_rows(files / "broken.jsonl", [{"task_id": DEMO_TASKS[0], "test": "impor t unittest"}])
    (files / "rates.yaml").write_text("budget: {policy: greedy, rates: broken.jsonl}")
    (files / "nowhere.yaml").write_text("tests: {model: m, base_url: x}")
    (files / "missing.yaml").write_text("tests: {backend: nothing, model: m}")
    before = sorted(files.rglob("*"))
    done = coderm(*f"{RERANK} --samples s.jsonl --out run {flags} {store}".split(), cwd=files)
    assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
    assert sorted(files.rglob("*")) == before


def test_a_run_goes_on_once_a_full_disk_has_room_again(small_disk: Path, finished: Path) -> None:
    line = f"{RERANK} --samples s.jsonl --tests t.jsonl --out {small_disk}/run".split()
    full = coderm(*line, cwd=finished)
    sentence = full.stderr.splitlines()[-1]
    assert full.returncode == 2 and "No space left on device" in sentence and "run the same command again" in sentence
    before = everything(small_disk / "run" / "store")
    subprocess.run(["mount", "-o", "remount,size=10m", small_disk], check=True)
    assert coderm(*line, cwd=finished).returncode == 0
    assert before < everything(small_disk / "run" / "store")


def test_two_runs_are_never_at_work_in_one_folder(files: Path) -> None:
    command = f"{RERANK} --samples s.jsonl --tests t.jsonl --out run".split()
    with alone_in(files / "run"):
        refused = subprocess.run([*CLI, *command], cwd=files, capture_output=True, text=True, check=False)
        assert list((files / "run").iterdir()) == []
    assert refused.returncode == 2 and "run: another run is at work there" in refused.stderr
    assert subprocess.run([*CLI, *command], cwd=files, capture_output=True, check=False).returncode == 0
