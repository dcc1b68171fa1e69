"""A run whose programs and tests are hostile, and its page."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.cli import coderm, rows, write_rows
from helpers.hostile_texts import HOSTILE_TEXTS

from coderm_eval.benchmarks.demo import SAMPLES, TESTS
from coderm_eval.report.budget_curve import BudgetPoint, write_curve
from coderm_eval.report.statistics import GAIN_OVER_ITSELF, DrawSummary

TASKS = ("demo/0", "demo/11", "demo/13")
"""In the last of them the vote is misled."""


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a graded run of three problems; hostile texts are programs and tests of demo/0."""
    folder = tmp_path_factory.mktemp("page")
    samples, tests = (
        [row for row in rows(source) if row["task_id"] in TASKS and "loop" not in row.get("note", "")]
        for source in (SAMPLES, TESTS)
    )
    samples += [{"task_id": "demo/0", "solution": text} for text in HOSTILE_TEXTS.values()]
    one_line = [" ".join(text.split()) for text in HOSTILE_TEXTS.values() if len(text) < 1_000 and "\0" not in text]
    tests += [{**tests[0], "test": f"# {text}\n{tests[0]['test']}"} for text in one_line]
    done = coderm(
        *("rerank", "--benchmark", "demo", "--allow-partial", "--grade", "--select", "all", "--out", "run"),
        *("--samples", write_rows(folder / "s.jsonl", samples), "--tests", write_rows(folder / "t.jsonl", tests)),
        *("--probe-inputs", "0"),
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    points = [
        BudgetPoint("uniform", tests, tests, DrawSummary(0.5, 0.4, 0.6, 0.1), GAIN_OVER_ITSELF, 0.9) for tests in (1, 2)
    ]
    write_curve(folder / "run", points, "as rerank --budget-curve writes it")
    return folder / "run"


@pytest.fixture(scope="session")
def page(run: Path) -> Path:
    done = coderm("report", "run", "--html", "page.html", cwd=run.parent)
    assert (done.returncode, done.stdout) == (0, "page.html\n"), done.stderr
    return run.parent / "page.html"
