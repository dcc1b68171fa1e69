"""`--select my.py:rule`: a rule from a file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import coderm, quick, rows, said, write_rows

from coderm_eval.benchmarks.demo import SAMPLES, TESTS
from coderm_eval.core.errors import SettingsError
from coderm_eval.core.files import file_sha256
from coderm_eval.pipeline.settings import Settings, load_settings
from coderm_eval.selection import known_rules, registry

LAST = """
import numpy as np


def last(ballot):
    return np.arange(len(ballot.multiplicity), dtype=float)


def first(ballot):
    return -last(ballot)
"""

READER = """
from __future__ import annotations

from dataclasses import dataclass

from coderm_eval.selection import Ballot, Scores, selector


@dataclass
class Weight:
    value: float = 1.0


@selector("crowd", reads_probes=True)
def crowd(ballot: Ballot) -> Scores:
    return Weight().value * ballot.probe_groups.broadcast(ballot.probe_groups.sizes)
"""


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("_PROVIDED", "_READING_PROBES"):  # nothing of a test is known to the next
        monkeypatch.setattr(registry, name, getattr(registry, name).copy())


def selecting(name: str, **more: Any) -> Settings:
    return load_settings({"select": name, **more}, source="here")


def rerank(*more: object, cwd: Path) -> Any:
    samples = [row for row in rows(quick(SAMPLES, cwd / "s.jsonl")) if row["task_id"] == "demo/0"]
    tests = [row for row in rows(quick(TESTS, cwd / "t.jsonl")) if row["task_id"] == "demo/0"]
    return coderm(
        *("rerank", "--benchmark", "demo", "--allow-partial", "--out", "run", "--select", "my.py:last"),
        *("--samples", write_rows(cwd / "s.jsonl", samples), "--tests", write_rows(cwd / "t.jsonl", tests[:2]), *more),
        cwd=cwd,
    )


def test_a_run_picks_by_it_and_is_another_run_once_it_changes(tmp_path: Path) -> None:
    (tmp_path / "my.py").write_text(LAST)
    done = rerank("--grade", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert (summary["select"], summary["inputs"]["rule"]) == ("my.py:last", file_sha256(tmp_path / "my.py"))
    assert summary["rules"].keys() == {"majority", "my.py:last"}
    [row] = rows(tmp_path / "run" / "verdicts.jsonl")
    assert row["selections"]["my.py:last"]["chosen"] == row["candidates"][-1][0]

    assert rerank("--grade", cwd=tmp_path).returncode == 0  # the same run goes on
    (tmp_path / "my.py").write_text(LAST + "\n# to be thought over\n")
    other = rerank("--grade", cwd=tmp_path)
    assert other.returncode == 2
    assert "it holds a finished run of another version of the rule's file" in other.stderr


def test_verify_runs_the_file_if_the_user_names_it(tmp_path: Path) -> None:
    """A run directory may come from anybody, and so may the file that it names."""
    (tmp_path / "my.py").write_text(LAST)
    rerank(cwd=tmp_path)
    (tmp_path / "my.py").write_text(LAST.replace("return", "raise SystemExit(1)\n    return"))
    refused = coderm("verify", "run", cwd=tmp_path)
    assert refused.returncode == 2 and "if you trust the file, give --select my.py:last" in refused.stderr
    (tmp_path / "my.py").write_text(LAST)
    honest = coderm("verify", "run", "--select", "my.py:last", cwd=tmp_path)
    assert honest.returncode == 0, honest.stdout + honest.stderr
    (tmp_path / "my.py").write_text(LAST.replace("return np", "return -np"))
    found = coderm("verify", "run", "--select", "my.py:last", cwd=tmp_path)
    assert found.returncode == 1
    assert "summary.json: inputs.rule is not the hash of my.py:last here" in found.stdout
    assert ": my.py:last picked sample " in found.stdout and ", and now picks sample 0" in found.stdout


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    """Of the same size and within the same second, where Python would take the compiled file for it."""
    stamp = (1_700_000_000, 1_700_000_000)
    for number in (1, 2):
        (tmp_path / "my.py").write_text(f"def rule(ballot):\n    return {number}\n")
        os.utime(tmp_path / "my.py", stamp)
        selecting("my.py:rule")
        assert registry.find_rule("my.py:rule")(None) == number  # type: ignore[arg-type]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my.py"]


def test_a_decorator_says_whether_it_reads_probing_inputs(tmp_path: Path) -> None:
    (tmp_path / "my.py").write_text(READER)
    (tmp_path / "other.py").write_text(READER.replace(", reads_probes=True", ""))
    before = set(known_rules())
    assert selecting("my.py:crowd").inputs == 30
    assert selecting("my.py:crowd", tests={"backend": "none"}).rule == "my.py:crowd"
    assert selecting("other.py:crowd").inputs == 0
    assert set(known_rules()) == before
    assert "my.py" not in "".join(selecting("all").compared)


BROKEN: Mapping[str, tuple[str, str, str]] = {
    "no file": ("gone.py:rule", "", "gone.py: no such file in "),
    "a folder": ("folder.py:rule", "", "folder.py: cannot be read (Is a directory)"),
    "no name": ("my.py", LAST, "name a function in it, as my.py:my_rule"),
    "an empty name": ("my.py:", LAST, "name a function in it, as my.py:my_rule"),
    "another name": ("my.py:lst", LAST, "my.py: no 'lst' in it; did you mean 'last'?"),
    "a number": ("my.py:rule", "rule = 3", "my.py: rule is 3, and no function"),
    "syntax": ("my.py:rule", "x = 1\ndef rule(:\n", "my.py:2: "),
    "an indent": ("my.py:rule", "def rule(b):\nreturn 1\n", "my.py:2: expected an indented block"),
    "a module that is not there": ("my.py:rule", "\nimport nosuchthing\n", "my.py:2: ModuleNotFoundError: "),
    "an error in a call": ("my.py:rule", "def f():\n    return 1 / 0\nf()\n", "my.py:2: ZeroDivisionError: division"),
    "an end": ("my.py:rule", "raise SystemExit(3)", "my.py:1: SystemExit: 3"),
    "an error of its own": ("my.py:rule", "class E(BaseException): ...\nraise E('no')", "my.py:2: E: no"),
    "a reserved name": ("my.py:rule", "from coderm_eval.selection import selector\nselector('all')", "my.py:2: Value"),
    "a null byte": ("my.py:rule", "x = 1\0", "my.py:1: "),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_cannot_be_used_is_one_sentence(case: str, tmp_path: Path) -> None:
    name, text, words = BROKEN[case]
    (tmp_path / "my.py").write_text(text)
    (tmp_path / "folder.py").mkdir()
    message = said(SettingsError, selecting, name)
    assert message.startswith(f"here: select is {name!r}: {words}")


def test_a_rule_that_fails_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "my.py").write_text("def last(ballot):\n    return ballot.pased\n")
    done = rerank(cwd=tmp_path)
    assert done.returncode == 2
    assert "the rule 'my.py:last' failed (AttributeError: " in done.stderr and " at my.py:2; mend " in done.stderr
