"""What a user reads of flags that are wrong or missing: what is meant, and what to type."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from helpers.cli import coderm

from coderm_eval.benchmarks.demo import SAMPLES
from coderm_eval.cli import main
from coderm_eval.selection import known_rules

RERANK = f"rerank --benchmark demo --samples {SAMPLES} --out run"
SAMPLE = "sample --benchmark demo --out s.jsonl"
WRITE = f"write-tests --benchmark demo --samples {SAMPLES} --out w.jsonl"

EMPTY = [
    "demo --out",
    f"rerank --benchmark demo --samples {SAMPLES} --tests t.jsonl --out",
    f"{RERANK} --tests",
    f"{RERANK} --tests t.jsonl --store",
    f"{RERANK} --tests t.jsonl --config",
    f"grade --benchmark demo --samples {SAMPLES} --out",
    "grade --benchmark demo --out g.json --samples",
    "sample --benchmark demo --model m --base-url http://127.0.0.1:9/v1 --out",
    "export run --name x --out",
]
"""Commands up to where a path is to be named."""

MISTAKES = [
    ("grade --benchmark humaneval", "no benchmark is called 'humaneval'; did you mean 'humaneval+'?"),
    ("grade --benchmark HumanEval", "did you mean 'humaneval+'?"),
    ("sample --benchmark mbpp", "did you mean 'mbpp+'?"),
    ("rerank --benchmark LiveCodeBench", "did you mean 'livecodebench'?"),
    ("fetch humaneval", "did you mean 'humaneval+'?"),
    (f"grade --benchmark {__file__}", "a file of problems has one on each line, and its name ends in .jsonl"),
    ("grade --benchmark xyz", "known: humaneval+, mbpp+, livecodebench, demo"),
    (RERANK, "no unit tests: give --tests tests.jsonl, or name the model that writes them in --config"),
    (SAMPLE, "policy.model is not set: give --model M --base-url http://127.0.0.1:8000/v1"),
    (f"{SAMPLE} --model m", "policy.base_url is not set: give --model M --base-url"),
    (WRITE, "tests.model is not set: give --model M --base-url"),
    ("rerank --benchmark demo --samples - --tests - --out run", "--samples and --tests are both -, and the standard"),
    ("rerank --benchmark demo --samples - --tests - --out run --dry-run", "name a file for one of them"),
    ("replay --samples - --tests -", "--samples and --tests are both -, and the standard input holds one file"),
    *((f"{verb}=", "it is empty; name a file or folder") for verb in EMPTY),
    (f"grade --benchmark demo --samples {SAMPLES} --out .", ".: this is a folder; name a file after --out"),
    (f"{RERANK} --tests t.jsonl --n 0", "n is 0: expected 1 or more"),
    (f"{RERANK} --tests t.jsonl --n x", "'x' is not a valid integer"),
    (f"{RERANK} --tests t.jsonl --resample-tests 3", "--resample-tests says how often picks are right"),
    (f"{SAMPLE} --model m --base-url 127.0.0.1", "policy.base_url is '127.0.0.1': expected a URL such as"),
    (f"{RERANK} --no-tests --tests t.jsonl", "--tests and --no-tests exclude each other"),
    (
        f"{RERANK} --no-tests --select majority",
        "select is 'majority', which picks by tests, and tests.backend is 'none'",
    ),
    (f"{RERANK} --no-tests --workers 0", "execution.workers is 0: expected 1 or more"),
    (f"{RERANK} --no-tests --limit 0", "0 is not in the range x>=1"),
    (f"{RERANK} --no-tests --task-ids demo/0,Demo/1", "demo has no task 'Demo/1'; did you mean 'demo/1'?"),
    (f"{RERANK} --no-tests --task-ids xyz", "demo has no task 'xyz'; its ids are demo/0, demo/1,"),
    (f"{RERANK} --no-tests --task-ids ,", "--task-ids ',': no task id; give some as A,B or in a file"),
    (f"{RERANK} --no-tests -v -q", "-v and -q exclude each other"),
    ("smaple", "No such command 'smaple'"),
]


@pytest.mark.parametrize(("line", "words"), MISTAKES, ids=[line.replace(str(SAMPLES), "S") for line, _ in MISTAKES])
def test_a_mistake_in_flags_is_one_sentence_and_exit_code_2(tmp_path: Path, line: str, words: str) -> None:
    done = coderm(*line.split(), cwd=tmp_path)
    assert done.returncode == 2 and words in done.stderr.splitlines()[-1], done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_help_of_select_names_rules_that_there_are(tmp_path: Path) -> None:
    words = " ".join(coderm("rerank", "--help", cwd=tmp_path).stdout.split())
    named = words.partition("Rule that picks: ")[2].partition(" or another one of docs/reference/rules.md")[0]
    assert len(named.split(", ")) > 5 and {*named.split(", ")} <= known_rules().keys()


def test_every_verb_that_writes_replaces_files_only_on_demand() -> None:
    """That it refuses them is tested with the verb."""
    top = click.Context(main)
    verbs = [main.get_command(top, name) for name in main.list_commands(top)]
    verbs += [verb for group in verbs if isinstance(group, click.Group) for verb in group.commands.values()]
    flags = [{flag for option in verb.params for flag in option.opts} for verb in verbs if verb]
    writing = [given for given in flags if "--out" in given]
    assert len(writing) == 12
    assert all("--overwrite" in given for given in writing)


TYPING_ERRORS = [
    ("--curv", "--budget-curve", "--curve"),
    ("--resampl", "--resample-tests", "--resample"),
    ("--allow-not-ru", "--allow-incomplete", "--allow-not-run"),
]


@pytest.mark.parametrize(("typed", "shown", "hidden"), TYPING_ERRORS)
def test_earlier_names_of_flags_are_not_suggested(tmp_path: Path, typed: str, shown: str, hidden: str) -> None:
    said = coderm(*RERANK.split(), typed, cwd=tmp_path).stderr.splitlines()[-1]
    assert f"No such option '{typed}'" in said and f"'{shown}'" in said
    assert f"'{hidden}'" not in said
