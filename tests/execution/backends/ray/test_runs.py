"""Whole runs on a cluster: the files are those of one machine, and a run that was ended goes on."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import CLI, coderm, quick
from helpers.processes import heed_interrupts, soon
from helpers.ray_clusters import actors
from helpers.stores import everything, verdicts_stored

from coderm_eval.benchmarks.demo import SAMPLES, TESTS


def test_the_doctor_counts_the_nodes(cluster: Any, node: Any, tmp_path: Path) -> None:
    (tmp_path / "ray.yaml").write_text(f"execution: {{backend: ray, ray: {{address: '{cluster.address}'}}}}\n")
    said = coderm("doctor", "--config", "ray.yaml", cwd=tmp_path).stdout
    assert re.search(r"^ok +nodes +1 with 1 CPUs: .+ \(.+\)$", said, re.MULTILINE)
    assert "on all nodes of the Ray cluster" in said


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_ended_run_goes_on_and_ends_with_the_same_bytes(
    cluster: Any, node: Any, tmp_path: Path, number: signal.Signals
) -> None:
    samples = quick(SAMPLES, tmp_path / "samples.jsonl", 16)  # so many that the signal comes before the end
    tests = quick(TESTS, tmp_path / "tests.jsonl", 16)
    demo = ["rerank", "--benchmark", "demo", "--samples", samples, "--tests", tests, "--allow-partial", "--grade"]
    assert coderm(*demo, "--out", "local", cwd=tmp_path).returncode == 0
    (tmp_path / "ray.yaml").write_text(
        f"report: false\nexecution: {{backend: ray, ray: {{address: '{cluster.address}'}}}}\n"
    )
    demo += ["--out", "distributed", "--config", "ray.yaml"]
    kept = _ended(demo, tmp_path, number)
    assert soon(lambda: not actors(node))
    done = coderm(*demo, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert _files(tmp_path / "distributed") == _files(tmp_path / "local")
    local, distributed = (tmp_path / run / "store" for run in ("local", "distributed"))
    assert kept <= everything(distributed)
    assert verdicts_stored(distributed) == verdicts_stored(local)


def _ended(demo: Sequence[object], folder: Path, number: signal.Signals) -> set[tuple[Any, ...]]:
    """Have a signal end a run once some of its verdicts are stored; returns what is."""
    command = [*CLI, *map(str, demo)]
    store = folder / "distributed" / "store"
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts) as run:
        assert soon(lambda: verdicts_stored(store) > 0)
        run.send_signal(number)
        _, said = run.communicate(timeout=60)
    if run.returncode == 0:
        pytest.skip("the run was over before the signal came")
    if number == signal.SIGINT:
        assert run.returncode == 130
        assert "run the same command again" in said.splitlines()[-1] and "Traceback" not in said
    return everything(store)


def _files(run: Path) -> dict[str, object]:
    """What a run wrote, without its seconds and its store."""
    found: dict[str, object] = {
        path.name: path.read_bytes()
        for path in run.iterdir()
        if path.is_file() and path.name not in ("summary.json", "provenance.json")
    }
    summary = json.loads((run / "summary.json").read_text())
    del summary["seconds"]
    return found | {"summary": summary}
