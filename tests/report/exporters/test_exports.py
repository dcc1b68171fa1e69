"""Each format of `export`: its own reader takes the files, the numbers are the run's, and a wrong run is refused."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
import yaml
from helpers.cli import coderm, rows, write_rows
from helpers.paths import ROOT

from coderm_eval.core.choices import OWN_EXPORTERS
from coderm_eval.report.exporters.base import load_exporter
from coderm_eval.report.exporters.entry import Entry
from coderm_eval.report.provenance import finish
from coderm_eval.report.run_directory import RunDirectory
from coderm_eval.report.tables import render_rules, scores_table

NAME = "P + T Bo3"

ABOUT: dict[str, dict[str, Any]] = {
    "every-eval-ever": {
        **{"policy": {"model": "org/P", "sampling": {"temperature": 0.8}}, "test_writer": {"model": "org/T"}},
        **{"organization": "Us", "relationship": "third_party", "availability": "open_weights"},
    },
    "huggingface": {"dataset": "org/benchmark", "task": "python", "source": {"url": "https://example.org/run"}},
}
"""What is said of the run beside its name, by format."""

FORMATS = [name for name in OWN_EXPORTERS if name not in ("board", "livecodebench")]
"""The two take other runs than that of an invented dataset: see test_board and test_grading."""


def exported(run: Path, to: str, *more: str) -> tuple[list[Path], str]:
    """The files, and what was said on the standard error."""
    (run.parent / "about.yaml").write_text(yaml.safe_dump(ABOUT.get(to, {})))
    flags = ["--name", NAME, "--about", "about.yaml", *more]
    done = coderm("export", "run", "--to", to, "--out", "out", *flags, cwd=run.parent)
    assert done.returncode == 0, done.stderr
    return [run.parent / line for line in done.stdout.splitlines()], done.stderr


def summary(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "summary.json").read_text())
    return found


# What each format has


def test_csv_has_the_numbers_of_the_summary(run: Path) -> None:
    paths, _ = exported(run, "csv")
    scores, rules = (list(csv.DictReader(path.open(newline=""))) for path in paths)
    for table, key, recorded in ((scores, "row", summary(run)["pass@1"]), (rules, "rule", of_rules(run))):
        found = {row[key]: [row["pass@1"], row["pass@1_low"], row["pass@1_high"]] for row in table}
        assert found == {name: [str(n) for n in (row["value"], *row["ci95"])] for name, row in recorded.items()}
    gains = {row["row"]: row["gain_of_system"] for row in scores}
    assert gains == {"coderm": "", **{row: str(gain["value"]) for row, gain in summary(run)["paired_gain"].items()}}


def of_rules(run: Path) -> dict[str, Any]:
    return {rule: row["pass@1"] for rule, row in summary(run)["rules"].items()}


def test_latex_has_what_report_prints(run: Path) -> None:
    paths, _ = exported(run, "latex")
    printed = (str(scores_table(summary(run))), render_rules(summary(run)["rules"]))
    for path, table in zip(paths, printed, strict=True):
        lines = [line.split(r"\\")[0] for line in path.read_text().splitlines() if "&" in line][1:]
        found = {cells[1:3] for cells in (tuple(cell.strip() for cell in line.split("&")) for line in lines)}
        reported = [line.split("|") for line in table.splitlines() if line.startswith("|")][2:]
        assert found == {(cells[2].strip(), cells[3].strip()) for cells in reported}
        assert r"\toprule" in path.read_text()


@pytest.mark.parametrize("to", ["csv", "latex"])
def test_without_tests_no_table_has_a_majority_vote(run: Path, to: str) -> None:
    change_summary(run, tests_per_problem=0.0)
    finish(RunDirectory(run), "changed")
    paths, _ = exported(run, to)
    assert [path.read_text().count("majority") for path in paths] == [0, 0]


def test_latex_takes_names_that_mean_something_to_it(run: Path) -> None:
    (scores, _), _ = exported(run, "latex", "--name", "P_1 & T 50% Bo3")
    assert r" P\_1 \& T 50\% Bo3 " in scores.read_text()


def test_a_models_name_stays_in_the_comment_of_latex(run: Path) -> None:
    paths, _ = exported(run, "latex", "--set", "test_writer.model=T\n\\input{secret}")
    for path in paths:
        assert [line[:2] for line in path.read_text().splitlines() if "secret" in line] == ["% "]


def test_evalplus_reads_the_picks_and_their_results(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from evalplus.data import load_solutions
    from evalplus.eval import compatible_eval_result
    from evalplus.evaluate import evaluate

    (samples, results), said = exported(run, "evalplus")
    chosen = {row["task_id"]: row["solution"] for row in rows(run / "chosen.jsonl")}
    assert {row["task_id"]: row["solution"] for row in load_solutions(str(samples))} == chosen
    content = json.loads(results.read_text())
    assert compatible_eval_result(content) == content
    evaluate("humaneval", str(samples))
    printed = capsys.readouterr().out
    assert printed.startswith(f"Load from previous results from {results}") and printed.count("pass@1:\t0.667") == 2
    assert summary(run)["pass@1"]["coderm"]["value"] == 0.666667
    assert "lists nothing that was selected among many" in said


def test_the_hubs_own_reader_takes_the_score_and_its_notes(run: Path) -> None:
    (path,), said = exported(run, "huggingface")
    assert path == run.parent / "out" / ".eval_results" / "p-t-bo3.yaml"
    (row,) = yaml.safe_load(path.read_text())
    if hasattr(huggingface_hub, "parse_eval_result_entries"):  # since 1.4
        (entry,) = huggingface_hub.parse_eval_result_entries([row])
        assert (entry.dataset_id, entry.task_id, entry.value) == ("org/benchmark", "python", 0.666667)
        assert (entry.source_url, entry.notes, entry.verify_token) == ("https://example.org/run", row["notes"], None)
    assert row["notes"].startswith(f"{NAME}: pass@1 of the picks among 3 candidates per problem (95 % 0.208 to 0.939),")
    assert "not the model's own pass@1" in row["notes"] and "rule evidence" in row["notes"]
    assert "only if org/benchmark is registered as a benchmark" in said


def test_the_hubs_score_can_be_in_per_cent(run: Path) -> None:
    (path,), _ = exported(run, "huggingface", "--set", "percent=true")
    assert yaml.safe_load(path.read_text())[0]["value"] == 66.6667


def test_every_eval_ever_has_the_scores_with_their_intervals(run: Path) -> None:
    (path, samples), _ = exported(run, "every-eval-ever")
    record, lines = json.loads(path.read_text()), rows(samples)
    scores = {result["evaluation_result_id"].split("#")[1]: result for result in record["evaluation_results"]}
    assert scores.keys() == {"coderm", "random", "oracle"}
    for row, result in scores.items():
        recorded, details = summary(run)["pass@1"][row], result["score_details"]
        interval = details["uncertainty"]["confidence_interval"]
        assert details["score"] == recorded["value"]
        assert [interval["lower"], interval["upper"], interval["confidence_level"]] == [*recorded["ci95"], 0.95]
    share = sum(line["evaluation"]["score"] for line in lines) / len(lines)
    assert share == pytest.approx(scores["coderm"]["score_details"]["score"], abs=1e-6)
    assert {line["sample_id"]: line["output"]["raw"] for line in lines} == {
        row["task_id"]: [row["solution"]] for row in rows(run / "chosen.jsonl")
    }


def test_every_eval_ever_has_the_plan_and_the_sandbox(run: Path) -> None:
    (path, _), _ = exported(run, "every-eval-ever")
    picks, single, _ = json.loads(path.read_text())["evaluation_results"]
    arguments = picks["generation_config"]["generation_args"]
    steps = [json.loads(step) for step in arguments["eval_plan"]["steps"]]
    assert [step["step"] for step in steps] == ["sample", "write tests", "execute", "select", "grade"]
    assert (steps[0]["candidates"], steps[1]["model"], steps[1]["samples"]) == (3, "org/T", 4)
    assert arguments["sandbox"]["type"] == summary(run)["isolation"]
    assert (arguments["max_attempts"], arguments["temperature"]) == (1, 0.8)
    assert "top_p" not in arguments  # it is not known
    assert single["generation_config"] == {"generation_args": {"temperature": 0.8}}


# Whose score it is


@pytest.mark.parametrize("to", FORMATS)
def test_no_score_of_picks_is_called_a_models_own(run: Path, to: str) -> None:
    """Every file says the system, in its name or in its text."""
    paths, _ = exported(run, to)
    for path in paths:
        said = f"{path.name}\n{path.read_text()}"
        assert NAME in said or "p-t-bo3" in said


def test_every_eval_ever_calls_only_the_models_own_score_pass_at_k(run: Path) -> None:
    (path, _), _ = exported(run, "every-eval-ever")
    record = json.loads(path.read_text())
    metrics = [(m["metric_id"], m["metric_name"]) for m in (r["metric_config"] for r in record["evaluation_results"])]
    assert metrics == [
        ("coderm.best_of_n_pass_at_1", f"pass@1 of {NAME}"),
        ("pass_at_k", "pass@1, mean of 3 samples"),
        ("pass_at_k", "pass@3"),
    ]
    assert record["model_info"]["name"] == NAME


# What is refused


def ungraded(run: Path) -> None:
    change_summary(run, rules=None)


def not_graded_pick(run: Path) -> None:
    """As a run leaves it whose grader died."""
    change_grades(run, lambda grade: {"samples": grade["samples"]})


def other_grades(run: Path) -> None:
    change_grades(run, lambda grade: {**grade, "base": "fail", "plus": "fail"})


def exchanged_grades(run: Path) -> None:
    """A right pick is called wrong, and a wrong one right: no score changes."""
    first, second, third = rows(run / "grades.jsonl")
    turned = {"pass": "fail", "fail": "pass"}
    for row in (first, third):
        row["grades"] = [
            {**grade, "base": turned[grade["base"]], "plus": turned[grade["plus"]]} for grade in row["grades"]
        ]
    write_rows(run / "grades.jsonl", [first, second, third])


def not_a_number(run: Path) -> None:
    change_summary(run, n_problems_of_benchmark=math.nan)


def without_a_key(run: Path) -> None:
    (run / "summary.json").write_text(json.dumps({k: v for k, v in summary(run).items() if k != "n_candidates"}))


def binary(run: Path) -> None:
    (run / "summary.json").write_bytes(b"\xff\xfe{}")


def deep(run: Path) -> None:
    (run / "summary.json").write_text("[" * 100_000)


def other_provenance(run: Path) -> None:
    (run / "provenance.json").write_text('{"finished": "2026-11-28T20:00:00Z"}')


def other_benchmark(run: Path) -> None:
    change_summary(run, benchmark="apps")


def demo(run: Path) -> None:
    change_summary(run, benchmark="demo")


def part(run: Path) -> None:
    change_summary(run, n_problems_of_benchmark=164)


def other_dataset(run: Path) -> None:
    change_summary(run, dataset_sha256="0" * 64)


def earlier_version(run: Path) -> None:
    (run / "provenance.json").unlink()


def nothing(run: Path) -> None:
    pass


def change_summary(run: Path, **values: Any) -> None:
    (run / "summary.json").write_text(json.dumps({**summary(run), **values}))


def change_grades(run: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    changed = [{**row, "grades": [*map(change, row["grades"])]} for row in rows(run / "grades.jsonl")]
    write_rows(run / "grades.jsonl", changed)


Change = Callable[[Path], None]

REFUSED_BY_ALL: list[tuple[Change, list[str], str]] = [
    (ungraded, [], "run: a run without grades, which has no scores; where"),
    (not_graded_pick, [], "run: nothing is exported, as picks could not be graded (those of HumanEval/0, HumanEval/1,"),
    (other_grades, [], "run: its picks, grades and summary.json do not belong together"),
    (exchanged_grades, [], "run: grades.jsonl: its SHA-256 is "),
    (not_a_number, [], "run/summary.json: not what `coderm-eval rerank` wrote"),
    (without_a_key, [], "run: its files lack what is exported (KeyError: 'n_candidates')"),
    (binary, [], "run/summary.json: not what `coderm-eval rerank` wrote (invalid start byte)"),
    (deep, [], "run/summary.json: not what `coderm-eval rerank` wrote"),
    (other_provenance, [], "run: provenance.json: not what `coderm-eval rerank` wrote (KeyError('files'))"),
    (nothing, ["--name", "P"], "the name 'P' does not say that each program is the best of 3, so that"),
    (nothing, ["--name", "org/P Bo20"], "does not say that each program is the best of 3"),
    (nothing, ["--set", "temprature=1"], "unknown setting 'temprature'"),
    (nothing, ["--set", "temperature"], "'temperature' has no key or no =; write one such as policy.model=M"),
    (nothing, ["--about", "none.yaml"], "none.yaml: not a readable YAML file"),
]
"""What is done to the run, what is said otherwise, and the words of the answer."""

REFUSED: list[tuple[str, Change, list[str], str]] = [
    (
        "evalplus",
        demo,
        [],
        "only those of humaneval+, mbpp+ can be exported to evalplus; --to takes board, csv, latex for it",
    ),
    ("evalplus", part, [], "a run of 3 of 164 problems, and `evalplus.evaluate` takes samples of all of them only"),
    ("evalplus", other_dataset, [], "the data of humaneval+ on this machine is not that of this run"),
    ("evalplus", nothing, ["--name", "org/P Bo3"], "no file can be called 'org/P Bo3'; write --name without /"),
    ("huggingface", demo, [], "a run of demo; only those of humaneval+, mbpp+, livecodebench can be exported"),
    ("huggingface", part, [], "a run of 3 of 164 problems, and the Hub has no place to say so"),
    ("huggingface", nothing, ["--set", "dataset=humaneval"], "'humaneval' is no dataset of the Hub; write it as org/"),
    ("huggingface", nothing, ["--set", "source.url=here"], "'here' is no address; write one that begins with https://"),
    ("every-eval-ever", demo, [], "a run of demo; only those of humaneval+, mbpp+, livecodebench can be exported"),
    ("every-eval-ever", other_dataset, [], "the data of humaneval+ on this machine is not that of this run"),
    ("every-eval-ever", earlier_version, [], "the run does not know when it was made: give --set date=2026-11-28"),
    (
        "every-eval-ever",
        nothing,
        ["--set", "date=2020-01-01"],
        "date is '2020-01-01T00:00:00Z', and the run was made with",
    ),
    (
        "every-eval-ever",
        nothing,
        ["--set", "policy.model=P"],
        "policy.model is 'P', and results are filed by developer",
    ),
    *((to, other_benchmark, [], "run: a run of apps; only those of ") for to in FORMATS if to not in ("csv", "latex")),
    (
        "every-eval-ever",
        nothing,
        ["--set", "relationship=friend"],
        "relationship is 'friend': expected 'first_party', ",
    ),
]


@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize(("change", "said", "words"), REFUSED_BY_ALL, ids=[row[2][:40] for row in REFUSED_BY_ALL])
def test_a_wrong_run_is_refused_by_every_format(
    run: Path, to: str, change: Change, said: list[str], words: str
) -> None:
    refuses(run, to, change, said, words)


@pytest.mark.parametrize(
    ("to", "change", "said", "words"), REFUSED, ids=[f"{row[0]}: {row[3][:40]}" for row in REFUSED]
)
def test_a_wrong_run_is_refused_by_its_format(run: Path, to: str, change: Change, said: list[str], words: str) -> None:
    refuses(run, to, change, said, words)


@pytest.mark.parametrize("to", ABOUT)
def test_what_a_format_asks_for_is_named(run: Path, to: str) -> None:
    done = coderm("export", "run", "--to", to, "--out", "out", "--name", NAME, cwd=run.parent)
    asked = next(key for key in ABOUT[to] if key not in ("policy", "test_writer"))
    assert done.returncode == 2 and f"--to {to}: {asked} is missing: give --set {asked}=..., the " in done.stderr


def test_the_guide_lists_the_keys_of_every_format() -> None:
    """Those that all formats have by the names of their sections."""
    guide = (ROOT / "docs" / "guide" / "leaderboards.md").read_text()
    listed = [line.split("|")[1:3] for line in guide.splitlines() if line.startswith("| `")]
    rows = [(re.findall(r"`([a-z_]+)", keys), re.findall(r"[a-z-]+", formats)) for keys, formats in listed]
    said = {(key, name) for keys, names in rows for key in keys for name in names}
    for name in OWN_EXPORTERS:
        kind = getattr(load_exporter(name), "Entry", Entry)
        own = kind.model_fields.keys() - Entry.model_fields.keys()
        assert {key for key, of in said if of == name} == own
    assert {key for key, of in said if of == "all"} >= Entry.model_fields.keys()


def test_without_a_format_those_of_the_runs_benchmark_are_named(run: Path) -> None:
    done = coderm("export", "run", "--out", "out", cwd=run.parent)
    formats = "board, csv, evalplus, every-eval-ever, huggingface, latex"
    words = f"run: a run of humaneval+, and no --to says in which format; --to takes {formats} for it"
    assert (done.returncode, done.stderr) == (2, f"coderm-eval: {words}\n")


def refuses(run: Path, to: str, change: Change, said: list[str], words: str) -> None:
    """In one sentence, and before anything is written."""
    change(run)
    (run.parent / "about.yaml").write_text(yaml.safe_dump(ABOUT.get(to, {})))
    flags = ["--name", NAME, "--about", "about.yaml", *said]
    done = coderm("export", "run", "--to", to, "--out", "out", *flags, cwd=run.parent)
    assert done.returncode in (2, 3) and words in done.stderr.splitlines()[-1], done.stderr
    assert not (run.parent / "out").exists()


def test_what_is_exported_again_is_the_same(run: Path) -> None:
    for to in FORMATS:
        paths, _ = exported(run, to)
        before = [path.read_bytes() for path in paths]
        exported(run, to)
        assert [path.read_bytes() for path in paths] == before


def test_the_pick_that_the_tests_misled_is_wrong(run: Path) -> None:
    """So that a format which says that all are right is found."""
    assert math.isclose(summary(run)["pass@1"]["coderm"]["value"], 2 / 3, abs_tol=1e-6)
