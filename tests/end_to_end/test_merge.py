"""Shards of a run, merged: the files are those of the whole run, and what cannot be merged is told in a sentence."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import CLI, coderm, rows, write_rows
from helpers.paths import ROOT
from helpers.processes import soon
from helpers.servers import serving, well_behaved
from helpers.sums import sums, write_sums

from coderm_eval.report import provenance
from coderm_eval.report.run_directory import RunDirectory

INPUTS = "rerank --benchmark problems.jsonl --samples samples.jsonl --tests tests.jsonl --store store"
KINDS = {
    "uniform, graded": (8, "--budget uniform --grade --select all"),
    "pools, graded": (8, "--config pools.yaml --grade"),
    "greedy pools": (3, "--config pools.yaml --budget greedy"),
    "no tests": (3, "--no-tests"),
    "some tasks": (3, "--budget uniform --limit 11 --abstain-below 0.5"),
}
"""Into how many shards a run is cut, and its flags."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the inputs, and a store that keeps executions for all runs."""
    folder = tmp_path_factory.mktemp("runs")
    write_sums(folder)
    (folder / "pools.yaml").write_text("budget: {pool: 2, average: 3}\nreport: false\n")
    return folder


def rerank(folder: Path, flags: str, out: str, *more: str) -> None:
    inputs = INPUTS.replace(" --tests tests.jsonl", "") if "--no-tests" in flags else INPUTS
    done = coderm(*inputs.split(), *flags.split(), *more, "--out", out, "-q", cwd=folder)
    assert done.returncode == 0, done.stderr


def shards(folder: Path, flags: str, of: int, name: str) -> list[str]:
    """The directories of all shards, last one first: their order does not matter."""
    runs = {f"{name}-{number}": f"{number}/{of}" for number in range(of, 0, -1)}
    for run, shard in runs.items():
        rerank(folder, flags, run, "--shard", shard)
    return list(runs)


def merge(folder: Path, runs: Sequence[object], out: str = "merged", *more: str) -> subprocess.CompletedProcess[str]:
    return coderm("merge", *runs, "--out", out, *more, cwd=folder)


def files(folder: Path) -> dict[str, Any]:
    """The content of each file, as far as it repeats."""
    found: dict[str, Any] = {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}
    del found["provenance.json"]
    found.pop("report.html", None)  # it shows the seconds
    summary = json.loads(found["summary.json"])
    del summary["seconds"]
    return {**found, "summary.json": json.dumps(summary)}  # in the order of its keys


@pytest.mark.parametrize("kind", KINDS)
def test_merged_shards_are_the_whole_run(folder: Path, kind: str) -> None:
    (of, flags), name = KINDS[kind], kind.replace(" ", "-")
    rerank(folder, flags, f"{name}-whole")
    runs = shards(folder, flags, of, name)
    done = merge(folder, runs, f"{name}-merged")
    assert done.returncode == 0, done.stderr
    whole, merged = files(folder / f"{name}-whole"), files(folder / f"{name}-merged")
    assert merged.keys() == whole.keys()
    assert [n for n in whole if merged[n] != whole[n]] == []
    assert sorted(p.name for p in folder.glob(".*")) == []
    if "--grade" in flags:  # the whole run's command finds all done
        rerank(folder, flags, f"{name}-merged")
        assert files(folder / f"{name}-merged") == whole
        assert coderm("verify", f"{name}-merged", "--problems", 2, cwd=folder).returncode == 0


def test_each_shard_may_have_a_samples_file_of_its_own(folder: Path, tmp_path: Path) -> None:
    flags = "--budget uniform --report"
    for name in ("problems.jsonl", "tests.jsonl"):
        shutil.copy(folder / name, tmp_path)
    runs = []
    for number in (1, 2):
        own = [row for row in rows(folder / "samples.jsonl") if row["task_id"] in sums()[number - 1 :: 2]]
        write_rows(tmp_path / "samples.jsonl", own)
        rerank(tmp_path, flags, f"run-{number}", "--shard", f"{number}/2")
        runs.append(f"run-{number}")
    assert merge(tmp_path, runs).returncode == 0
    shutil.copy(folder / "samples.jsonl", tmp_path)
    rerank(tmp_path, flags, "whole")
    assert files(tmp_path / "merged") == files(tmp_path / "whole")
    assert (tmp_path / "merged" / "report.html").exists()


def test_a_killed_shard_goes_on_and_the_merge_is_the_whole_run(folder: Path, tmp_path: Path) -> None:
    for name in ("problems", "samples", "tests"):
        shutil.copy(folder / f"{name}.jsonl", tmp_path)
    inputs = INPUTS.replace(" --store store", "")
    command = f"{inputs} --budget uniform --shard 1/2 --out run-1 --no-report"
    process = subprocess.Popen([*CLI, *command.split()], cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        soon(lambda: (tmp_path / "run-1" / "samples.jsonl").exists())
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    shutil.copytree(tmp_path / "run-1", tmp_path / "killed")
    for number in (1, 2):
        done = coderm(*command.replace("1/2", f"{number}/2").replace("run-1", f"run-{number}").split(), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    if not (tmp_path / "killed" / "summary.json").exists():  # else it was quicker than the signal
        refused = merge(tmp_path, ["killed", "run-2"])
        assert refused.stderr == (
            "coderm-eval: killed: this shard is not finished; its command goes on when it is given again\n"
        )
    assert merge(tmp_path, ["run-1", "run-2"]).returncode == 0
    rerank(tmp_path, "--budget uniform --no-report", "whole")
    assert files(tmp_path / "merged") == files(tmp_path / "whole")


PAGE = (ROOT / "docs" / "guide" / "clusters.md").read_text()


def in_shell(script: str, cwd: Path, **variables: str) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=cwd, env={**os.environ, **variables, "PATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_the_array_job_of_the_guide_leaves_nothing_to_execute(folder: Path, tmp_path: Path) -> None:
    for name in ("problems", "samples", "tests"):
        shutil.copy(folder / f"{name}.jsonl", tmp_path)
    (script,) = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    for number in ("1", "2"):
        slurm = {"SLURM_ARRAY_TASK_ID": number, "SLURM_ARRAY_TASK_COUNT": "2", "SLURM_CPUS_PER_TASK": "1"}
        in_shell(script, tmp_path, **slurm)
    (command,) = re.findall(r"^\$ (coderm-eval merge .*)$", PAGE, re.MULTILINE)
    in_shell(command, tmp_path)
    again = f"{INPUTS.replace(' --store store', '')} --budget uniform --select codet --out run --overwrite -v"
    done = coderm(*again.split(), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert set(re.findall(r": (\d+) run$", done.stderr, re.MULTILINE)) == {"0"}


def test_the_loop_of_the_guide_samples_every_problem_once(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "problems.jsonl", tmp_path)
    (block,) = (b for b in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL) if "for i in" in b)
    lines = block.replace("\\\n", "").replace("1 2 3 4", "1 2").replace("/4", "/2").replace("[1-4]", "[1-2]")
    with serving(well_behaved) as (url, _):
        model = f"--n 1 --model P --base-url {url}"
        for line in (
            lines.replace("humaneval+", "problems.jsonl").replace("--backend vllm --model P", model).splitlines()
        ):
            in_shell(line.removeprefix("$ "), tmp_path)
    assert sorted(row["task_id"] for row in rows(tmp_path / "samples.jsonl")) == sorted(sums())


@pytest.fixture(scope="module")
def two(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the shards 1 and 2 of 2 and other runs."""
    for out, more in {
        "1": "--shard 1/2",
        "2": "--shard 2/2",
        "whole": "",
        "of-3": "--shard 3/3",
        "limited": "--shard 2/2 --limit 9",
        "majority": "--shard 2/2 --select majority",
        "graded": "--shard 2/2 --grade",
        "tests": "--shard 2/2 --tests other.jsonl",
    }.items():
        write_rows(folder / "other.jsonl", rows(folder / "tests.jsonl")[1:])
        rerank(folder, "--budget uniform --no-report", f"two/{out}", *more.split())
    return folder / "two"


@pytest.mark.parametrize(
    ("runs", "why"),
    [
        ("1", "shard 2 of 2 is missing: name the directories of all shards"),
        ("of-3", "shards 1 and 2 of 3 are missing: name the directories of all shards"),
        ("1 2 1", "shard 1 of 2 is given twice: 1, 1"),
        ("1 whole", "whole: a run of all its tasks, and no shard; name runs with --shard"),
        ("1 of-3", "of-3: a shard of another run than 1: its number of shards is 3, and there it is 2"),
        (
            "1 limited",
            "limited: a shard of another run than 1: their tasks are others, 9 against 17; give all shards the same "
            "--limit and --task-ids",
        ),
        ("1 majority", "majority: a shard of another run than 1: its select is 'majority', and there it is 'evidence'"),
        ("1 graded", "graded: a shard of another run than 1: its --grade is True, and there it is False"),
        (
            "1 tests",
            "tests: a shard of another run than 1: other recorded tests, which are in its tests.jsonl; give all shards "
            "the same --tests, such as `cat tests-*.jsonl` writes",
        ),
        (
            "1 nowhere",
            "nowhere: no such folder; name one that `coderm-eval rerank --out` wrote",
        ),
        (
            "1 .",
            ".: no finished run is in this folder (it has no summary.json); name one that `coderm-eval rerank --out` "
            "wrote",
        ),
    ],
)
def test_what_cannot_be_merged_is_said_in_a_sentence(two: Path, runs: str, why: str) -> None:
    done = merge(two, runs.split(), "out")
    assert (done.returncode, done.stderr) == (2, f"coderm-eval: {why}\n")
    assert not (two / "out").exists()


PLACES = [
    ("whole", "whole: something is there already; give another --out, or --overwrite to replace it"),
    ("whole --overwrite", ""),
    (". --overwrite", ".: a shard is there; name another folder after --out"),
    ("mine --overwrite", "mine: notes is there, which is no part of a run; name another folder after --out"),
]


@pytest.mark.parametrize(("place", "why"), PLACES)
def test_a_merged_run_takes_the_place_of_a_run_at_most(two: Path, tmp_path: Path, place: str, why: str) -> None:
    shutil.copytree(two, tmp_path / "runs")
    (tmp_path / "runs" / "mine").mkdir()
    (tmp_path / "runs" / "mine" / "notes").touch()
    done = coderm("merge", "1", "2", "--out", *place.split(), cwd=tmp_path / "runs")
    if why:
        assert (done.returncode, done.stderr) == (2, f"coderm-eval: {why}\n")
    else:
        assert done.returncode == 0, done.stderr
        assert files(tmp_path / "runs" / "whole") == files(two / "whole")


def test_a_shard_whose_files_were_changed_is_not_merged(two: Path, tmp_path: Path) -> None:
    shutil.copytree(two / "2", tmp_path / "2")
    lines = (two / "2" / "verdicts.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "2" / "verdicts.jsonl").write_text("".join(lines[:-1]))
    done = merge(two, ["1", tmp_path / "2"], "out")
    assert done.returncode == 2 and "verdicts.jsonl: its SHA-256 is" in done.stderr
    assert done.stderr.endswith("; copy it again, or run that shard again with --overwrite\n")


def changed(run: Path, into: Path, **entries: Mapping[str, object]) -> Path:
    """A copy of a run, in whose summary some entries have other values."""
    shutil.copytree(run, into)
    summary = json.loads((into / "summary.json").read_text())
    for key, values in entries.items():
        summary[key] |= values
    (into / "summary.json").write_text(json.dumps(summary))
    provenance.finish(RunDirectory(into), "key")
    return into


def test_what_could_not_be_run_is_merged_only_if_that_is_allowed(two: Path, tmp_path: Path) -> None:
    incomplete = changed(two / "2", tmp_path / "2", not_run={"executions": 3})
    refused = merge(two, ["1", incomplete], "incomplete")
    assert refused.returncode == 3 and "3 executions and 0 grades could not be run" in refused.stderr
    assert not (two / "incomplete").exists()
    allowed = merge(two, ["1", incomplete], "incomplete", "--allow-incomplete")
    assert allowed.returncode == 0, allowed.stderr


def test_shards_may_have_asked_different_servers_but_not_different_models(two: Path, tmp_path: Path) -> None:
    for number, (server, model) in {"1": ("http://a", "m"), "2": ("http://b", "m"), "3": ("http://a", "other")}.items():
        changed(two / str(min(int(number), 2)), tmp_path / number, policy={"server": server, "model": model})
    assert merge(tmp_path, ["1", "2"]).returncode == 0
    policy = json.loads((tmp_path / "merged" / "summary.json").read_text())["policy"]
    assert (policy["server"], policy["model"]) == (None, "m")
    refused = merge(tmp_path, ["1", "3"], "other")
    assert "3: a shard of another run than 1: its policy.model is 'other', and there it is 'm'" in refused.stderr


def test_what_a_killed_merge_left_is_thrown_away(two: Path) -> None:
    (two / ".again.merging" / "store").mkdir(parents=True)
    (two / ".again.merging" / "grades.jsonl").write_text("{")
    assert merge(two, ["1", "2"], "again").returncode == 0
    assert files(two / "again") == files(two / "whole")
    assert not (two / ".again.merging").exists()
