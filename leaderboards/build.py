"""Write the board from its entries: the tables in README.md, and the page index.html.

python leaderboards/build.py            write them
python leaderboards/build.py --check    write nothing; exit 1 if one of them is not what the entries give
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import numpy.typing as npt
from pytablewriter import MarkdownTableWriter, String

from coderm_eval.core.errors import CodermError
from coderm_eval.report.exporters.board.datasets import DATASETS
from coderm_eval.report.exporters.board.picks import right_picks
from coderm_eval.report.exporters.board.submitted import SubmittedEntry, read_submitted
from coderm_eval.report.rows import interval_row
from coderm_eval.report.statistics import gain_interval
from coderm_eval.report.tables import value_and_ci
from coderm_eval.report.tiers import tiers

BOARD = Path(__file__).resolve().parent
_TABLES = re.compile(r"(?<=<!-- tables -->\n).*(?=<!-- end of tables -->)", re.DOTALL)


@dataclass(frozen=True)
class Row:
    """An entry in its table."""

    key: str
    entry: Mapping[str, Any]
    tier: int | None
    """From 1; None where the entry is of a part of the benchmark."""
    behind: tuple[str, str]
    """Paired difference from the best entry, and its interval; empty for the best, and where there is no tier."""

    def score(self, name: str, sign: str = "") -> tuple[str, str]:
        """A result and its interval, in per cent."""
        value, interval = value_and_ci(self.entry["results"][name], sign)
        return value, interval

    @property
    def problems(self) -> str:
        of = self.entry["benchmark"]
        return f"{of['problems']} of {of['problems_of_benchmark']}"

    @property
    def choice(self) -> str:
        """How programs were chosen."""
        return f"{self.entry['rule']['name']}, {self.entry['budget']['policy']}"

    @property
    def candidates(self) -> str:
        found = self.entry["candidates"]
        return str(found) if isinstance(found, int) else f"{found[0]} to {found[1]}"


@dataclass(frozen=True)
class Table:
    """All entries of one dataset, the best first; those of a part of it come last."""

    dataset: str
    rows: Sequence[Row]

    @property
    def compares(self) -> bool:
        """Whether an entry stands behind another one."""
        return any(row.behind[0] for row in self.rows)


def tables(submitted: Iterable[SubmittedEntry]) -> list[Table]:
    """A table for each dataset that has entries, in the order in which the board knows them."""
    entries = sorted(submitted, key=lambda item: item.key)
    of = {sha256: [e for e in entries if e.entry["benchmark"]["dataset_sha256"] == sha256] for sha256 in DATASETS}
    return [Table(DATASETS[sha256].name, _rows(found)) for sha256, found in of.items() if found]


def _rows(entries: Sequence[SubmittedEntry]) -> list[Row]:
    whole = {item.key: item for item in entries if item.entry["benchmark"]["partial"] is None}
    scores = {key: _right(item) for key, item in whole.items()}
    ranked = [(number, key) for number, keys in enumerate(tiers(scores), 1) for key in keys]
    parts = sorted((item for item in entries if item.key not in whole), key=lambda item: -_value(item))
    return [
        *(Row(key, whole[key].entry, tier, _behind(scores[key], scores[ranked[0][1]])) for tier, key in ranked),
        *(Row(item.key, item.entry, None, ("", "")) for item in parts),
    ]


def _right(submitted: SubmittedEntry) -> npt.NDArray[np.float64]:
    """Right picks, in the same order of problems for all entries."""
    return right_picks(sorted(submitted.picks, key=lambda pick: str(pick["task_id"])))


def _behind(scores: npt.NDArray[np.float64], best: npt.NDArray[np.float64]) -> tuple[str, str]:
    if scores is best:
        return "", ""
    value, interval = value_and_ci(interval_row(gain_interval(scores - best)), "+")
    return value, interval


def _value(submitted: SubmittedEntry) -> float:
    return float(submitted.entry["results"]["pass@1"]["value"])


def markdown(found: Sequence[Table]) -> str:
    """The tables of README.md."""
    headers = ["Tier", "System", "Rule, budget", "Problems", "N", "Tests"]
    headers += ["pass@1", "95 %", "random", "oracle", "Verification"]
    parts = []
    for table in found:
        lines = [
            [
                row.tier or "-",
                f"[{row.entry['name']}](entries/{row.key}/entry.json)",
                row.choice,
                row.problems,
                row.candidates,
                f"{row.entry['tests_per_problem']:.1f}",
                *row.score("pass@1"),
                row.score("random")[0],
                row.score("oracle")[0],
                row.entry["verification"]["state"],
            ]
            for row in table.rows
        ]
        as_text = [String] * len(headers)
        writer = MarkdownTableWriter(headers=headers, value_matrix=lines, type_hints=as_text)
        parts.append(f"\n## {table.dataset}\n\n{writer.dumps()}")
    return "".join(parts) + "\n"


def page(found: Sequence[Table]) -> str:
    """The page, which loads nothing from anywhere."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(BOARD), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    return environment.get_template("page.html").render(tables=found, style=(BOARD / "page.css").read_text()) + "\n"


def contents(entries: Path) -> dict[Path, str]:
    """What README.md and index.html have to be."""
    found = tables(read_submitted(folder) for folder in sorted(entries.iterdir()))
    readme = (BOARD / "README.md").read_text()
    return {
        BOARD / "README.md": _TABLES.sub(lambda _: markdown(found), readme),
        BOARD / "index.html": page(found),
    }


def main(arguments: Sequence[str]) -> int:
    """Write the files, or say which are out of date."""
    try:
        found = contents(BOARD / "entries")
    except CodermError as error:
        print(error, file=sys.stderr)
        return 2
    if "--check" not in arguments:
        for path, text in found.items():
            path.write_text(text)
        return 0
    stale = [path.name for path, text in found.items() if not path.exists() or path.read_text() != text]
    if stale:
        print(f"{', '.join(stale)}: not what the entries give; run python leaderboards/build.py", file=sys.stderr)
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
