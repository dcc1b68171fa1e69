"""Through the real lm-eval, driven over HTTP by a replay server: same candidates, same tests, same numbers."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import lm_eval
import pytest
import yaml
from helpers import cli
from helpers.lm_eval_replay import TESTS, Replay, coderm, evaluate, scores, unittest_class, write_column
from helpers.mini_humaneval import MiniHumanEval
from helpers.paths import ROOT
from helpers.replaying import replaying
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager
from lm_eval.utils import make_table

from coderm_eval.benchmarks import load_benchmark
from coderm_eval.generation.recorded.readers import read_by_task
from coderm_eval.hosts.lm_eval import RerankTask
from coderm_eval.hosts.lm_eval.provenance import name_results_file_in, policy_of
from coderm_eval.hosts.server.replay import RecordedAnswers
from coderm_eval.report.provenance import read_provenance
from coderm_eval.report.run_directory import RunDirectory
from coderm_eval.report.scores import ROWS
from coderm_eval.report.tables import TASK_VERSION
from coderm_eval.selection import known_rules

TASKS = {
    "humanevalplus_coderm",
    "mbppplus_coderm",
    "livecodebench_coderm",
    "humanevalplus_coderm_base",
    "mbppplus_coderm_base",
    "coderm_problems",
    "coderm_problems_base",
    "coderm_demo",
}


def test_the_tasks_and_their_tag_are_listed_where_lm_eval_looks() -> None:
    """That it finds none of them twice among all its tasks is seen in test_readme.py."""
    installed = Path(lm_eval.tasks.__file__).parent / "coderm"
    listed = TaskManager(include_path=str(installed), include_defaults=False).all_tasks
    assert {*listed} == TASKS | {"coderm"}


def test_the_tag_stands_for_the_benchmarks_and_not_for_their_variants() -> None:
    tagged = {
        name
        for name in TASKS
        if yaml.load((ROOT / "tasks" / f"{name}.yaml").read_text(), yaml.BaseLoader).get("tag") == "coderm"
    }
    assert tagged == {"humanevalplus_coderm", "mbppplus_coderm", "livecodebench_coderm"}


@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_task_file_carries_the_version_of_the_result_table(name: str) -> None:
    task = yaml.load((ROOT / "tasks" / f"{name}.yaml").read_text(), yaml.BaseLoader)
    assert float(task["metadata"]["version"]) == TASK_VERSION


def rerank_alone(samples: Path, tests: Path, *flags: str) -> None:
    files = ["--samples", samples, "--tests", tests]
    done = cli.coderm("rerank", "--benchmark", "humaneval+", *files, "--out", "alone", *flags, cwd=Path.cwd())
    assert done.returncode == 0, done.stderr


def test_lm_eval_and_rerank_give_the_same_rows_on_the_same_files(replay: Replay) -> None:
    through_lm_eval = scores(evaluate(replay))
    rerank_alone(replay.samples, replay.tests, "--grade")
    alone = json.loads(Path("alone/summary.json").read_text())["pass@1"]
    assert through_lm_eval == pytest.approx({row: alone[row]["value"] for row in ROWS})
    assert through_lm_eval == pytest.approx({"random": 0.5, "first": 0, "majority": 1, "coderm": 1, "oracle": 1})


def test_both_ways_leave_the_same_candidates_tests_and_picks(replay: Replay) -> None:
    evaluate(replay)
    (folder,) = Path("coderm-runs").glob("humanevalplus_coderm-*")
    rerank_alone(folder / "samples.jsonl", folder / "tests.jsonl")
    for name in ("samples.jsonl", "tests.jsonl", "chosen.jsonl"):
        assert (folder / name).read_text() == Path("alone", name).read_text()


TABLE = """\
|       Tasks        |Version| Filter |n-shot|     Metric      |   |Value |   |Stderr|
|--------------------|------:|--------|-----:|-----------------|---|-----:|---|-----:|
|humanevalplus_coderm|      1|coderm  |     0|pass@1           |↑  |1.0000|±  |0.0000|
|                    |       |first   |     0|pass@1           |↑  |0.0000|±  |0.0000|
|                    |       |majority|     0|pass@1           |↑  |1.0000|±  |0.0000|
|                    |       |oracle  |     0|pass@1           |↑  |1.0000|±  |0.0000|
|                    |       |random  |     0|pass@1           |↑  |0.5000|±  |0.0000|
|                    |       |coderm  |     0|tests_per_problem|↓  |2.3333|±  |0.3333|
"""


def test_the_table_and_the_files_are_these_in_every_version(replay: Replay) -> None:
    """To the digit: test_lm_eval_05.py runs this file with lm-eval 0.5, too."""
    table = make_table(evaluate(replay, bootstrap_iters=100))
    assert [line for line in table.splitlines() if line] == TABLE.splitlines()
    (folder,) = Path("coderm-runs").glob("humanevalplus_coderm-*")
    assert (folder / "samples.jsonl").read_text() == replay.samples.read_text()
    assert (folder / "tests.jsonl").read_text() == replay.tests.read_text().replace(r"unittest\n\n\n", r"unittest\n\n")


def test_the_run_is_a_page_and_says_where(replay: Replay, caplog: pytest.LogCaptureFixture) -> None:
    evaluate(replay, metadata=coderm(replay, report=True))
    (page,) = Path("coderm-runs").glob("humanevalplus_coderm-*/report.html")
    assert page.read_text().startswith("<!doctype html>")
    assert f"run directory: {page.parent}; to look at it, open {page}" in caplog.messages


def test_every_sample_of_a_server_has_a_seed_of_its_own(replay: Replay) -> None:
    evaluate(replay)
    policy = [body for body in replay.requests if body["model"] == "P"]
    assert sorted(body["seed"] for body in policy) == sorted([0, 1, 2, 3] * 3)
    assert {body["temperature"] for body in policy} == {0.8}


def test_without_tests_no_test_writer_is_asked(replay: Replay) -> None:
    """One of the three statements shows a call; the other two picks are the first candidates, which are wrong."""
    results = evaluate(replay, metadata=coderm(replay, tests={"backend": "none"}))["results"]["humanevalplus_coderm"]
    found = {key: value for key, value in results.items() if key.startswith("pass@1,")}
    expected = {"random": 0.5, "first": 0, "coderm": 1 / 3, "oracle": 1}  # without a test there is no majority vote
    assert found == pytest.approx({f"pass@1,{row}": value for row, value in expected.items()})
    assert {body["model"] for body in replay.requests} == {"P"}
    (folder,) = Path("coderm-runs").glob("humanevalplus_coderm-*")
    (notice,) = json.loads((folder / "summary.json").read_text())["notices"]
    assert notice == "2 of 3 problems have no test and no probing input: their pick is the first candidate"


def test_select_all_gives_a_row_for_each_rule(replay: Replay) -> None:
    found = evaluate(replay, metadata=coderm(replay, select="all"))["results"]["humanevalplus_coderm"]
    shown = {key.removeprefix("pass@1,") for key in found if key.startswith("pass@1,")}
    assert shown == {*ROWS, *known_rules()}
    assert (found["pass@1,codet"], found["pass@1,majority"]) == (1.0, 1.0)


def test_the_budget_reaches_the_table(replay: Replay) -> None:
    results = evaluate(replay)["results"]["humanevalplus_coderm"]
    assert results["tests_per_problem,coderm"] == pytest.approx((3 + 2 + 2) / 3)


@pytest.mark.parametrize("below", [0.0, 1.0])
def test_coverage_and_what_is_answered_are_in_the_table(replay: Replay, below: float) -> None:
    """Every pick is answered, or none: then there is nothing to take the mean of."""
    found = evaluate(replay, metadata=coderm(replay, abstain_below=below))
    assert scores(found)["coderm"] == 1
    results = found["results"]["humanevalplus_coderm"]
    assert results["coverage,coderm"] == 1 - below
    assert results.get("pass@1_answered,coderm") == (None if below else 1)


def test_a_base_model_goes_on_from_the_prompt(replay: Replay) -> None:
    """The right candidates start with the prompt; the others are cut at their first stop word."""
    found = scores(evaluate(replay, "humanevalplus_coderm_base"), "humanevalplus_coderm_base")
    assert (found["random"], found["coderm"]) == (0.5, 1.0)


def test_limit_evaluates_the_first_problems_only(replay: Replay) -> None:
    results = evaluate(replay, limit=2)
    assert results["n-samples"]["humanevalplus_coderm"]["effective"] == 2


def test_logged_documents_hold_no_solution_and_no_gold_test(replay: Replay, mini_humaneval: MiniHumanEval) -> None:
    logged = evaluate(replay)["samples"]["humanevalplus_coderm"]
    assert {tuple(sample["doc"]) for sample in logged} == {("task_id", "entry_point", "text")}
    assert {sample["filter"] for sample in logged} == set(ROWS)


def test_one_sample_gives_one_number(replay: Replay) -> None:
    assert set(scores(evaluate(replay, metadata=coderm(replay, n=1))).values()) == {0.0}


def test_the_same_command_again_asks_neither_model_again(replay: Replay) -> None:
    """But for one sample, since lm-eval's models fail on no requests at all."""
    first = scores(evaluate(replay))
    assert len(replay.requests) == 3 * 4 + 3
    assert scores(evaluate(replay)) == first
    assert len(replay.requests) == 3 * 4 + 3 + 1


def test_a_larger_run_asks_only_for_what_is_missing(replay: Replay) -> None:
    evaluate(replay, limit=2)
    evaluate(replay)
    assert len([body for body in replay.requests if body["model"] == "P"]) == 3 * 4


CHANGES: list[dict[str, Any]] = [
    {"gen_kwargs": {"temperature": 0.5}},
    {"gen_kwargs": {"top_p": 0.5}},
    {"system_instruction": "Be terse."},
]


@pytest.mark.parametrize("changed", CHANGES)
def test_changed_sampling_never_meets_an_old_sample(replay: Replay, changed: dict[str, Any]) -> None:
    evaluate(replay)
    evaluate(replay, **changed)
    assert len([body for body in replay.requests if body["model"] == "P"]) == 2 * 3 * 4


def of_policy(replay: Replay) -> list[dict[str, Any]]:
    return [body for body in replay.requests if body["model"] == "P"]


def test_cached_requests_of_lm_eval_are_not_used(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its key holds neither n nor gen_kwargs: another n would draw as many samples, at the old temperature."""
    monkeypatch.setattr("lm_eval.caching.cache.PATH", str(Path.cwd() / "cache"))
    runs = ((2, 0.8), (4, 0.8), (2, 0.2))
    for n, temperature in runs:
        given = coderm(replay, n=n, store=f"store-{n}-{temperature}")
        evaluate(replay, metadata=given, gen_kwargs={"temperature": temperature}, cache_requests=True)
    asked = [body["temperature"] for body in of_policy(replay)]
    assert asked == [temperature for n, temperature in runs for _ in range(3 * n)]


def test_lm_evals_cache_of_answers_makes_no_sample_twice(replay: Replay) -> None:
    found = [
        scores(evaluate(replay, metadata=coderm(replay, store=f"store-{i}"), use_cache="cache/answers"))
        for i in range(2)
    ]
    assert found[0] == found[1] and found[0]["coderm"] == 1
    assert [sorted(body["seed"] for body in of_policy(replay))[i] for i in (0, -1)] == [0, 3]


def test_chosen_samples_evaluate_those_problems_only(replay: Replay) -> None:
    results = evaluate(replay, samples={"humanevalplus_coderm": [0, 2]})
    assert results["n-samples"]["humanevalplus_coderm"]["effective"] == 2
    assert {sample["doc"]["task_id"] for sample in results["samples"]["humanevalplus_coderm"]} == {
        "HumanEval/0",
        "HumanEval/2",
    }


def test_shots_are_none_however_many_are_asked_for(replay: Replay) -> None:
    evaluate(replay)
    prompts = [body["messages"] for body in of_policy(replay)]
    replay.requests.clear()
    evaluate(replay, metadata=coderm(replay, store="other"), num_fewshot=2)
    assert sorted(map(str, prompts)) == sorted(str(body["messages"]) for body in of_policy(replay))


def test_prompts_are_written_out_on_demand(replay: Replay) -> None:
    assert scores(evaluate(replay, write_out=True))["coderm"] == 1


A_TASK: dict[str, Any] = {
    "task": "t",
    "output_type": "generate_until",
    "test_split": "test",
    "doc_to_text": "text",
    "doc_to_target": "",
    "metadata": {"benchmark": "demo", "prompt": "recorded"},
}


def test_data_parallel_processes_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        RerankTask(A_TASK).build_all_requests(rank=1, world_size=2)
    assert ended.value.code == 2
    assert "lm-eval runs in 2 processes, and a reranked task needs all problems in one" in capsys.readouterr().err


def test_ctrl_c_in_lm_eval_ends_with_one_sentence(tmp_path: Path) -> None:
    code = (
        f"from coderm_eval.hosts.lm_eval import RerankTask\nfor _ in range(2): RerankTask({A_TASK})\n"
        "raise KeyboardInterrupt"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 130 and "Traceback" not in done.stderr, done.stderr
    assert done.stderr.count("interrupted; run the same command again to continue") == 1


def test_predict_only_reranks_nothing(replay: Replay) -> None:
    results = evaluate(replay, predict_only=True)
    assert len(results["samples"]["humanevalplus_coderm"]) == 3
    assert not Path("coderm-runs").exists()


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"metadata": {"coderm": {"tests": {"modle": "x"}}}}, "unknown setting 'tests.modle'; did you mean 'model'?"),
    ({"metadata": {"coderm": [1]}}, "coderm is [1], not settings"),
    ({"metadata": {"coderm": {"n": 4}}}, "tests.model is not set"),
    ({"metadata": {}}, """--metadata '{"coderm": {"tests": {"model": "KAKA22/CodeRM-8B", "base_url": "http"""),
    (
        {"metadata": {"coderm": {"store": "samples.jsonl", "tests": {"file": "tests.jsonl"}}}},
        "name another place after",
    ),
    ({"metadata": {"n": 4}}, """'n' is beside 'coderm' and not under it: write {"coderm": {"n": ...}}"""),
    ({"metadata": {"tests": {"file": "t"}}}, "'tests' is beside 'coderm'"),
    ({"metadata": {"num_candidates": 4}}, "'num_candidates' is beside 'coderm'"),
    ({"metadata": {"codrm": {"n": 4}}}, "unknown key 'codrm'; did you mean 'coderm'?"),
    ({"metadata": {"CodeRM": {"n": 4}}}, "unknown key 'CodeRM'; did you mean 'coderm'?"),
    ({"metadata": {"rerank": {"n": 4}}}, "unknown key 'rerank'; settings are under 'coderm'"),
    ({"metadata": {"coderm": {"budget": "uniform"}}}, "expected its settings, such as `budget: {policy: uniform}`"),
    ({"gen_kwargs": {"temperature": 0}}, "n is 4 but decoding is greedy"),
    ({"gen_kwargs": {"do_sample": False}}, "n is 4 but decoding is greedy"),
]


@pytest.mark.parametrize(("changed", "said"), MISTAKES)
def test_a_mistake_ends_with_one_sentence_and_exit_code_2(
    replay: Replay, capsys: pytest.CaptureFixture[str], changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        evaluate(replay, **changed)
    assert stopped.value.code == 2
    assert replay.requests == []  # found out before the model was asked anything
    (sentence,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("coderm-eval:")]
    assert said in sentence


STRANGE = [
    ("tets", """did you mean {"coderm": {"tests": ...}}?"""),
    ("flavour", "settings are under 'coderm'"),
    ("num_concurrent", None),  # an argument of the model's
    ("tokenizer", None),
    ("version", None),  # a task's own key
]


@pytest.mark.parametrize(("key", "said"), STRANGE)
def test_a_key_of_metadata_that_nobody_reads_is_named(
    key: str, said: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    from lm_eval.models import openai_completions  # noqa: F401  # as lm-eval loads a model before its tasks

    RerankTask({**A_TASK, "metadata": {**A_TASK["metadata"], key: "x"}})
    warned = [record.getMessage() for record in caplog.records if "--metadata" in record.getMessage()]
    expected = f"--metadata: {key!r} is no key of this task, and the model names no such argument; {said}"
    assert warned == ([] if said is None else [expected])


def test_a_tests_file_that_lacks_tasks_is_refused_before_sampling(
    replay: Replay, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_column(tmp_path / "two.jsonl", "test", {task: TESTS[task] for task in ("HumanEval/0", "HumanEval/1")})
    metadata = {"coderm": {"n": 4, "tests": {"file": "two.jsonl"}}}
    with pytest.raises(SystemExit):
        evaluate(replay, metadata=metadata)
    (sentence,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("coderm-eval:")]
    assert "two.jsonl: nothing for 1 of its tasks (HumanEval/2); write tests for them, or" in sentence
    assert "--samples" in sentence and replay.requests == []
    evaluate(replay, metadata=metadata, limit=2)


def test_what_is_odd_is_said_here_too(replay: Replay, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A part of the benchmark, rejected tests, and tests that assert nothing."""
    tests = {task: [unittest_class(line.removeprefix("assert ")), "x = 1"] for task, (line, *_) in TESTS.items()}
    write_column(tmp_path / "odd.jsonl", "test", tests)
    evaluate(replay, metadata={"coderm": {"n": 4, "tests": {"file": "odd.jsonl"}}}, limit=2)
    assert "2 of the 3 problems of humaneval+ are in this run" in caplog.text
    assert "2 of 4 test samples could not be used: 2 no TestCase class" in caplog.text
    assert "2 of 2 tests (100%) say nothing of any program by a fault of their own: 2 asserts nothing" in caplog.text


def test_running_code_must_be_confirmed_as_lm_eval_asks(replay: Replay) -> None:
    with pytest.raises(ValueError, match="confirm_run_unsafe_code"):
        evaluate(replay, confirm_run_unsafe_code=False)


def test_samples_that_repeat_each_other_are_said_to(replay: Replay, caplog: pytest.LogCaptureFixture) -> None:
    """Twelve samples that are three distinct programs."""
    problems = load_benchmark("humaneval+").problems
    programs = {task: [*listed] * 3 for task, listed in read_by_task(replay.samples, "solution").items()}
    with replaying(RecordedAnswers(problems, programs, read_by_task(replay.tests, "test"))) as address:
        repeating = replace(replay, url=f"http://{address}/v1")
        evaluate(repeating, metadata=coderm(repeating, n=12))
    assert "75 % of the samples repeat another sample of their problem" in caplog.text


def test_a_model_that_writes_no_code_is_wrong_everywhere_and_is_said_to(
    replay: Replay, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """lm-eval's dummy model, which always says "lol"; offline, so that it does not look for its tokenizer."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    results = evaluate(replay, model="dummy", model_args={}, apply_chat_template=False)
    assert set(scores(results).values()) == {0.0}
    assert "12 of 12 answers held no code: they are wrong in every row; 3 of 3 problems have no other" in caplog.text
    assert replay.requests == []


def test_the_results_file_and_the_run_directory_name_each_other(replay: Replay) -> None:
    """Nothing is known that was not used: local-chat-completions is sent no revision."""
    tracker = EvaluationTracker(output_path="out")
    found = evaluate(replay, evaluation_tracker=tracker)
    tracker.save_results_aggregated(found)
    (results,) = Path("out").glob("P/results_*.json")
    (folder,) = Path("coderm-runs").glob("humanevalplus_coderm-*")
    named = json.loads(results.read_text())["configs"]["humanevalplus_coderm"]["metadata"]["run_directory"]
    assert named == str(folder)
    provenance = read_provenance(RunDirectory(folder))
    assert provenance is not None
    assert provenance["results_file"] == str(results)
    assert (provenance["host"]["name"], provenance["command"]) == ("lm-eval", None)
    EvaluationTracker(output_path="other").save_results_aggregated(json.loads(results.read_text()))
    assert read_provenance(RunDirectory(folder)) == provenance
    name_results_file_in(RunDirectory(folder))
    EvaluationTracker(output_path="third/r.json").save_results_aggregated(json.loads(results.read_text()))
    (third,) = Path("third").iterdir()
    assert read_provenance(RunDirectory(folder)) == {**provenance, "results_file": str(third)}


def verified_with_another_writer(folder: Path) -> str:
    text = (folder / "summary.json").read_text()
    summary = json.loads(text)
    summary["test_writer"]["model"] = "another"
    (folder / "summary.json").write_text(json.dumps(summary))
    found = cli.coderm("verify", folder, "--problems", 1, cwd=Path.cwd()).stdout
    (folder / "summary.json").write_text(text)
    return found


def test_the_summary_says_who_wrote_candidates_and_tests(replay: Replay) -> None:
    """And a reader can verify what does not depend on their word."""
    evaluate(replay)
    (folder,) = Path("coderm-runs").glob("humanevalplus_coderm-*")
    verified = cli.coderm("verify", folder, cwd=Path.cwd())
    assert verified.stdout.endswith("Findings: none\n")
    assert "summary.json: test_writer: model is 'another'" in verified_with_another_writer(folder)
    summary = json.loads((folder / "summary.json").read_text())
    drawn = {"temperature": 0.8, "top_p": 0.95, "max_tokens": 2048, "seed": 0}
    assert summary["policy"] == {
        **{"model": "P", "revision": None, "server": f"{replay.url}/chat/completions"},
        "sampling": {"n": 4, **drawn, "settled": None},
    }
    assert summary["test_writer"] == {
        **{"model": "recorded", "revision": None, "server": replay.url, "backend": "openai"},
        **{"prompt": "paper", "sampling": {"num": 3, **drawn}},
    }


@pytest.mark.parametrize(
    ("model", "generation", "known"),
    [
        ({"pretrained": "org/m", "revision": "abc"}, {"temperature": 0.2}, {"model": "org/m", "revision": "abc"}),
        ({"base_url": "http://user:pw@h/v1"}, {}, {"model": None, "server": "http://***@h/v1"}),
        ({"pretrained": "org/m"}, {"do_sample": False, "temperature": 0.2}, {"model": "org/m", "server": None}),
    ],
)
def test_the_policy_is_what_the_model_arguments_say(
    model: dict[str, str], generation: dict[str, Any], known: dict[str, str | None]
) -> None:
    policy = policy_of(model, generation, n=2, seed=None)
    assert {**policy, **known} == policy
    temperature = None if "do_sample" in generation else generation.get("temperature")
    assert policy["sampling"] == {
        **dict.fromkeys(("top_p", "max_tokens", "seed", "settled")),
        **{"n": 2, "temperature": temperature},
    }
