"""Whole runs: what they leave behind, that they can be killed and resumed, and what bad input gets."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import CLI, DEMO_TASKS, coderm, coderm_process, quick, rows, write_rows
from helpers.mini_humaneval import MiniHumanEval
from helpers.other_hosts import HOSTS, Host, on, skip_unless
from helpers.processes import heed_interrupts, soon
from helpers.replaying import replaying
from helpers.servers import Behaviour, Reply, refusing, serving, well_behaved
from helpers.stores import everything, stored, verdicts_stored

from coderm_eval.benchmarks import load_benchmark
from coderm_eval.benchmarks.demo import SAMPLES, TESTS
from coderm_eval.core.errors import ServerError
from coderm_eval.core.records import ProblemCandidates, deduplicate_candidates
from coderm_eval.generation.recorded.readers import read_by_task
from coderm_eval.hosts.server.replay import RecordedAnswers
from coderm_eval.pipeline.run import run
from coderm_eval.pipeline.settings import load_settings
from coderm_eval.selection import known_rules

FINAL_FILES = (
    *("samples.jsonl", "tests.jsonl", "chosen.jsonl", "verdicts.jsonl", "grades.jsonl", "pass_rates.jsonl"),
    *("misleading_tests.jsonl", "tally.jsonl", "summary.json"),
)

GRADED_FILES = ("grades.jsonl", "pass_rates.jsonl", "misleading_tests.jsonl")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    folder = tmp_path_factory.mktemp("demo")
    samples, tests = quick(SAMPLES, folder / "samples.jsonl", 16), quick(TESTS, folder / "tests.jsonl", 16)
    return ["rerank", "--benchmark", "demo", "--samples", samples, "--tests", tests, "--allow-partial", "--grade"]


@pytest.fixture(scope="module")
def finished(demo: list[object], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run directory of an undisturbed run."""
    folder = tmp_path_factory.mktemp("undisturbed")
    done = coderm_process(*demo, "--out", "run", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "run"


def final(folder: Path, *unwritten: str) -> dict[str, Any]:
    """The final files' bytes, without those `unwritten`; the summary without seconds and without a server's port."""
    found: dict[str, Any] = {name: (folder / name).read_bytes() for name in FINAL_FILES[:-1] if name not in unwritten}
    summary = json.loads((folder / "summary.json").read_text())
    del summary["seconds"], summary["test_writer"]["server"]
    return {**found, "summary": json.dumps(summary)}


def test_a_run_directory_has_its_files_and_a_summary_with_the_agreed_keys(finished: Path) -> None:
    assert {path.name for path in finished.iterdir()} == {*FINAL_FILES, "provenance.json", "store"}
    summary = json.loads((finished / "summary.json").read_text())
    agreed = "benchmark n_problems n_candidates select budget tests_per_problem pass@1 paired_gain not_run executions"
    assert {*agreed.split(), "seconds", "tokens", "versions", "dataset_sha256"} <= set(summary)
    assert set(summary["pass@1"]) == {"random", "first", "majority", "coderm", "oracle"}
    assert all(set(row) == {"value", "ci95", "stderr"} for row in summary["pass@1"].values())


def test_the_chosen_programs_are_evalplus_samples_one_per_task(finished: Path) -> None:
    chosen = rows(finished / "chosen.jsonl")
    assert [(set(row), row["task_id"]) for row in chosen] == [({"task_id", "solution"}, t) for t in DEMO_TASKS]


def test_what_selection_wrote_holds_nothing_of_the_gold_tests(finished: Path) -> None:
    gold = [row["test"] for row in rows(SAMPLES.with_name("gold.jsonl"))]
    written = (finished / "verdicts.jsonl").read_text()
    assert "gold" not in written and "pass" not in written
    assert not any(test in (finished / "tests.jsonl").read_text() for test in gold)


def test_the_scores_follow_from_the_files(finished: Path) -> None:
    """The chosen sample of each task, looked up in the grades, gives the row `coderm` of the summary."""
    grades = {
        (row["task_id"], sample): grade["gold"] == "pass"
        for row in rows(finished / "grades.jsonl")
        for grade in row["grades"]
        for sample in grade["samples"]
    }
    picks = [(r["task_id"], r["selections"]["evidence"]["chosen"]) for r in rows(finished / "verdicts.jsonl")]
    value = json.loads((finished / "summary.json").read_text())["pass@1"]["coderm"]["value"]
    assert value == pytest.approx(sum(grades[pick] for pick in picks) / len(picks), abs=1e-6)


def test_all_rules_are_compared_on_the_same_verdicts(demo: list[object], finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished / "store", tmp_path / "store")
    done = coderm(*demo, "--out", "run", "--store", "store", "--select", "all", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    shown = re.findall(r"^\|(\w+) *\|", done.stdout.partition("|     Rule")[2], re.MULTILINE)
    assert shown == list(summary["rules"])
    assert set(shown) == set(known_rules())
    assert summary["select"] == "evidence"
    assert summary["rules"]["majority"]["pass@1"] == summary["pass@1"]["majority"]
    assert (tmp_path / "run" / "chosen.jsonl").read_bytes() == (finished / "chosen.jsonl").read_bytes()


def test_probing_inputs_are_counted_and_come_out_the_same(demo: list[object], finished: Path, tmp_path: Path) -> None:
    """The second run reads the store, the third makes everything anew, the fourth has none."""
    shutil.copytree(finished / "store", tmp_path / "store")
    stores, inputs = ["store", "store", "other", "store"], ["10", "10", "10", "0"]
    for number, (store, most) in enumerate(zip(stores, inputs, strict=True)):
        done = coderm(*demo, "--out", f"run{number}", "--store", store, "--probe-inputs", most, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    first, *others = (final(tmp_path / f"run{number}") for number in range(3))
    assert [first] * 2 == others
    summary, plain = (json.loads((tmp_path / name / "summary.json").read_text()) for name in ("run0", "run3"))
    counts = summary["probing_inputs"]
    assert 0 < counts["per_problem"] <= 10 and counts["problems_without"] == 0
    assert summary["executions"] == plain["executions"] + counts["executions"]
    assert plain["probing_inputs"]["executions"] == 0 and summary["settings"]["probe_inputs"] == 10


def test_a_run_may_abstain_and_loses_nothing(demo: list[object], finished: Path, tmp_path: Path) -> None:
    """The pick with the middle confidence is still an answer; a repeated run changes no byte."""
    sure = {r["task_id"]: r["selections"]["evidence"]["confidence"] for r in rows(finished / "verdicts.jsonl")}
    least = sorted(sure.values())[len(sure) // 2]
    shutil.copytree(finished / "store", tmp_path / "store")
    found = []
    for _ in range(2):
        done = coderm(*demo, "--out", "run", "--store", "store", "--abstain-below", str(least), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        found.append(final(tmp_path / "run"))
    assert found[0] == found[1]
    chosen = [row | {"abstained": sure[row["task_id"]] < least} for row in rows(finished / "chosen.jsonl")]
    assert rows(tmp_path / "run" / "chosen.jsonl") == chosen
    summary, plain = (json.loads((f / "summary.json").read_text()) for f in (tmp_path / "run", finished))
    assert (summary["pass@1"], summary["rules"]) == (plain["pass@1"], plain["rules"])
    assert summary["abstention"]["abstained"] == sum(row["abstained"] for row in chosen) > 0
    assert plain["abstention"] is None and summary["settings"]["abstain_below"] == least
    (notice,) = set(summary["notices"]) - set(plain["notices"])
    assert notice in done.stderr
    assert (
        "abstained from, below" in done.stdout
        and "abstained from, below" in coderm("report", "run", cwd=tmp_path).stdout
    )


@pytest.fixture(scope="module")
def untested(demo: list[object]) -> list[object]:
    """The same run without its tests."""
    place = demo.index("--tests")
    return [*demo[:place], "--no-tests", *demo[place + 2 :]]


def test_a_run_without_tests_picks_by_agreement(untested: list[object], finished: Path, tmp_path: Path) -> None:
    done = coderm(*untested, "--out", "run", "--select", "all", cwd=tmp_path)
    assert done.returncode == 0 and "no test" not in done.stderr and "writing tests" not in done.stderr, done.stderr
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    with_tests = json.loads((finished / "summary.json").read_text())
    assert summary["pass@1"]["random"] == with_tests["pass@1"]["random"]
    assert summary["pass@1"]["coderm"]["value"] > summary["pass@1"]["random"]["value"]
    assert summary["rules"]["agreement"]["pass@1"] == summary["rules"]["evidence"]["pass@1"]
    assert (summary["test_samples"]["read"], summary["tests_per_problem"]) == (0, 0)
    assert summary["budget"] == {"policy": "none", "average": 0, "samples": 0, "recorded": None}
    assert summary["tokens"]["tests"] == {"prompt": 0, "completion": 0}
    assert (summary["settings"]["tests"]["backend"], summary["settings"]["probe_inputs"]) == ("none", 30)
    picks = [row["selections"]["agreement"] for row in rows(tmp_path / "run" / "verdicts.jsonl")]
    assert [pick["stopped"] for pick in picks] == ["no tests"] * len(DEMO_TASKS)
    assert {row["test"] for row in rows(tmp_path / "run" / "tests.jsonl")} == {""}


def test_a_run_without_tests_and_inputs_says_that_it_has_no_choice(untested: list[object], tmp_path: Path) -> None:
    done = coderm(*untested, "--out", "run", "--probe-inputs", 0, cwd=tmp_path)
    assert done.returncode == 0
    assert "3 of 3 problems have no test and no probing input: their pick is the first candidate" in done.stderr


@pytest.mark.parametrize("flags", [["--resample-tests", 3], ["--budget-curve"]], ids=["resampled", "curve"])
def test_nothing_can_be_drawn_where_there_are_no_tests(
    untested: list[object], flags: list[object], tmp_path: Path
) -> None:
    done = coderm(*untested, "--out", "run", *flags, cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.strip().endswith(": leave it out")


def test_a_run_without_tests_goes_on_where_it_was_killed(untested: list[object], tmp_path: Path) -> None:
    assert coderm(*untested, "--out", "whole", cwd=tmp_path).returncode == 0
    store = tmp_path / "run" / "store"
    process = subprocess.Popen([*CLI, *map(str, untested), "--out", "run"], cwd=tmp_path, stderr=subprocess.DEVNULL)
    assert soon(lambda: verdicts_stored(store) > 0)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = everything(store)
    assert coderm(*untested, "--out", "run", cwd=tmp_path).returncode == 0
    assert everything(store) >= before
    assert verdicts_stored(store) == verdicts_stored(tmp_path / "whole" / "store")
    assert final(tmp_path / "run") == final(tmp_path / "whole")


def test_tests_can_be_resampled_and_the_draws_are_recorded(demo: list[object], finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished / "store", tmp_path / "store")
    done = coderm(*demo, "--out", "run", "--store", "store", "--resample", "3", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    drawn = json.loads((tmp_path / "run" / "summary.json").read_text())["resampled"]
    assert (drawn["tests"], drawn["draws"], drawn["seed"], set(drawn["pass@1"])) == (
        3,
        100,
        0,
        {"evidence", "majority"},
    )
    low, high = drawn["pass@1"]["majority"]["draws95"]
    assert 0 <= low <= drawn["pass@1"]["majority"]["value"] <= high <= 1
    assert all(set(row) == {"value", "draws95", "stdev"} for row in drawn["pass@1"].values())
    assert "pass@1 with 3 tests" in done.stdout


# Budgets


def with_budget(demo: list[object], finished: Path, folder: Path, budget: str) -> subprocess.CompletedProcess[str]:
    """A run with these settings of the budget, over the store of the finished one."""
    shutil.copytree(finished / "store", folder / "store")
    (folder / "settings.yaml").write_text(f"budget: {{policy: greedy, average: 4, {budget}}}\n")
    return coderm(*demo, "--out", "run", "--store", "store", "--config", "settings.yaml", cwd=folder)


def asked(folder: Path) -> dict[str, int]:
    return {row["task_id"]: sum(map(len, row["tests"])) for row in rows(folder / "run" / "verdicts.jsonl")}


def test_a_greedy_budget_gives_tests_by_pass_rate_and_keeps_its_total(
    demo: list[object], finished: Path, tmp_path: Path
) -> None:
    rates = [{"task_id": task, "rate": rate} for task, rate in zip(DEMO_TASKS, (0.1, 0.9, 0.0), strict=True)]
    write_rows(tmp_path / "rates.jsonl", rates)
    done = with_budget(demo, finished, tmp_path, f"rates: {tmp_path / 'rates.jsonl'}")
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())["budget"]
    assert (summary["policy"], summary["average"], summary["samples"]) == ("greedy", 4, 12)
    found = asked(tmp_path)
    assert found["demo/0"] > found["demo/8"] > found["demo/11"] == 1


def test_a_budget_by_agreement_needs_no_rates(demo: list[object], finished: Path, tmp_path: Path) -> None:
    done = with_budget(demo, finished, tmp_path, "min: 2")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["budget"]["rates"] == "agreement"
    assert min(asked(tmp_path).values()) >= 2 and sum(asked(tmp_path).values()) <= 12


def test_a_budget_by_the_grades_is_called_what_it_is(demo: list[object], finished: Path, tmp_path: Path) -> None:
    done = with_budget(demo, finished, tmp_path, "rates: oracle")
    assert done.returncode == 0, done.stderr
    assert "budget.rates is 'oracle'" in done.stderr and "a bound, not a result" in done.stderr
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["budget"]["rates"] == "oracle"


def test_a_problem_without_a_pass_rate_is_named(demo: list[object], finished: Path, tmp_path: Path) -> None:
    write_rows(tmp_path / "rates.jsonl", [{"task_id": "demo/0", "rate": 0.5}])
    done = with_budget(demo, finished, tmp_path, f"rates: {tmp_path / 'rates.jsonl'}")
    assert done.returncode == 2
    assert "no rate for 2 of the problems (demo/8, demo/11)" in done.stderr


def test_a_report_shows_rules_the_quality_of_tests_and_who_was_misled(finished: Path, tmp_path: Path) -> None:
    done = coderm("report", finished, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    quality = json.loads((finished / "summary.json").read_text())["test_quality"]
    accuracy = [f"{100 * quality[kind]['accuracy']:.1f}" for kind in ("single_tests", "vote")]
    assert re.findall(r"^\|(?:each test|majority vote) *\|([\d. ]+)\|", done.stdout, re.MULTILINE) == accuracy
    assert "|evidence" in done.stdout and "No test misled the vote." in done.stdout
    shutil.copytree(finished, tmp_path / "misled")
    misled = {"task_id": "demo/0", "wrong": 1, "right": 2, "accepted_wrong": 0.5, "accepted_right": 0.2, "test": "x"}
    write_rows(tmp_path / "misled" / "misleading_tests.jsonl", [misled])
    assert "|demo/0|1|2|1|" in coderm("report", "misled", cwd=tmp_path).stdout.replace(" ", "")


NO_GRADED_RUN = [
    (None, "run: no finished run is in this folder (it has no summary.json); name one that `coderm-eval rerank"),
    ("not JSON", "run/summary.json: not what `coderm-eval rerank` wrote: 'not JSON'"),
    ('{"rules": null}', "run: not what this version of coderm-eval writes"),
    ("{}", "run: not what this version of coderm-eval writes"),
    ('{"rules": {"majority": {}}}', "run/misleading_tests.jsonl: cannot be read (No such file or directory)"),
]


@pytest.mark.parametrize(("summary", "message"), NO_GRADED_RUN)
def test_a_report_of_what_is_no_graded_run_is_one_sentence(tmp_path: Path, summary: str | None, message: str) -> None:
    (tmp_path / "run").mkdir()
    if summary is not None:
        (tmp_path / "run" / "summary.json").write_text(summary)
    done = coderm("report", "run", cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


NO_RUN = [
    ("gone", "gone: no such folder; name one that `coderm-eval rerank --out` wrote"),
    ("file", "file: a file, and no run directory; name one that"),
    (".", ".: no finished run is in this folder"),
]


@pytest.mark.parametrize(("folder", "message"), NO_RUN)
@pytest.mark.parametrize("verb", ["report", "verify"])
def test_what_is_no_run_directory_is_named_for_what_it_is(tmp_path: Path, verb: str, folder: str, message: str) -> None:
    (tmp_path / "file").touch()
    done = coderm(verb, folder, cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1) and message in done.stderr


def test_a_page_that_is_there_is_replaced_only_on_demand(finished: Path, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("of another run")
    for verb, runs in (("report", [finished]), ("compare", [finished, finished])):
        done = coderm(verb, *runs, "--html", "page.html", cwd=tmp_path)
        assert done.returncode == 2 and "; give another --html, or --overwrite to replace it" in done.stderr
    assert "name a file after --html" in coderm("report", finished, "--html", ".", cwd=tmp_path).stderr


EARLIER = [{"rules": {"majority": {}}}, {"rules": [1]}, {"test_quality": None}, {"test_quality": {"vote": {"f1": "x"}}}]


@pytest.mark.parametrize("changed", EARLIER, ids=range(len(EARLIER)))
def test_a_report_of_another_version_prints_no_table_first(
    finished: Path, tmp_path: Path, changed: dict[str, Any]
) -> None:
    (tmp_path / "run").mkdir()
    summary = json.loads((finished / "summary.json").read_text())
    (tmp_path / "run" / "summary.json").write_text(json.dumps(summary | changed))
    shutil.copy(finished / "misleading_tests.jsonl", tmp_path / "run")
    done = coderm("report", "run", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "run: not what this version of coderm-eval writes; run the same" in done.stderr


def test_the_number_of_workers_changes_no_byte(demo: list[object], finished: Path, tmp_path: Path) -> None:
    config = tmp_path / "settings.yaml"
    config.write_text("execution: {workers: 2}\n")
    done = coderm(*demo, "--out", "run", "--config", config, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert final(tmp_path / "run") == final(finished)


def test_a_finished_run_repeats_to_the_byte_without_running_anything(
    demo: list[object], finished: Path, tmp_path: Path
) -> None:
    before = {name: (finished / name).read_bytes() for name in FINAL_FILES}
    stored = everything(finished / "store")
    assert coderm(*demo, "--out", finished, cwd=tmp_path).returncode == 0
    assert {name: (finished / name).read_bytes() for name in FINAL_FILES} == before
    assert everything(finished / "store") == stored


def test_a_run_killed_at_five_random_moments_ends_as_an_undisturbed_one(
    demo: list[object], finished: Path, tmp_path: Path
) -> None:
    """SIGKILL once the store has grown by a random number of verdicts, five times over."""
    command = [*CLI, *map(str, demo), "--out", "run"]
    dice = random.Random(1)
    whole = verdicts_stored(finished / "store")
    store, starts = tmp_path / "run" / "store", []
    for _ in range(5):
        goal = verdicts_stored(store) + dice.randrange(whole // 8)
        process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        while verdicts_stored(store) <= goal and process.poll() is None:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert not (tmp_path / "run" / "summary.json").exists()
        starts.append(json.loads((tmp_path / "run" / "provenance.json").read_text())["started"])
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    assert final(tmp_path / "run") == final(finished)
    provenance = json.loads((tmp_path / "run" / "provenance.json").read_text())
    assert {provenance["started"]} == {*starts} and provenance["finished"] > starts[0]


# Tests are written while others are run: HumanEval/0 and 2 take turns with HumanEval/1, and every program fails


class Watched:
    """Runs with a model at a server, whose requests about HumanEval/2 a test answers."""

    def __init__(self, folder: Path, problems: MiniHumanEval) -> None:
        self.folder = folder
        self.programs = {task: [problems.wrong[task], problems.right[task]] for task in problems.right}

    def settings(self, url: str, workers: int = 2) -> dict[str, Any]:
        return {
            "tests": {"model": "m", "base_url": url, "concurrency": 1},
            "budget": {"policy": "greedy", "average": 4, "min": 1},
            "execution": {"workers": workers},
        }

    def run(self, behaviour: Behaviour, out: str, **more: int) -> None:
        def watching(body: dict[str, Any], before: int) -> Reply | None:
            third = "latest_tide" in body["messages"][-1]["content"]
            return behaviour(body, before) if third else well_behaved(body, before)

        benchmark = load_benchmark("humaneval+")
        problems = [ProblemCandidates(p, deduplicate_candidates(self.programs[p.task_id])) for p in benchmark.problems]
        with serving(watching) as (url, _):
            settings, folder = load_settings(self.settings(url, **more), source="test"), self.folder / out
            run(
                benchmark,
                problems,
                settings,
                out=folder,
                store_folder=folder / "store",
                graded=False,
            )

    def command(self, url: str, out: str) -> list[str]:
        """The same run, for the command line."""
        listed = [{"task_id": task, "solution": p} for task, programs in self.programs.items() for p in programs]
        samples, config = write_rows(self.folder / "samples.jsonl", listed), self.folder / "settings.json"
        config.write_text(json.dumps(self.settings(url)))
        arguments = ["rerank", "--benchmark", "humaneval+", "--samples", samples, "--config", config]
        return [*CLI, *map(str, arguments), "--out", out]

    def ran(self, out: str) -> int:
        """Executions that are stored."""
        return verdicts_stored(self.folder / out / "store")


@pytest.fixture
def watched(tmp_path: Path, mini_humaneval: MiniHumanEval) -> Watched:
    return Watched(tmp_path, mini_humaneval)


def test_a_problem_is_run_before_the_next_one_is_written(watched: Watched) -> None:
    def once_something_was_run(body: dict[str, Any], before: int) -> Reply:
        return well_behaved(body, before) if soon(lambda: watched.ran("run") > 0) else refusing(body, before)

    watched.run(once_something_was_run, "run")


def test_who_is_faster_changes_no_byte(watched: Watched) -> None:
    """Pass rates by agreement are known only when all problems have been run once."""

    def slow(body: dict[str, Any], before: int) -> Reply:
        time.sleep(1)
        return well_behaved(body, before)

    for out, behaviour, workers in (("fast", well_behaved, 2), ("slow", slow, 1)):
        watched.run(behaviour, out, workers=workers)
    assert final(watched.folder / "fast", *GRADED_FILES) == final(watched.folder / "slow", *GRADED_FILES)


def test_a_server_that_fails_loses_nothing_that_was_written_or_run(watched: Watched) -> None:
    with pytest.raises(ServerError, match=r"HumanEval/2: .* run the same command to go on"):
        watched.run(refusing, "run")
    assert watched.ran("run") == 2
    for out in ("run", "undisturbed"):
        watched.run(well_behaved, out)
    assert final(watched.folder / "run", *GRADED_FILES) == final(watched.folder / "undisturbed", *GRADED_FILES)


def test_an_interrupted_run_ends_at_once_and_goes_on_undisturbed(watched: Watched) -> None:
    """Though a model is at work."""
    ended = threading.Event()

    def long_at_work(body: dict[str, Any], before: int) -> Reply:
        if "latest_tide" in body["messages"][-1]["content"]:
            ended.wait()
        return well_behaved(body, before)

    with serving(long_at_work) as (url, _):
        try:
            process = subprocess.Popen(
                watched.command(url, "run"),
                cwd=watched.folder,
                stderr=subprocess.PIPE,
                text=True,
                preexec_fn=heed_interrupts,
            )
            assert soon(lambda: watched.ran("run") == 2)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
        finally:
            ended.set()
    assert process.returncode == 130
    assert "run the same command again" in said.splitlines()[-1] and "Traceback" not in said
    for out in ("run", "undisturbed"):
        watched.run(well_behaved, out)
    assert final(watched.folder / "run", *GRADED_FILES) == final(watched.folder / "undisturbed", *GRADED_FILES)


def test_without_grades_there_is_a_pick_but_no_score(demo: list[object], tmp_path: Path) -> None:
    done = coderm(*[part for part in demo if part != "--grade"], "--out", "run", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert not (tmp_path / "run" / "grades.jsonl").exists()
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["pass@1"] is None


def test_n_takes_the_first_samples(demo: list[object], tmp_path: Path) -> None:
    assert coderm(*demo, "--out", "run", "--n", 1, cwd=tmp_path).returncode == 0
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["n_candidates"] == 1
    assert len({row["value"] for row in summary["pass@1"].values()}) == 1


def test_what_could_not_be_run_is_in_no_score_and_gives_exit_code_3(tmp_path: Path) -> None:
    """A program that kills the worker which runs it, as it can without isolation, costs its own verdicts and grade."""
    killer = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n"
    kept = [row for row in rows(SAMPLES) if row["task_id"] == "demo/0"][:2]
    samples = write_rows(tmp_path / "s.jsonl", [*kept, {"task_id": "demo/0", "solution": killer}])
    tests = write_rows(tmp_path / "t.jsonl", [row for row in rows(TESTS) if row["task_id"] == "demo/0"][:2])
    config = tmp_path / "settings.yaml"
    config.write_text("execution: {isolation: rlimits}\n")
    arguments = ["rerank", "--benchmark", "demo", "--samples", samples, "--tests", tests, "--config", config]
    arguments += ["--out", "run"]
    done = coderm(*arguments, "--allow-partial", "--grade", cwd=tmp_path)
    assert done.returncode == 3
    assert "2 executions and 1 grades could not be run" in done.stderr
    (row,) = rows(tmp_path / "run" / "verdicts.jsonl")
    assert [verdicts == "NN" for verdicts in row["verdicts"]] == [False, False, True]
    assert row["selections"]["majority"]["tests_used"] == 2
    assert row["selections"]["majority"]["rewards"][2] is None
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert (summary["not_run"]["executions"], summary["isolation"]) == (2, "rlimits")
    allowed = coderm(*arguments, "--allow-partial", "--grade", "--allow-incomplete", cwd=tmp_path)
    assert allowed.returncode == 0


# Bad input: (what is in the files and on the command line, what the sentence must say)

GOOD = {"task_id": "demo/0", "solution": "def f(): pass"}
GOOD_TEST = {"task_id": "demo/0", "test": "assert True"}
BAD_INPUT: list[tuple[str, list[Any], list[Any], list[str], list[str]]] = [
    ("a line that is not JSON", [GOOD, "not json"], [GOOD_TEST], [], ["samples.jsonl:2", "'not json'", "task_id"]),
    ("a line without a solution", [{"task_id": "demo/0"}], [GOOD_TEST], [], ["samples.jsonl:1", "solution"]),
    ("an empty samples file", [], [GOOD_TEST], [], ["samples.jsonl", "no lines"]),
    ("unknown tasks", [GOOD, {**GOOD, "task_id": "HumanEval/0"}], [GOOD_TEST], [], ["HumanEval/0", "--allow-partial"]),
    ("missing tasks", [GOOD], [GOOD_TEST], [], ["demo/1", "--allow-partial"]),
    (
        "nothing of the benchmark",
        [{**GOOD, "task_id": "x"}],
        [GOOD_TEST],
        ["--allow-partial"],
        ["none of its task ids"],
    ),
    ("n above the samples", [GOOD], [GOOD_TEST], ["--allow-partial", "--n", "2"], ["demo/0 has 1", "n=2", "1 or less"]),
    (
        "tests without a class",
        [GOOD],
        [{**GOOD_TEST, "test": "x = 1"}],
        ["--allow-partial"],
        ["tests.jsonl", "TestCase"],
    ),
    (
        "tests that are not Python",
        [GOOD],
        [{**GOOD_TEST, "task_id": "demo/1"}, {**GOOD_TEST, "test": "import unittest\nclas T: ..."}],
        ["--allow-partial"],
        ["not valid Python (1), as tests.jsonl:2, line 2 of the test 'clas T: ...': invalid syntax"],
    ),
    ("a broken tests line", [GOOD], ["{"], ["--allow-partial"], ["tests.jsonl:1", "not JSON"]),
    (
        "more tests drawn than there are",
        [GOOD],
        [GOOD_TEST],
        ["--allow-partial", "--grade", "--resample-tests", "2"],
        ["resample_tests is 2, and no problem has more than 1"],
    ),
    ("n that is no number", [GOOD], [GOOD_TEST], ["--n", "0"], ["n is 0"]),
    ("a config that is not there", [GOOD], [GOOD_TEST], ["--config", "no.yaml"], ["no.yaml"]),
]


@pytest.mark.parametrize(("what", "samples", "tests", "flags", "said"), BAD_INPUT, ids=[case[0] for case in BAD_INPUT])
def test_bad_input_gets_one_sentence_and_exit_code_2(
    tmp_path: Path, what: str, samples: list[Any], tests: list[Any], flags: list[str], said: list[str]
) -> None:
    for name, lines in (("samples.jsonl", samples), ("tests.jsonl", tests)):
        text = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        (tmp_path / name).write_text("".join(line + "\n" for line in text))
    files = ["--samples", "samples.jsonl", "--tests", "tests.jsonl"]
    done = coderm("rerank", "--benchmark", "demo", *files, "--out", "run", *flags, cwd=tmp_path)
    assert done.returncode == 2
    *notices, message = done.stderr.splitlines()
    assert all("which are in no score" in notice for notice in notices)
    assert all(part in message for part in said), done.stderr


def test_a_dataset_that_is_nowhere_is_named_with_its_variable(tmp_path: Path, demo: list[object]) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "MBPP_OVERRIDE_PATH": str(tmp_path / "no.jsonl")}
    arguments = ["mbpp+" if part == "demo" else part for part in demo]
    done = coderm_process(*arguments, "--out", "run", cwd=tmp_path, env=environment)
    assert done.returncode == 2
    assert "MBPP_OVERRIDE_PATH" in done.stderr and "Traceback" not in done.stderr


def test_the_test_writer_of_a_config_file_is_used_where_no_tests_are_given(
    tmp_path: Path, mini_humaneval: MiniHumanEval, tests_server: str
) -> None:
    samples = write_rows(
        tmp_path / "samples.jsonl",
        [
            {"task_id": task_id, "solution": program}
            for task_id in mini_humaneval.right
            for program in (mini_humaneval.wrong[task_id], mini_humaneval.right[task_id])
        ],
    )
    config = tmp_path / "settings.yaml"
    config.write_text(f"tests: {{model: recorded, base_url: '{tests_server}', num: 2}}\n")
    arguments = ["--samples", samples, "--out", "run", "--config", config, "--grade"]
    done = coderm("rerank", "--benchmark", "humaneval+", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert (summary["pass@1"]["first"]["value"], summary["pass@1"]["coderm"]["value"]) == (0.0, 1.0)
    assert summary["tokens"]["tests"]["completion"] > 0
    assert [row["shown"] for row in rows(tmp_path / "run" / "verdicts.jsonl")] == [[[0], [0]]] * 3

    assert summary["test_writer"]["prompt"] == summary["settings"]["tests"]["prompt"] == "paper"


def test_other_words_that_ask_for_tests_make_another_run(
    tmp_path: Path, mini_humaneval: MiniHumanEval, tests_server: str
) -> None:
    """Its tests are asked for anew, and say in the store which words asked for them."""
    samples = write_rows(
        tmp_path / "samples.jsonl", [{"task_id": t, "solution": p} for t, p in mini_humaneval.right.items()]
    )
    writer = f"tests: {{model: recorded, base_url: '{tests_server}', num: 1"
    for prompt in ("paper", "asserts"):
        (tmp_path / f"{prompt}.yaml").write_text(f"{writer}, prompt: {prompt}}}\n")
    arguments = ["rerank", "--benchmark", "humaneval+", "--samples", samples, "--store", "kept", "--out", "run"]
    assert coderm(*arguments, "--config", "paper.yaml", cwd=tmp_path).returncode == 0
    refused = coderm(*arguments, "--config", "asserts.yaml", cwd=tmp_path)
    assert refused.returncode == 2 and "settings.tests.prompt is 'paper', and here it is 'asserts'" in refused.stderr
    assert coderm(*arguments, "--config", "asserts.yaml", "--overwrite", cwd=tmp_path).returncode == 0
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["test_writer"]["prompt"] == "asserts"
    sampled = [json.loads(row["sampling"]) for row in stored(tmp_path / "kept", "answers")]
    assert [sampling.get("prompt") for sampling in sampled] == [None] * 3 + ["asserts"] * 3


def test_a_program_is_said_to_be_shown_only_where_a_test_prompt_showed_it(finished: Path) -> None:
    assert {row["shown"] for row in rows(finished / "verdicts.jsonl")} == {None}


@pytest.fixture
def tests_server(mini_humaneval: MiniHumanEval) -> Iterator[str]:
    """Two right tests for each of the mini problems."""
    calls = {
        "HumanEval/0": ["assert buoy_gap(9, 4) == 5", "assert buoy_gap(1, 1) == 0"],
        "HumanEval/1": ["assert peal([4, 8]) == [8, 4]", "assert peal([]) == []"],
        "HumanEval/2": ["assert latest_tide([2, 6]) == 6", "assert latest_tide([1]) == 1"],
    }
    body = "import unittest\nclass TestIt(unittest.TestCase):\n    def test_it(self):\n        {}"
    tests = {task_id: [body.format(line) for line in lines] for task_id, lines in calls.items()}
    with replaying(RecordedAnswers(load_benchmark("humaneval+").problems, {}, tests)) as address:
        yield f"http://{address}/v1"


def test_grade_writes_evalplus_results_for_every_sample(tmp_path: Path, mini_humaneval: MiniHumanEval) -> None:
    programs = [*mini_humaneval.right.items(), *mini_humaneval.wrong.items()]
    samples = write_rows(tmp_path / "s.jsonl", [{"task_id": t, "solution": p} for t, p in programs])
    done = coderm("grade", "--benchmark", "humaneval+", "--samples", samples, "--out", "r.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "pass@1 0.5000 ± 0.0000  (6 samples of 3 tasks)\n"
    graded = json.loads((tmp_path / "r.json").read_text())["eval"]
    statuses = {t: [(row["base_status"], row["plus_status"]) for row in listed] for t, listed in graded.items()}
    assert statuses == {task_id: [("pass", "pass"), ("fail", "fail")] for task_id in mini_humaneval.right}


def test_a_program_that_could_not_be_graded_is_not_wrong(
    tmp_path: Path, mini_humaneval: MiniHumanEval, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With so little memory nothing can be run at all."""
    monkeypatch.setenv("EVALPLUS_MAX_MEMORY_BYTES", "1000000")
    right = {"task_id": "HumanEval/0", "solution": mini_humaneval.right["HumanEval/0"]}
    samples = write_rows(tmp_path / "s.jsonl", [right])
    arguments = ["grade", "--benchmark", "humaneval+", "--samples", samples, "--out", "r.json", "--allow-partial"]
    refused = coderm(*arguments, cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (3, "")
    allowed = coderm(*arguments, "--allow-incomplete", cwd=tmp_path)
    assert (allowed.returncode, allowed.stdout) == (0, "pass@1 undefined  (1 samples of 1 of the 3 tasks)\n")
    monkeypatch.delenv("EVALPLUS_MAX_MEMORY_BYTES")
    again = coderm(*arguments, cwd=tmp_path)
    assert (again.returncode, again.stdout) == (0, "pass@1 1.0000  (1 samples of 1 of the 3 tasks)\n")


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host[0])
def test_a_program_that_kills_what_grades_it_is_wrong(
    tmp_path: Path, mini_humaneval: MiniHumanEval, host: Host
) -> None:
    _, unshare, first, _ = host
    skip_unless(unshare, first)
    killer = "import posix\nposix.kill(posix.getppid(), 9)\n"
    samples = write_rows(tmp_path / "s.jsonl", [{"task_id": "HumanEval/0", "solution": killer}])
    arguments = ["-m", "coderm_eval.cli", "grade", "--benchmark", "humaneval+", "--samples", str(samples)]
    done = on(unshare, first, *arguments, "--out", "r.json", "--allow-partial", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "pass@1 0.0000  (1 samples of 1 of the 3 tasks)\n"), done.stderr


def test_a_model_that_cannot_run_here_leaves_commands_for_two_steps(tmp_path: Path, demo: list[object]) -> None:
    """The commands run as they are said, but for the model, which is now one at a server."""
    pytest.importorskip("torch")
    config = tmp_path / "settings.yaml"
    config.write_text(f"tests: {{backend: hf, model: '{tmp_path / 'nothing'}', num: 1}}\n")
    samples = demo[demo.index("--samples") + 1]
    known = ["--benchmark", "demo", "--samples", samples, "--out", "run", "--allow-partial"]
    done = coderm("rerank", *known, "--config", config, cwd=tmp_path)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    write, go_on = re.findall(r"`coderm-eval ([^`]*)`", done.stderr.splitlines()[-1])
    model = re.search(r"--backend hf --model \S+", write)
    assert model and write.endswith("--num 1 --out run/generated_tests.jsonl")
    with replaying(RecordedAnswers(load_benchmark("demo").problems, {}, read_by_task(TESTS, "test"))) as address:
        at_server = write.replace(model[0], f"--model recorded --base-url http://{address}/v1")
        for line in (at_server, go_on):
            step = coderm(*line.split(), "--allow-partial", cwd=tmp_path)
            assert step.returncode == 0, step.stderr
    assert "|coderm_demo|" in step.stdout
