"""The page of a run in a real browser."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from helpers.browser import Page, in_browser, needs_browser
from helpers.hostile_texts import HOSTILE_TEXTS

from coderm_eval.report.page.page import read_run
from coderm_eval.report.page.problem_rows import problem_rows
from coderm_eval.report.run_directory import RunDirectory

TASKS = "[...document.querySelectorAll('#problems tr.problem')].map(row => row.cells[0].textContent)"
PARTS = "[...document.querySelectorAll('.matrix > *')]"
OPEN_FIRST = "document.querySelector('tr.problem').click()"
SAID = "document.querySelector('.cell').textContent"
CODES = "[...document.querySelectorAll('.texts code')].map(code => code.textContent)"
VERDICTS = {"P": "passed", "F": "failed", "T": "timed out", "C": "crashed", "N": "not run"}


def first_problem(run: Path) -> dict[str, Any]:
    return problem_rows(read_run(RunDirectory(run)), with_programs=True)[0]


@needs_browser
def test_problems_are_searched_filtered_and_sorted(page: Path, tmp_path: Path) -> None:
    async def look(browser: Page) -> None:
        assert await browser.run(TASKS) == ["demo/0", "demo/11", "demo/13"]
        await browser.run("search.value = '/11'; search.dispatchEvent(new Event('input'))")
        assert await browser.run(TASKS) == ["demo/11"]
        assert await browser.run("count.textContent") == "1 of 3"
        await browser.run("search.value = ''; search.dispatchEvent(new Event('input'))")
        await browser.run("document.querySelector('#problems thead button').click()")
        assert await browser.run(TASKS) == ["demo/0", "demo/11", "demo/13"]
        await browser.run("document.querySelector('#problems thead button').click()")
        assert await browser.run(TASKS) == ["demo/13", "demo/11", "demo/0"]
        wrong = await browser.run("filter.value = 'wrong'; filter.dispatchEvent(new Event('change')); " + TASKS)
        right = await browser.run("filter.value = 'right'; filter.dispatchEvent(new Event('change')); " + TASKS)
        assert sorted([*wrong, *right]) == ["demo/0", "demo/11", "demo/13"]

    in_browser(page, tmp_path, look)


@needs_browser
def test_a_cell_shows_its_program_its_test_and_what_happened(run: Path, page: Path, tmp_path: Path) -> None:
    problem = first_problem(run)
    row, column = len(problem["candidates"]) - 1, len(problem["tests"]) - 1

    def said(row: int, column: int) -> str:
        candidate, test = problem["candidates"][row], problem["tests"][column]
        verdict = VERDICTS[candidate["verdicts"][column]]
        return f"sample {candidate['samples'][0]} on test {test['samples'][0]}: {verdict}"

    async def look(browser: Page) -> None:
        await browser.run(OPEN_FIRST)
        click = """(() => {
            const canvas = document.querySelector('canvas'), box = canvas.getBoundingClientRect();
            canvas.dispatchEvent(new MouseEvent('click', {clientX: box.right - 2, clientY: box.bottom - 2}));
        })()"""
        await browser.run(click)
        assert await browser.run(SAID) == said(row, column)
        assert await browser.run(CODES) == [problem["candidates"][row]["program"], problem["tests"][column]["source"]]
        key = "document.querySelector('canvas').dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowLeft'}))"
        await browser.run(key)
        assert await browser.run(SAID) == said(row, column - 1)

    in_browser(page, tmp_path, look)


@needs_browser
def test_the_pick_is_shown_against_the_runner_up(run: Path, page: Path, tmp_path: Path) -> None:
    """On a test that the pick passes, and the runner-up does not; with the lines in which the programs differ."""
    problem = first_problem(run)
    pick, other = (problem["candidates"][problem[row]] for row in ("pick", "runner_up"))
    parting = [m for m, (a, b) in enumerate(zip(pick["verdicts"], other["verdicts"], strict=True)) if a == "P" != b]

    async def look(browser: Page) -> None:
        await browser.run(OPEN_FIRST)
        sentence = await browser.run("document.querySelector('.against p').textContent")
        test = problem["tests"][parting[0]]["samples"][0]
        happened = VERDICTS[other["verdicts"][parting[0]]]
        assert f"such as test {test}: the pick passed, sample {other['samples'][0]} {happened}." in sentence
        lines = "[...document.querySelectorAll('.difference .{}')].map(line => line.textContent.slice(2, -1))"
        added, removed = [await browser.run(lines.format(kind)) for kind in ("added", "removed")]
        assert set(added) <= set(pick["program"].split("\n")) and added
        assert set(removed) <= set(other["program"].split("\n")) and removed
        parts = "parting({{pick: 0, candidates: [{{verdicts: '{}'}}, {{verdicts: '{}'}}]}}, 1)"
        for one, second, expected in [("FPP", "PFP", 1), ("FP", "PP", 0), ("PF", "NN", None), ("PP", "NF", 1)]:
            assert await browser.run(parts.format(one, second)) == expected  # what was not run parts nobody

    in_browser(page, tmp_path, look)


@needs_browser
def test_a_difference_makes_one_program_the_other(page: Path, tmp_path: Path) -> None:
    texts = ["", "a", "a\nb\nc", "b\nc\nd\n", "c\na\nb", "a\n\n\nb"]

    async def look(browser: Page) -> None:
        for before, after in itertools.product(texts, repeat=2):
            lines = await browser.run(f"difference({before!r}, {after!r})")
            assert "\n".join(line for mark, line in lines if mark != "+") == before
            assert "\n".join(line for mark, line in lines if mark != "-") == after
        assert await browser.run("difference('a\\n'.repeat(9999) + 'b', 'c\\n'.repeat(9999))") is None

    in_browser(page, tmp_path, look)


@needs_browser
def test_hostile_texts_stay_text(run: Path, page: Path, tmp_path: Path) -> None:
    programs = [candidate["program"] for candidate in first_problem(run)["candidates"]]
    assert set(HOSTILE_TEXTS.values()) <= set(programs)
    short = {row: program for row, program in enumerate(programs) if len(program) < 10_000}

    async def look(browser: Page) -> None:
        title = await browser.run("document.title")
        await browser.run(OPEN_FIRST)
        select = "document.querySelector('.matrix select')"
        for row, program in enumerate(programs):
            await browser.run(f"{select}.value = {row}; {select}.dispatchEvent(new Event('change'))")
            code = "document.querySelector('.texts code').textContent"
            units = f"Array.from({code}, letter => letter.codePointAt(0))"  # half of a pair is no JSON here
            if row in short:
                assert await browser.run(units) == [ord(letter) for letter in program]
            else:
                assert await browser.run(f"{code}.length") == len(program)
        assert await browser.run("document.title") == title
        found = "document.querySelectorAll('img, iframe, .opened a, .opened svg, .opened style, .opened script').length"
        assert await browser.run(found) == 0

    in_browser(page, tmp_path, look)


@needs_browser
def test_controls_are_seen_and_turn_nothing_around(run: Path, page: Path, tmp_path: Path) -> None:
    async def look(browser: Page) -> None:
        shown = "[...(() => {{ const p = document.createElement('p'); p.append(...shown({})); return p; }})().children]"
        codes = shown.format("'a\\u202eb\\0\\ud83d \\u{1f600}\\x1b'") + ".map(span => span.dataset.code)"
        assert await browser.run(codes) == ["U+202E", "U+0000", "U+D83D", "U+001B"]
        await browser.run("document.body.append(element('span', {class: 'control', id: 'mark'}, 'x'))")
        assert await browser.run("getComputedStyle(mark).unicodeBidi") == "isolate"

    in_browser(page, tmp_path, look)


@needs_browser
def test_a_test_that_misled_the_vote_leads_to_its_problem(run: Path, page: Path, tmp_path: Path) -> None:
    async def look(browser: Page) -> None:
        cells = "[...document.querySelector('#misled tbody tr').cells].map(cell => cell.textContent)"
        task, test, wrong, *_ = await browser.run(cells)
        await browser.run("document.querySelector('#misled tbody button').click()")
        assert await browser.run("document.querySelector('tr.opened').previousSibling.cells[0].textContent") == task
        assert await browser.run(SAID) == f"sample {wrong} on test {test}: passed"

    in_browser(page, tmp_path, look)


@needs_browser
def test_a_problem_has_an_address(page: Path, tmp_path: Path) -> None:
    opened = "document.querySelector('tr.opened')?.previousElementSibling.cells[0].textContent ?? null"

    async def look(browser: Page) -> None:
        assert await browser.run(opened) is None
        await browser.run(OPEN_FIRST)
        assert await browser.run("location.hash") == "#demo/0"
        await browser.run("location.hash = '#demo/11'")
        await browser.until(f"({opened}) === 'demo/11'")
        await browser.reload()
        await browser.until(f"({opened}) === 'demo/11'")
        await browser.run("location.hash = '#%ff'")  # no text, and no problem's
        assert await browser.run(opened) == "demo/11"

    in_browser(page, tmp_path, look)


@needs_browser
def test_a_wrong_pick_is_set_against_the_best_right_program(run: Path, page: Path, tmp_path: Path) -> None:
    problems = problem_rows(read_run(RunDirectory(run)), with_programs=True)
    [wrong] = [problem for problem in problems if problem["right"] is False]
    best = next(candidate for candidate in wrong["candidates"] if candidate["right"])

    async def look(browser: Page) -> None:
        await browser.run("filter.value = 'misled'; filter.dispatchEvent(new Event('change'))")
        await browser.run(OPEN_FIRST)
        await browser.run("document.querySelector('.opened p button').click()")
        assert await browser.run(CODES + "[0]") == best["program"]
        title = await browser.run("document.querySelector('.against h3').textContent")
        assert f"against sample {best['samples'][0]}" in title

    in_browser(page, tmp_path, look)


@needs_browser
def test_a_matrix_of_many_tests_leaves_its_legend_in_sight(page: Path, tmp_path: Path) -> None:
    """The canvas of 388 tests, as one problem of HumanEval has with asserts of 100 samples."""

    async def look(browser: Page) -> None:
        await browser.run(OPEN_FIRST)
        await browser.run("document.querySelector('canvas').width = 1176")
        ends = await browser.run(f"{PARTS}.map(part => part.getBoundingClientRect().right)")
        widths = await browser.run(f"{PARTS}.map(part => part.clientWidth)")
        assert max(ends) <= 1200 and min(widths) >= 288, (ends, widths)

    in_browser(page, tmp_path, look)


def test_it_is_dark_in_the_dark_fits_a_phone_and_prints(page: Path, tmp_path: Path) -> None:
    async def look(browser: Page) -> None:
        background = "getComputedStyle(document.body).backgroundColor"
        light = await browser.run(background)
        await browser.dark()
        assert await browser.run(background) != light
        await browser.size(390, 844)
        await browser.run(OPEN_FIRST)
        assert await browser.run("document.documentElement.scrollWidth <= innerWidth")
        fits = "[...document.querySelectorAll('#result .scroll')].every(each => each.scrollWidth <= each.clientWidth)"
        assert await browser.run(fits)
        shadow = "getComputedStyle(document.querySelector('#rules .scroll')).backgroundAttachment"
        assert await browser.run(shadow) == "local, local, scroll, scroll"  # a table that goes on is seen to do so
        assert (await browser.pdf()).startswith(b"%PDF")

    in_browser(page, tmp_path, look)
