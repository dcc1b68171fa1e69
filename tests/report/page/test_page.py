"""The page of a run: made from its directory, and used in a real browser."""

from __future__ import annotations

import asyncio
import json
import math
import re
import shutil
from collections.abc import Awaitable, Callable
from math import comb
from pathlib import Path
from typing import Any

import pytest
from helpers.browser import Page, browsing, needs_browser
from helpers.cli import coderm, quick, rows, write_rows

from coderm_eval.benchmarks.demo import SAMPLES, TESTS
from coderm_eval.report.page.figures import pass_at_k
from coderm_eval.report.page.problem_rows import problem_rows
from coderm_eval.report.run_directory import RunDirectory

HOSTILE = [
    "</script><script>document.title = 'taken'</script>",
    "<img src=x onerror=\"document.title = 'taken'\">",
    "<style>body { display: none }</style><!--",
    "\x1b[31m\x1b]0;taken\x07",
    "{{ 7 * 7 }} {% raw %} &lt;b&gt; \u2028 \u202e \ud7ff",
    "x" * 1_000_000,
]
"""Texts of a model that must stay text. Each stands in a comment of a right program."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a graded run with hostile programs and tests."""
    folder = tmp_path_factory.mktemp("page")
    samples, tests = (rows(quick(source, folder / source.name)) for source in (SAMPLES, TESTS))
    first = next(row for row in samples if row["task_id"] == "demo/0")
    written = {**next(row for row in tests if row["task_id"] == "demo/0")}
    samples += [{**first, "solution": f"# {text!r}\n# {text}\n{first['solution']}"} for text in map(one_line, HOSTILE)]
    tests += [{**written, "test": f"# {text}\n{written['test']}"} for text in map(one_line, HOSTILE[:5])]
    done = coderm(
        *("rerank", "--benchmark", "demo", "--allow-partial", "--grade", "--select", "all", "--out", "run"),
        *("--samples", write_rows(folder / "s.jsonl", samples), "--tests", write_rows(folder / "t.jsonl", tests)),
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return folder / "run"


def one_line(text: str) -> str:
    return re.sub(r"[\n\r\u2028]", " ", text)


@pytest.fixture(scope="module")
def page(run: Path) -> Path:
    done = coderm("report", "run", "--html", "page.html", cwd=run.parent)
    assert (done.returncode, done.stdout) == (0, "page.html\n"), done.stderr
    return run.parent / "page.html"


def in_browser(page: Path, profile: Path, look: Callable[[Page], Awaitable[Any]]) -> Any:
    """Return what `look` finds on the page, on which no error may have happened."""

    async def visit() -> Any:
        async with browsing(profile) as browser:
            await browser.size(1200, 900)
            await browser.open(page)
            await browser.until("document.querySelectorAll('#problems tbody tr').length > 0")
            found = await look(browser)
            assert browser.errors == []
            return found

    return asyncio.run(visit())


TASKS = "[...document.querySelectorAll('#problems tr.problem')].map(row => row.cells[0].textContent)"


@needs_browser
def test_problems_are_searched_filtered_and_sorted(page: Path, tmp_path: Path) -> None:
    async def look(browser: Page) -> None:
        assert await browser.run(TASKS) == ["demo/0", "demo/8", "demo/11"]
        await browser.run("search.value = '/1'; search.dispatchEvent(new Event('input'))")
        assert await browser.run(TASKS) == ["demo/11"]
        assert await browser.run("count.textContent") == "1 of 3"
        await browser.run("search.value = ''; search.dispatchEvent(new Event('input'))")
        await browser.run("document.querySelector('#problems thead button').click()")
        assert await browser.run(TASKS) == ["demo/0", "demo/8", "demo/11"]
        await browser.run("document.querySelector('#problems thead button').click()")
        assert await browser.run(TASKS) == ["demo/11", "demo/8", "demo/0"]
        wrong = await browser.run("filter.value = 'wrong'; filter.dispatchEvent(new Event('change')); " + TASKS)
        right = await browser.run("filter.value = 'right'; filter.dispatchEvent(new Event('change')); " + TASKS)
        assert sorted([*wrong, *right]) == ["demo/0", "demo/11", "demo/8"]

    in_browser(page, tmp_path, look)


@needs_browser
def test_a_cell_shows_its_program_its_test_and_what_happened(run: Path, page: Path, tmp_path: Path) -> None:
    problem = problem_rows(RunDirectory(run), "evidence", with_programs=True)[0]
    row, column = len(problem["candidates"]) - 1, len(problem["tests"]) - 1
    candidate, test = problem["candidates"][row], problem["tests"][column]

    async def look(browser: Page) -> None:
        await browser.run("document.querySelector('tr.problem').click()")
        click = """(() => {
            const canvas = document.querySelector('canvas'), box = canvas.getBoundingClientRect();
            canvas.dispatchEvent(new MouseEvent('click', {clientX: box.right - 2, clientY: box.bottom - 2}));
        })()"""
        await browser.run(click)
        said = await browser.run("document.querySelector('.cell').textContent")
        verdict = {"P": "passed", "F": "failed", "T": "timed out", "C": "crashed"}[candidate["verdicts"][column]]
        assert said == f"sample {candidate['samples'][0]} on test {test['samples'][0]}: {verdict}"
        texts = await browser.run("[...document.querySelectorAll('.texts code')].map(code => code.textContent)")
        assert texts == [candidate["program"], test["source"]]

    in_browser(page, tmp_path, look)


@needs_browser
def test_hostile_texts_stay_text(run: Path, page: Path, tmp_path: Path) -> None:
    problem = problem_rows(RunDirectory(run), "evidence", with_programs=True)[0]
    programs = [candidate["program"] for candidate in problem["candidates"]]

    async def look(browser: Page) -> None:
        title = await browser.run("document.title")
        await browser.run("document.querySelector('tr.problem').click()")
        for row, program in enumerate(programs):
            select = "document.querySelector('.matrix select')"
            await browser.run(f"{select}.value = {row}; {select}.dispatchEvent(new Event('change'))")
            assert await browser.run("document.querySelector('.texts code').textContent") == program
        assert await browser.run("document.title") == title
        assert await browser.run("document.querySelectorAll('img, .texts style, .texts script').length") == 0

    assert sum(any(one_line(text) in program for program in programs) for text in HOSTILE) == len(HOSTILE)
    in_browser(page, tmp_path, look)


@needs_browser
def test_it_is_dark_in_the_dark_fits_a_phone_and_prints(page: Path, tmp_path: Path) -> None:
    async def look(browser: Page) -> None:
        background = "getComputedStyle(document.body).backgroundColor"
        light = await browser.run(background)
        await browser.dark()
        assert await browser.run(background) != light
        await browser.size(390, 844)
        assert await browser.run("document.documentElement.scrollWidth <= innerWidth")
        assert (await browser.pdf()).startswith(b"%PDF")

    in_browser(page, tmp_path, look)


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
    """Without the figures that need grades, such as the risk of the surest picks."""
    shutil.copytree(run, tmp_path / "run")
    for name in ("grades.jsonl", "misleading_tests.jsonl", "pass_rates.jsonl"):
        (tmp_path / "run" / name).unlink()
    summary = json.loads((run / "summary.json").read_text())
    ungraded = dict.fromkeys(("pass@1", "paired_gain", "rules", "test_quality", "cross_checks"))
    (tmp_path / "run" / "summary.json").write_text(json.dumps(summary | ungraded))
    done = coderm("report", "run", "--html", "page.html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "page.html").read_text()
    assert "This run was not graded" in text
    drawn = "How often the surest picks are wrong"
    assert (drawn in page.read_text(), drawn in text) == (True, False)


DAMAGED = ["samples.jsonl", "tests.jsonl", "verdicts.jsonl", "grades.jsonl"]


@pytest.mark.parametrize("name", DAMAGED)
def test_files_that_do_not_belong_together_are_one_sentence(run: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(run, tmp_path / "run")
    (tmp_path / "run" / name).write_text('{"task_id": "demo/99"}\n')
    done = coderm("report", "run", "--html", "page.html", cwd=tmp_path)
    assert done.returncode == 2
    assert "run: its files do not belong together" in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "page.html").exists()


def test_another_file_is_not_written_over(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "run")
    (tmp_path / "page.html").write_text("mine")
    assert coderm("report", "run", "--html", "page.html", cwd=tmp_path).returncode == 2
    assert (tmp_path / "page.html").read_text() == "mine"


@pytest.mark.parametrize(("samples", "right", "k"), [(10, 3, 1), (10, 3, 4), (10, 0, 5), (10, 8, 4), (5, 5, 5)])
def test_pass_at_k_is_the_unbiased_estimate(samples: int, right: int, k: int) -> None:
    assert math.isclose(pass_at_k(samples, right, k), 1 - comb(samples - right, k) / comb(samples, k), abs_tol=1e-12)
