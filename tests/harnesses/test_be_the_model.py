"""Real harnesses over HTTP: what they store is what the server picked, or the first of the recorded samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from helpers import harness_runs
from helpers.harness_runs import Run
from helpers.recordings import Picks, Recording, best_of_n, picks_of_rerank, write_humaneval, write_livecodebench

HARNESSES: list[tuple[str, Run]] = [
    ("humaneval", harness_runs.evalplus),
    ("humaneval", harness_runs.lm_eval_completions),
    ("humaneval", harness_runs.lm_eval_chat),
    ("humaneval", harness_runs.openai_client),
    ("humaneval", harness_runs.inspect_evals),
    ("humaneval", harness_runs.bigcodebench),
    ("livecodebench", harness_runs.lighteval),
    ("livecodebench", harness_runs.livecodebench),
]

MODELS = ("recorded", "recorded@first")


def repeats(run: Run, model: str) -> bool:
    """What `make harnesses` alone runs: a second run of a harness whose start takes five to ten seconds. The words of
    a completion, and both names of the model, are tried by each `make test` without lm-eval's process."""
    return run is not harness_runs.openai_client and (model != MODELS[0] or run is harness_runs.lm_eval_completions)


each_harness_and_model = pytest.mark.parametrize(
    ("name", "run", "model"),
    [
        pytest.param(name, run, model, marks=[pytest.mark.whole_run] if repeats(run, model) else [])
        for name, run in HARNESSES
        for model in MODELS
    ],
    ids=[f"{run.__name__}, {model}" for _, run in HARNESSES for model in MODELS],
)


@dataclass(frozen=True)
class Served:
    """A recording, what `rerank` picks from it, and a server that picks among its answers."""

    recording: Recording
    picks: Picks
    url: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Served]]:
    with ExitStack() as stack:

        def serve(name: str, recording: Recording) -> Served:
            folder = tmp_path_factory.mktemp(name)
            url = stack.enter_context(best_of_n(recording, folder))
            return Served(recording, picks_of_rerank(recording, folder), url)

        writers = {"humaneval": write_humaneval, "livecodebench": write_livecodebench}
        yield {name: serve(name, write(tmp_path_factory.mktemp("files"))) for name, write in writers.items()}


@each_harness_and_model
def test_the_picks_of_serve_are_those_of_rerank(
    name: str, run: Run, model: str, served: Mapping[str, Served], tmp_path: Path
) -> None:
    """The harness stores the pick; under the name of the first sample it stores that."""
    here = served[name]
    expected = here.picks.chosen if model == "recorded" else here.picks.first
    assert here.recording.programs(run(here.url, model, here.recording, tmp_path)) == expected
