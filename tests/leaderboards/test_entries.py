"""The board's entries: each is checked, and each kind of wrong one is refused with a sentence."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers.board import ENTRIES, rewrite_picks
from helpers.cli import rows, write_rows
from jsonschema import Draft202012Validator

from coderm_eval.core.settings import parse_section
from coderm_eval.report.exporters.board.about import Entry
from coderm_eval.report.exporters.board.submitted import faults
from leaderboards import build

Change = Callable[[Path], object]


def in_entry(change: Callable[[dict[str, Any]], object]) -> Change:
    def edit(folder: Path) -> None:
        path = folder / "entry.json"
        content = json.loads(path.read_text())
        change(content)
        path.write_text(json.dumps(content))

    return edit


def in_picks(change: Callable[[list[dict[str, Any]]], object]) -> Change:
    """Change the picks, and the hash of their file with them: the change is hidden as well as it can be."""

    def edit(folder: Path) -> None:
        picks = rows(folder / "picks.jsonl")
        change(picks)
        path = write_rows(folder / "picks.jsonl", picks)
        in_entry(lambda entry: entry.update(picks_sha256=sha256(path.read_bytes()).hexdigest()))(folder)

    return edit


def in_about(old: str, new: str) -> Change:
    def edit(folder: Path) -> None:
        path = folder / "about.yaml"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    return edit


def set_state(state: str, by: str | None) -> Change:
    return in_entry(lambda entry: entry["verification"].update(state=state, by=by))


WRONG: dict[str, tuple[Change, str]] = {
    "a score": (
        in_entry(lambda e: e["results"]["pass@1"].update(value=0.9)),
        "results.pass@1.value is 0.9, and picks.jsonl gives 0.714286",
    ),
    "an interval": (in_entry(lambda e: e["results"]["oracle"].update(ci95=[0.9, 0.95])), "results.oracle.ci95 is"),
    "a gain": (in_entry(lambda e: e["results"]["gain_over_random"].update(value=0.5)), "results.gain_over_random"),
    "a score above 1": (
        in_entry(lambda e: e["results"]["pass@1"].update(value=71.4)),
        "entry.json: results.pass@1.value: 71.4 is greater than the maximum of 1",
    ),
    "fewer tests": (in_entry(lambda e: e.update(tests_per_problem=3.0)), "tests_per_problem is 3.0, and picks.jsonl"),
    "another N": (in_entry(lambda e: e.update(candidates=1)), "candidates is 1, and picks.jsonl gives 16"),
    "a grade": (in_picks(lambda p: p[0]["grade"].update(gold="fail")), "results.pass@1.value is 0.714286, and"),
    "picks in another order": (
        lambda folder: write_rows(folder / "picks.jsonl", rows(folder / "picks.jsonl")[::-1]),
        "picks.jsonl: not the file whose SHA-256",
    ),
    "a problem twice": (in_picks(lambda p: p.__setitem__(1, p[0])), "one line for each of 14 problems"),
    "a problem left out": (in_picks(lambda p: p.pop()), "one line for each of 14 problems, and has 13"),
    "a part as the whole": (
        lambda folder: rewrite_picks(folder, rows(folder / "picks.jsonl")[1:]),
        "13 of 14 problems, and `partial` says None",
    ),
    "another benchmark's problem": (in_picks(lambda p: p[0].update(task_id="Mbpp/2")), "no problem of demo: Mbpp/2"),
    "more right than there are": (in_picks(lambda p: p[0].update(right_samples=17)), "cannot all be true: demo/0"),
    "a right pick among wrong ones": (in_picks(lambda p: p[0].update(right_samples=0)), "cannot all be true: demo/0"),
    "other suites": (in_picks(lambda p: p[0].update(grade={"base": "pass"})), "not all picks are graded by the same"),
    "a program": (in_picks(lambda p: p[0].update(solution="def f(): 0")), "picks.jsonl, line 1: Additional properties"),
    "a program in place of its hash": (in_picks(lambda p: p[0].update(sha256="def f()")), "line 1: sha256: 'def f()'"),
    "a line that is no JSON": (
        lambda folder: (folder / "picks.jsonl").write_text("{\n"),
        "picks.jsonl, line 1: no JSON",
    ),
    "the samples": (lambda folder: (folder / "samples.jsonl").write_text(""), "samples.jsonl has no place here"),
    "no picks": (lambda folder: (folder / "picks.jsonl").unlink(), "picks.jsonl is missing"),
    "other data": (
        in_entry(lambda e: e["benchmark"].update(dataset_sha256="0" * 64)),
        "benchmark: 000000000000 is not the SHA-256 of demo",
    ),
    "another benchmark's data": (
        in_entry(lambda e: e["benchmark"].update(name="mbpp+", dataset="MBPP+ v0.2.0")),
        "is not the SHA-256 of MBPP+ v0.2.0",
    ),
    "a smaller benchmark": (
        in_entry(lambda e: e["benchmark"].update(problems_of_benchmark=13)),
        "benchmark: demo has 14 problems, not 13",
    ),
    "public tests": (in_entry(lambda e: e.update(public_tests_used=True)), "public_tests_used: False was expected"),
    "public tests, said in the other file": (in_about("used: false", "used: true"), "public_tests_used is True"),
    "another name": (in_about("name: ", "name: The "), "about.yaml: name is \"The the demo's"),
    "a key of its own": (in_entry(lambda e: e.update(rank=1)), "('rank' was unexpected)"),
    "no isolation": (in_entry(lambda e: e.pop("isolation")), "'isolation' is a required property"),
    "verified by nobody": (set_state("recomputed", None), "verification: 'recomputed' by None"),
    "verified by oneself": (set_state("self-reported", "a friend"), "verification: 'self-reported' by 'a friend'"),
    "a state of its own": (set_state("proved", "me"), "verification.state: 'proved' is not one of"),
    "a name that breaks the table": (in_entry(lambda e: e.update(name="a | b")), "entry.json: name: 'a | b'"),
}


@pytest.mark.parametrize("folder", sorted(ENTRIES.iterdir()), ids=lambda folder: folder.name)
def test_each_entry_is_as_it_should_be(folder: Path) -> None:
    assert list(faults(folder)) == []


def test_the_schema_is_one() -> None:
    schema = json.loads(files("coderm_eval.report.exporters.board").joinpath("entry.schema.json").read_text())
    Draft202012Validator.check_schema(schema)


def test_the_example_of_how_to_enter_is_one() -> None:
    [block] = re.findall(r"```yaml\n(.*?)```", (ENTRIES.parent / "CONTRIBUTING.md").read_text(), re.DOTALL)
    assert parse_section(Entry, yaml.safe_load(block), "CONTRIBUTING.md").policy.sampling.temperature == 0.8


def test_the_tables_and_the_page_are_what_the_entries_give() -> None:
    assert build.main(["--check"]) == 0


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_entry_is_refused_with_a_sentence(what: str, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(ENTRIES / "demo", folder)
    assert list(faults(folder)) == []
    change, sentence = WRONG[what]
    change(folder)
    found = list(faults(folder))
    assert any(sentence in fault for fault in found), found
    assert all(fault.startswith(str(folder)) and "\n" not in fault for fault in found)
