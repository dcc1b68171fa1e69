"""Through the real lighteval, over HTTP: n samples that are n, the same picks as `rerank`, mistakes said before any."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from helpers import cli
from helpers.lighteval_runs import Command, in_one_process, shell_with_lighteval
from helpers.mini_humaneval import MiniHumanEval, point_evalplus, write_mini
from helpers.paths import ROOT
from helpers.replaying import replaying
from helpers.servers import one_choice_only, serving

from coderm_eval.benchmarks import load_benchmark
from coderm_eval.core.errors import SettingsError
from coderm_eval.hosts.server.replay import RecordedAnswers
from coderm_eval.report.scores import ROWS

GUIDE = (ROOT / "docs" / "guide" / "lighteval.md").read_text()
TASK = "humanevalplus_coderm"
N = 20
"""As the guide has it."""

TESTS = {
    "HumanEval/0": ["assert buoy_gap(9, 4) == 5", "assert buoy_gap(1, 4) == 3"],
    "HumanEval/1": ["assert peal([4, 8]) == [8, 4]", "assert peal('ab') == 'ba'"],
    "HumanEval/2": ["assert latest_tide([2, 6]) == 6", "assert latest_tide([]) == 0"],
}
"""The last one is wrong."""


def test_class(line: str) -> str:
    return f"import unittest\n\n\nclass TestIt(unittest.TestCase):\n    def test_it(self):\n        {line}\n"


test_class.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def mini(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniHumanEval]:
    mini = write_mini(tmp_path_factory.mktemp("mini"))
    with pytest.MonkeyPatch.context() as patch:
        point_evalplus(patch, mini.environment)
        yield mini


@contextmanager
def replay(mini: MiniHumanEval, tasks: int = 3) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The address of a server that plays policy and test writer, and its requests.

    Args:
        tasks: that it has candidates for: wrong, right, wrong in another way, right again, and so on.
    """
    problems = load_benchmark("humaneval+").problems
    other = "\n\ndef {}(*a):\n    return 0\n"
    candidates = {
        p.task_id: [mini.wrong[p.task_id], mini.right[p.task_id], other.format(p.entry_point), mini.right[p.task_id]]
        * 5
        for p in problems[:tasks]
    }
    tests = {task: [test_class(line) for line in lines] * 10 for task, lines in TESTS.items()}
    requests: list[dict[str, Any]] = []
    with replaying(RecordedAnswers(problems, candidates, tests), requests) as address:
        yield address, requests


def settings(folder: Path, address: str, *, allow_incomplete: bool = False) -> Path:
    """The guide's file, with another address, and one worker, as the rest of the suite has."""
    execution = json.dumps({"workers": 1, "allow_incomplete": allow_incomplete})
    [text] = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    path = folder / "coderm.yaml"
    path.write_text(f"report: false\nexecution: {execution}\n{text.replace('127.0.0.1:8001', address)}")
    return path


@dataclass(frozen=True)
class Done:
    """The guide's command, run once for many tests."""

    folder: Path
    output: str
    requests: list[dict[str, Any]]

    @property
    def run(self) -> Path:
        (found,) = self.folder.glob(f"coderm-runs/{TASK}-*")
        return found

    @property
    def results(self) -> tuple[Path, Mapping[str, Any]]:
        (path,) = (self.folder / "out").rglob("results_*.json")
        return path, json.loads(path.read_text())


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, mini: MiniHumanEval) -> Done:
    """Only its addresses are changed."""
    folder = tmp_path_factory.mktemp("lighteval")
    [line] = [c for c in re.findall(r"\$ (.*?)(?=\n\$|\n```)", GUIDE, re.DOTALL) if "lighteval endpoint" in c]
    with replay(mini) as (address, requests):
        settings(folder, address)
        ended = shell_with_lighteval(line.replace("127.0.0.1:8000", address), folder, mini.environment)
    assert ended.returncode == 0, ended.stderr
    return Done(folder, ended.stdout, requests)


def test_the_table_has_the_rows_of_lm_eval(done: Done) -> None:
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.output.splitlines() if "|" in line]
    shown = {row[2]: float(row[3]) for row in rows if len(row) == 6 and re.fullmatch(r"[\d.]+", row[3])}
    expected = {"random": 0.5, "first": 0, "majority": 1, "coderm": 1, "oracle": 1}
    assert shown == {
        **{f"pass@1:{row}": expected[row] for row in ROWS},
        "tests_per_problem": shown["tests_per_problem"],
    }


def test_n_samples_are_asked_for_and_arrive(done: Done) -> None:
    """One request for each problem, with the sampling of the model's arguments."""
    policy = [body for body in done.requests if body["model"] == "P"]
    sampling = {(b["n"], b["temperature"], b["top_p"], b["seed"]) for b in policy}
    assert (len(policy), sampling) == (3, {(N, 0.8, 0.95, 0)})
    assert len((done.run / "samples.jsonl").read_text().splitlines()) == 3 * N


def test_both_ways_leave_the_same_candidates_tests_and_picks(done: Done, mini: MiniHumanEval, tmp_path: Path) -> None:
    files = ["--samples", done.run / "samples.jsonl", "--tests", done.run / "tests.jsonl"]
    alone = cli.coderm("rerank", "--benchmark", "humaneval+", *files, "--out", "alone", cwd=tmp_path)
    assert alone.returncode == 0, alone.stderr
    for name in ("samples.jsonl", "tests.jsonl", "chosen.jsonl"):
        assert (done.run / name).read_text() == (tmp_path / "alone" / name).read_text()


def test_the_run_says_who_asked_and_who_answered(done: Done) -> None:
    provenance = json.loads((done.run / "provenance.json").read_text())
    assert provenance["host"]["name"] == "lighteval"
    assert provenance["command"][:3] == ["lighteval", "endpoint", "litellm"]
    assert done.folder / provenance["results_file"] == done.results[0]
    policy = json.loads((done.run / "summary.json").read_text())["policy"]
    assert policy["model"] == "openai/P"
    assert {name: policy["sampling"][name] for name in ("n", "temperature", "top_p", "seed")} == {
        **{"n": N, "temperature": 0.8, "top_p": 0.95, "seed": 0}
    }


def test_lightevals_own_files_have_the_scores_and_no_gold_test(done: Done, mini: MiniHumanEval) -> None:
    path, results = done.results
    assert results["results"][f"{TASK}|0"]["pass@1:coderm"] == 1
    (details,) = (done.folder / "out").rglob(f"details_{TASK}*.parquet")
    from datasets import Dataset

    rows = Dataset.from_parquet(str(details), cache_dir=str(done.folder / "cache")).to_list()
    assert [row["metric"]["pass@1"]["pass@1:coderm"] for row in rows] == [1.0] * 3
    assert {row["doc"]["specific"]["task_id"] for row in rows} == set(mini.right)
    assert "plus_input" not in path.read_text() + json.dumps(rows)


MODEL = "model_name=openai/P,base_url=http://{},api_key=none,api_max_retry=1,generation_parameters={{temperature:0.8,seed:0}}"
FLAGS = ("--custom-tasks", "coderm_eval.hosts.lighteval", "--output-dir", "out")


GREEDY = "model_name=openai/P,base_url=http://127.0.0.1:9/v1"
SAMPLING = f"{GREEDY},generation_parameters={{temperature:0.8}}"
WRITTEN = "tests: {model: M, base_url: 'http://127.0.0.1:9/v1'}\n"

REFUSED = [
    (GREEDY, f"{TASK}@n=4|0", WRITTEN, "n is 4 but decoding is greedy"),
    (f"{GREEDY},generation_parameters={{temperature:0}}", f"{TASK}|0", WRITTEN, "n is 20 but decoding is greedy"),
    ("greedy.yaml", f"{TASK}@n=4|0", WRITTEN, "n is 4 but decoding is greedy"),
    (SAMPLING, f"{TASK}|0", "n: 4\n", "tests.model is not set: name a YAML file in the variable CODERM_CONFIG"),
    (SAMPLING, f"{TASK}|5", WRITTEN, f"{TASK}|5: the prompts have no examples; write {TASK}|0"),
    (SAMPLING, f"{TASK}@num_samples=4|0", WRITTEN, "parameters of the task: unknown setting 'num_samples'"),
    (SAMPLING, f"{TASK}@n=0|0", WRITTEN, "parameters of the task: n"),
    (SAMPLING, f"{TASK}@select='evidense'|0", WRITTEN, "did you mean 'evidence'?"),
    (SAMPLING, f"{TASK}@tests.nun=4|0", WRITTEN, "did you mean"),
    (SAMPLING, f"{TASK}@n=4|0", "tests: {file: nowhere.jsonl}\n", "nowhere.jsonl"),
    (SAMPLING, f"{TASK}@n=4|0", "n: [4\n", "settings"),
    (SAMPLING, f"{TASK}@n=4|0", "tests: {file: tests.jsonl}\n", "HumanEval/1"),
    (
        SAMPLING,
        "livecodebench_coderm@n=4|0",
        f"{WRITTEN}livecodebench: {{releese: release_v5}}\n",
        "did you mean 'release'?",
    ),
]
"""(the model, the task, the file of CODERM_CONFIG, what is said)."""


class Ended(NamedTuple):
    """Two evaluations in front of servers that do not give all that they are asked for, and mistakes."""

    fewer: Path
    """The folder of one whose server gives one choice, whatever n is."""
    partial: Path
    """The folder of one whose server knows two of three problems, where that is allowed."""
    codes: list[int]
    mistakes: list[tuple[int, str]]
    """The exit status and what is said, for each of `REFUSED`."""


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory, mini: MiniHumanEval) -> Ended:
    fewer, partial, refused = (tmp_path_factory.mktemp(name) for name in ("fewer", "partial", "refused"))
    with serving(one_choice_only) as (url, _), replay(mini, tasks=2) as (address, _):
        configs = (
            settings(fewer, "127.0.0.1:9"),
            settings(partial, address, allow_incomplete=True),
        )
        servers = (url.removeprefix("http://"), f"{address}/v1")
        evaluations: dict[Path, Command] = {
            config.parent: (
                (MODEL.format(server), f"{TASK}@n=4|0", *FLAGS, "--save-details"),
                {"CODERM_CONFIG": str(config)},
            )
            for config, server in zip(configs, servers, strict=True)
        }
        return Ended(fewer, partial, *in_one_process(evaluations, mistaken(refused), refused, mini.environment))


def mistaken(folder: Path) -> list[Command]:
    """The commands of `REFUSED`, whose files are put there."""
    (folder / "tests.jsonl").write_text(json.dumps({"task_id": "HumanEval/0", "test": TESTS["HumanEval/0"][0]}))
    (folder / "greedy.yaml").write_text("model_parameters: {model_name: openai/P, generation_parameters: {top_p: 1}}\n")
    commands: list[Command] = []
    for number, (model, task, text, _) in enumerate(REFUSED):
        config = folder / f"settings-{number}.yaml"
        config.write_text(text)
        commands.append((["endpoint", "litellm", model, task], {"CODERM_CONFIG": str(config)}))
    return commands


def test_fewer_answers_than_n_are_refused(ended: Ended) -> None:
    """What lighteval says of n is one thing, what a server gives another."""
    stderr = (ended.fewer / "stderr").read_text()
    assert ended.codes[0] == 3, stderr
    [said] = [line for line in stderr.splitlines() if line.startswith("coderm-eval: ")]
    assert said.startswith(
        "coderm-eval: 3 of 3 problems have not the 4 answers that lighteval was asked for (HumanEval/"
    )
    assert "Traceback" not in stderr
    assert not list(ended.fewer.glob(f"coderm-runs/{TASK}-*"))


def test_what_could_not_be_asked_is_in_no_mean(ended: Ended) -> None:
    """Of three problems the server knows two, and refuses the third."""
    stderr = (ended.partial / "stderr").read_text()
    assert ended.codes[1] == 0, stderr
    assert "1 of 3 problems have not all answers, and are in no score" in stderr
    (path,) = (ended.partial / "out").rglob("results_*.json")
    scores = json.loads(path.read_text())["results"][f"{TASK}|0"]
    assert {row: scores[f"pass@1:{row}"] for row in ROWS} == pytest.approx(
        {"random": 0.5, "first": 0, "majority": 1, "coderm": 1, "oracle": 1}
    )


@pytest.mark.parametrize("number", range(len(REFUSED)), ids=[shlex.quote(expected) for *_, expected in REFUSED])
def test_a_mistake_is_one_sentence_before_any_request(ended: Ended, number: int) -> None:
    code, text = ended.mistakes[number]
    lines = [line for line in text.splitlines() if line.startswith("coderm-eval: ")]
    assert code == 2 and len(lines) == 1, text
    assert REFUSED[number][-1] in lines[0]


@pytest.mark.parametrize("version", ["0.12.2", "0.14.0", "1.0"])
def test_another_version_is_refused(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that is found before the one that is installed, if any."""
    package = tmp_path / f"lighteval-{version}.dist-info"
    package.mkdir()
    (package / "METADATA").write_text(f"Metadata-Version: 2.1\nName: lighteval\nVersion: {version}\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert ending_of_import() == SettingsError.exit_code
    said = f"coderm-eval works with lighteval >=0.13,<0.14, and {version} is installed here: {INSTALL}"
    assert capsys.readouterr().err == f"coderm-eval: {said}\n"


@pytest.mark.skipif(importlib.util.find_spec("lighteval") is not None, reason="lighteval is installed here")
def test_without_lighteval_the_import_says_what_to_type(capsys: pytest.CaptureFixture[str]) -> None:
    assert ending_of_import() == SettingsError.exit_code
    said = capsys.readouterr().err
    assert said == f"coderm-eval: lighteval is not installed in this environment: {INSTALL}\n"


INSTALL = "pip install 'coderm-eval[lighteval]'"


def ending_of_import() -> object:
    with pytest.raises(SystemExit) as ended:
        importlib.import_module("coderm_eval.hosts.lighteval")
    return ended.value.code
