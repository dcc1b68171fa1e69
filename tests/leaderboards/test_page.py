"""The board's tables, and its page in a real browser."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from helpers.board import ENTRIES, other_entry
from helpers.browser import browsing, needs_browser

from coderm_eval.report.exporters.board.submitted import faults, read_submitted
from leaderboards import build


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[build.Table]:
    """The demo's entry, with 10 of 14 right, beside three others."""
    folder = tmp_path_factory.mktemp("entries")
    others = [
        other_entry(folder / "a-part", name="a part, Bo16", right=9, problems=9),
        other_entry(folder / "all", name="all, Bo16", right=14),
        other_entry(folder / "nearly", name="nearly & 'all', Bo16", right=13),
    ]
    assert [fault for other in others for fault in faults(other)] == []
    return build.tables(map(read_submitted, [ENTRIES / "demo", *others]))


def test_systems_stand_in_tiers_and_parts_of_a_benchmark_below(found: list[build.Table]) -> None:
    [table] = found
    assert [(row.key, row.tier, row.problems, bool(row.behind[0])) for row in table.rows] == [
        ("all", 1, "14 of 14", False),
        ("nearly", 1, "14 of 14", True),
        ("demo", 2, "14 of 14", True),
        ("a-part", None, "9 of 14", False),
    ]
    [part] = [line for line in build.markdown(found).splitlines() if "a part" in line]
    assert part.startswith("|-") and "|9 of 14 |" in part


def test_the_page_has_the_columns_of_the_readme_and_no_empty_one(found: list[build.Table]) -> None:
    [table] = found
    alone = [build.Table(table.dataset, table.rows[:1])]
    for shown, is_there in ((found, True), (alone, False)):
        page = build.page(shown)
        assert ("behind the best</th>" in page) is is_there
        assert all(f">{name}</th>" in page and name in build.markdown(shown) for name in ("random", "oracle"))


@needs_browser
def test_the_page_opens_on_a_laptop_a_phone_and_paper(found: list[build.Table], tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(build.page(found))
    asyncio.run(look(tmp_path))


async def look(folder: Path) -> None:
    async with browsing(folder / "profile") as page:
        await page.size(1200, 900)
        await page.open(folder / "index.html")
        assert await page.run("document.querySelectorAll('tbody tr').length") == 4
        assert await page.run("document.querySelector('tbody').innerText.includes(\"nearly & 'all'\")")
        fits = "[...document.querySelectorAll('.scroll')].every(e => e.scrollWidth <= e.clientWidth)"
        assert await page.run(fits)
        await page.run("document.querySelector('tbody a').click()")
        await page.until("document.querySelector('details').open")
        light = await page.run("getComputedStyle(document.body).backgroundColor")
        await page.dark()
        assert await page.run("getComputedStyle(document.body).backgroundColor") != light
        await page.size(390, 800)
        assert await page.run(fits)
        assert (await page.pdf()).startswith(b"%PDF")
        assert page.errors == []
