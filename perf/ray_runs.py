"""Whole runs on clusters of this machine, with what may happen in their middle: are their files those of one machine?

    PYTHONPATH=tests python -m perf.ray_runs

Each line is a run of invented problems by `coderm-eval rerank --grade`, on nodes with one CPU each. "driver killed" and
"driver interrupted" are followed by the same command.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from helpers.processes import soon
from helpers.ray_clusters import actors, add_node, cluster_of, drain_node, kill_node

from perf._common import argument_parser, print_table
from perf._invented import InventedFiles, Shape

Nodes = list[Any]
Happens = Callable[[Any, Nodes, "subprocess.Popen[bytes]"], None]
"""Given the cluster, its nodes and the run."""


def nothing(cluster: Any, nodes: Nodes, run: subprocess.Popen[bytes]) -> None:
    pass


def actor_killed(cluster: Any, nodes: Nodes, run: subprocess.Popen[bytes]) -> None:
    for process in actors(nodes[0]):
        os.kill(process, signal.SIGKILL)


def node_lost(cluster: Any, nodes: Nodes, run: subprocess.Popen[bytes]) -> None:
    """Its raylet is killed, and all that it started ends."""
    kill_node(cluster, nodes.pop())


def node_added(cluster: Any, nodes: Nodes, run: subprocess.Popen[bytes]) -> None:
    nodes.append(add_node(cluster))


def node_added_and_removed(cluster: Any, nodes: Nodes, run: subprocess.Popen[bytes]) -> None:
    node_added(cluster, nodes, run)
    soon(lambda: bool(actors(nodes[-1])))
    time.sleep(2)
    cluster.remove_node(nodes.pop())


def node_drained(cluster: Any, nodes: Nodes, run: subprocess.Popen[bytes]) -> None:
    """It is announced that it goes; Ray stops it once it is idle."""
    drain_node(nodes.pop())


def driver_interrupted(cluster: Any, nodes: Nodes, run: subprocess.Popen[bytes]) -> None:
    run.send_signal(signal.SIGINT)


def driver_killed(cluster: Any, nodes: Nodes, run: subprocess.Popen[bytes]) -> None:
    run.kill()


PLANS: tuple[tuple[int, Happens], ...] = (
    *((nodes, nothing) for nodes in (1, 2, 4)),
    (1, actor_killed),
    (2, actor_killed),
    (2, node_lost),
    (4, node_lost),
    (1, node_added),
    (2, node_added_and_removed),
    (2, node_drained),
    (2, driver_interrupted),
    (2, driver_killed),
)


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--problems", type=int, default=120)
    parser.add_argument("--seconds", type=float, default=3, help="from the first call to what happens")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        files = InventedFiles.written(folder, Shape(given.problems, 8, 8, 8, 8, gold=True))
        inputs = ("--benchmark", files.problems, "--samples", files.samples, "--tests", files.tests)
        command = [sys.executable, "-m", "coderm_eval", "rerank", *map(str, inputs), "--grade", "--no-report"]
        expected = finished(command, folder / "local")

        def rows() -> Iterator[tuple[str, ...]]:
            for number, (nodes, happens) in enumerate(PLANS):
                took, found = on_cluster(command, folder / str(number), nodes, happens, given.seconds)
                name = happens.__name__.replace("_", " ")
                yield str(nodes), name, f"{took:.0f}", "yes" if found == expected else "NO"
                print(f"{nodes} nodes, {name}: {found == expected}", file=sys.stderr)

        print_table(("nodes", "in the middle", "seconds", "same files"), list(rows()))


def on_cluster(
    command: list[str], out: Path, count: int, happens: Happens, after_s: float
) -> tuple[float, Mapping[str, object]]:
    """Seconds and files of a run on a cluster of so many nodes."""
    with cluster_of(0) as cluster:
        nodes: Nodes = [add_node(cluster) for _ in range(count)]
        settings = out.with_suffix(".yaml")
        settings.write_text(f"execution: {{backend: ray, ray: {{address: '{cluster.address}'}}}}\n")
        command = [*command, "--config", str(settings)]
        started = time.monotonic()
        with subprocess.Popen([*command, "--out", str(out), "-q"], stdout=subprocess.DEVNULL) as run:
            soon(lambda: any("run" in name for node in nodes for name in actors(node).values()))
            time.sleep(after_s)
            if run.poll() is not None:
                raise SystemExit(f"the run ended before {happens.__name__}: give more --problems, or fewer --seconds")
            happens(cluster, nodes, run)
        return time.monotonic() - started, finished(command, out)


def finished(command: list[str], out: Path) -> Mapping[str, object]:
    """The files of a run, which is ended if it is not; without seconds and moments."""
    subprocess.run([*command, "--out", str(out), "-q"], stdout=subprocess.DEVNULL, check=True)
    found: dict[str, object] = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    summary = json.loads((out / "summary.json").read_text())
    del summary["seconds"], found["provenance.json"]
    return {**found, "summary.json": summary}


if __name__ == "__main__":
    main()
