"""The page of a comparison: made from run directories, and used in a real browser."""

from __future__ import annotations

import base64
import json
import re
import zlib
from pathlib import Path

import pytest
from helpers.browser import Page, in_browser, needs_browser
from helpers.cli import coderm, rows, write_rows
from helpers.hostile_texts import HOSTILE_TEXTS
from helpers.runs import write_graded_run

HOSTILE_NAME = "<img src=x onerror=\"document.title='taken'\"> $x_1$ {{ 7 }}"
HOSTILE = [text for text in HOSTILE_TEXTS.values() if len(text) < 100_000]  # the page of a run has the others
ONE = "def f():\n    return 1\n"
TWO = "def f():\n    return 2\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs and their page: problem 1 is a win, 2 a loss; of one run the name and the picks are hostile."""
    made = tmp_path_factory.mktemp("compared")
    write_graded_run(made / "one", "101" + "1" * 19, [ONE, *[ONE] * len(HOSTILE)])
    write_graded_run(made / HOSTILE_NAME, "110" + "1" * 19, [TWO, *HOSTILE])
    for run, n in (("one", 2), (HOSTILE_NAME, 5)):
        summary = json.loads((made / run / "summary.json").read_text())
        (made / run / "summary.json").write_text(json.dumps({**summary, "n_candidates": n}))
    done = coderm("compare", "one", HOSTILE_NAME, "--html", "page.html", cwd=made)
    assert done.returncode == 0, done.stderr
    return made


TASKS = "[...document.querySelectorAll('#problems tr.problem')].map(row => row.cells[0].textContent)"
CODES = "[...document.querySelectorAll('.texts code')].map(code => code.textContent)"


def choose(value: str) -> str:
    return f"filter.value = '{value}'; filter.dispatchEvent(new Event('change')); {TASKS}"


@needs_browser
def test_wins_and_losses_are_filtered_sorted_and_searched(folder: Path, tmp_path: Path) -> None:
    async def look(browser: Page) -> None:
        assert len(await browser.run(TASKS)) == 22
        assert await browser.run(choose("differ")) == ["demo/1", "demo/2"]
        assert await browser.run(choose("only-0")) == ["demo/2"]
        assert await browser.run(choose("only-1")) == ["demo/1"]
        assert await browser.run(choose("wrong")) == []
        await browser.run(choose("differ"))
        await browser.run("document.querySelectorAll('#problems thead button')[1].click()")
        assert await browser.run(TASKS) == ["demo/1", "demo/2"]
        await browser.run("document.querySelectorAll('#problems thead button')[1].click()")
        assert await browser.run(TASKS) == ["demo/2", "demo/1"]
        await browser.run("search.value = '/1'; search.dispatchEvent(new Event('input'))")
        assert await browser.run(TASKS) == ["demo/1"]
        assert await browser.run("document.querySelectorAll('#problems .right, #problems .wrong').length") == 2

    in_browser(folder / "page.html", tmp_path, look)


@needs_browser
def test_a_problem_opens_to_both_picks_and_their_difference(folder: Path, tmp_path: Path) -> None:
    async def look(browser: Page) -> None:
        await browser.run("document.querySelector('#problems tr.problem').click()")
        assert await browser.run(CODES) == [ONE, TWO]
        assert await browser.run("document.querySelector('.removed').textContent") == "-     return 1\n"
        assert await browser.run("document.querySelector('.added').textContent") == "+     return 2\n"
        about = "[...document.querySelectorAll('.texts .small')].map(each => each.textContent)"
        assert await browser.run(about) == ["gold: pass; confidence 70.0 %"] * 2

    in_browser(folder / "page.html", tmp_path, look)


@needs_browser
def test_hostile_names_and_programs_stay_text(folder: Path, tmp_path: Path) -> None:
    async def look(browser: Page) -> None:
        title = await browser.run("document.title")
        for number, text in enumerate(HOSTILE, 1):
            await browser.run(f"document.querySelectorAll('#problems tr.problem')[{number}].click()")
            assert await browser.run(f"{CODES}[1] === {json.dumps(text)}"), text[:50]
            await browser.run("document.querySelector('#problems tr.opened').remove()")
        assert await browser.run("document.title") == title
        assert await browser.run("document.querySelectorAll('img, iframe, .texts style, .texts script').length") == 0
        assert HOSTILE_NAME in await browser.run("document.querySelector('#result').textContent")
        assert HOSTILE_NAME[-27:] in await browser.run("document.querySelector('figure').textContent")
        assert HOSTILE_NAME in await browser.run("filter.textContent")

    in_browser(folder / "page.html", tmp_path, look)


@needs_browser
def test_it_is_dark_in_the_dark_fits_a_phone_and_prints(folder: Path, tmp_path: Path) -> None:
    async def look(browser: Page) -> None:
        background = "getComputedStyle(document.body).backgroundColor"
        light = await browser.run(background)
        await browser.dark()
        assert await browser.run(background) != light
        await browser.size(390, 844)
        assert await browser.run("document.documentElement.scrollWidth <= innerWidth")
        assert (await browser.pdf()).startswith(b"%PDF")

    in_browser(folder / "page.html", tmp_path, look)


def test_it_says_what_the_tables_say_loads_nothing_and_repeats(folder: Path, tmp_path: Path) -> None:
    text = (folder / "page.html").read_text()
    assert all(said in text for said in ("22 problems that all runs have graded", "McNemar", "+0.0", "Settings that"))
    shell = re.sub(r'<script id="data".*?</script>', "", text, flags=re.DOTALL)
    assert re.findall(r'(?:src|href)="(?!#)[^"]*"|url\((?!#)[^)]*\)|@import', shell) == []
    again = coderm("compare", "one", HOSTILE_NAME, "--html", tmp_path / "again.html", cwd=folder)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again.html").read_text() == text


@needs_browser
def test_a_program_that_two_runs_picked_stands_there_once(folder: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_graded_run(tmp_path / name, "10", [ONE])
    assert coderm("compare", "a", "b", "--html", "page.html", cwd=tmp_path).returncode == 0

    async def look(browser: Page) -> None:
        await browser.run("document.querySelector('#problems tr.problem').click()")
        assert await browser.run(CODES) == [ONE]
        assert "The same program as a." in await browser.run("document.querySelector('.texts').textContent")

    in_browser(tmp_path / "page.html", tmp_path, look)


def test_no_folder_of_the_machine_is_told(tmp_path: Path) -> None:
    """Runs of one name are told apart by as much of their paths as that takes."""
    runs = [tmp_path / side / "run" for side in ("left", "right")]
    for place, run in enumerate(runs):
        run.parent.mkdir()
        write_graded_run(run, "10")
        summary = json.loads((run / "summary.json").read_text())
        settings = {"policy": {"model": str(run / "coder")}}
        inputs = {"samples": f"{place}" * 64, "tests": None}
        (run / "summary.json").write_text(json.dumps({**summary, "settings": settings, "inputs": inputs}))
        files = {"samples": {"file": str(run / "s.jsonl"), "sha256": "0" * 64}}
        (run / "provenance.json").write_text(json.dumps({"input_files": files}))
    done = coderm("compare", *runs, "--html", "page.html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert str(runs[0]) in done.stdout
    text = (tmp_path / "page.html").read_text()
    assert str(tmp_path) not in text
    assert all(
        f"<td>{name}</td>" in text for name in ("left/run", "right/run", "coder", f"s.jsonl (contents {'0' * 12})")
    )
    packed = re.search(r'<script id="data"[^>]*>(.*?)</script>', text, flags=re.DOTALL)
    assert packed and json.loads(zlib.decompress(base64.b64decode(packed[1])))["runs"] == ["left/run", "right/run"]


def test_many_runs_are_drawn_against_the_first(folder: Path, tmp_path: Path) -> None:
    for number in range(7):
        write_graded_run(tmp_path / f"run{number}", "1" * number + "0" * (7 - number))
    done = coderm("compare", *(f"run{n}" for n in range(7)), "--html", "page.html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "page.html").read_text()
    assert re.findall(r">(run\d)</text>", text) == [f"run{n}" for n in range(1, 7)]
    assert re.findall(r">minus (run\d)</text>", text) == ["run0"] * 6
    assert "of each run from the first" in text


def test_picks_that_do_not_belong_to_the_run_are_one_sentence(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_graded_run(tmp_path / name, "10")
    write_rows(tmp_path / "two" / "chosen.jsonl", rows(tmp_path / "two" / "chosen.jsonl")[:1])
    done = coderm("compare", "one", "two", "--html", "page.html", cwd=tmp_path)
    assert done.returncode == 2
    assert "two: chosen.jsonl and verdicts.jsonl do not belong together: no 'demo/1'" in done.stderr
    assert not (tmp_path / "page.html").exists()
