"""The page of a run, made from its directory."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from helpers.cli import coderm, rows

from coderm_eval.report.page.figures import figures
from coderm_eval.report.page.page import read_run
from coderm_eval.report.page.problem_rows import problem_rows
from coderm_eval.report.run_directory import RunDirectory


def test_it_loads_nothing_and_repeats_to_the_byte(page: Path) -> None:
    text = page.read_text()
    shell = re.sub(r'<script id="data".*?</script>', "", text, flags=re.DOTALL)
    assert re.findall(r'(?:src|href)="(?!#)[^"]*"|url\((?!#)[^)]*\)|@import', shell) == []
    again = coderm("report", "run", "--html", "again.html", cwd=page.parent)
    assert again.returncode == 0
    assert (page.parent / "again.html").read_text() == text


def test_without_programs_it_is_small_and_says_so(page: Path) -> None:
    done = coderm("report", "run", "--html", "small.html", "--no-programs", cwd=page.parent)
    assert done.returncode == 0, done.stderr
    small = page.parent / "small.html"
    assert small.stat().st_size < page.stat().st_size


def test_a_run_that_was_not_graded_has_a_page(run: Path, page: Path, tmp_path: Path) -> None:
    """Without the figures and tables that need grades."""
    shutil.copytree(run, tmp_path / "run")
    for name in ("grades.jsonl", "misleading_tests.jsonl", "pass_rates.jsonl", "curve.csv", "curve.svg"):
        (tmp_path / "run" / name).unlink()
    summary = json.loads((run / "summary.json").read_text())
    ungraded = dict.fromkeys(("pass@1", "paired_gain", "rules", "test_quality", "cross_checks"))
    (tmp_path / "run" / "summary.json").write_text(json.dumps(summary | ungraded))
    done = coderm("report", "run", "--html", "page.html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "page.html").read_text()
    assert "This run was not graded" in text
    for drawn in (
        "in tiers",
        "Where the vote was misled",
        "budget policy used",
    ):
        assert (drawn in page.read_text(), drawn in text) == (True, False)


def test_every_share_is_in_per_cent_with_one_digit(page: Path, run: Path) -> None:
    """A newcomer found pass@1 as 0.75 in one table and as 75.0 in another."""
    summary = json.loads((run / "summary.json").read_text())
    shell = re.sub(r"<script.*?</script>|<svg.*?</svg>", "", page.read_text(), flags=re.DOTALL)
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", shell)
    assert f"{100 * summary['pass@1']['coderm']['value']:.1f}" in cells
    assert f"{100 * summary['test_quality']['vote']['f1']:.1f}" in cells
    assert [cell for cell in cells if re.fullmatch(r"[+-]?\d+\.\d{2,}", cell)] == []


def test_few_problems_are_not_parted_by_difficulty_or_confidence(run: Path, page: Path) -> None:
    """A fifth of three problems would be a bar of one or none; the surest picks of five were an empty figure."""
    assert all(title not in page.read_text() for title in ("by difficulty", "surest picks are wrong"))
    recorded = read_run(RunDirectory(run))
    many = problem_rows(recorded, with_programs=False) * 20
    captions = " ".join(caption for caption, _ in figures(recorded, many, []))
    assert all(title in captions for title in ("by difficulty", "surest picks are wrong"))


DAMAGED = ["samples.jsonl", "tests.jsonl", "verdicts.jsonl", "grades.jsonl", "misleading_tests.jsonl"]


@pytest.mark.parametrize("name", DAMAGED)
def test_files_that_do_not_belong_together_are_one_sentence(run: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(run, tmp_path / "run")
    assert rows(run / "misleading_tests.jsonl")
    (tmp_path / "run" / name).write_text('{"task_id": "demo/99"}\n')
    done = coderm("report", "run", "--html", "page.html", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("coderm-eval: run") and len(done.stderr.splitlines()) == 1, done.stderr
    assert not (tmp_path / "page.html").exists()


def test_another_file_is_not_written_over(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "run")
    (tmp_path / "page.html").write_text("mine")
    done = coderm("report", "run", "--html", "page.html", cwd=tmp_path)
    assert done.returncode == 2
    assert "give another --html, or --overwrite" in done.stderr
    assert (tmp_path / "page.html").read_text() == "mine"
