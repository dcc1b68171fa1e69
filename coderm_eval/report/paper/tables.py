"""The paper's tables and the data of its figures, as text and as CSV, all numbers in per cent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from coderm_eval.core.files import csv_text
from coderm_eval.report.page.curves import CurvePoint
from coderm_eval.report.paper.cell import VOTE, CellResult
from coderm_eval.report.paper.published import TABLE_1, TABLE_2, TABLE_2_CELL
from coderm_eval.report.percent import in_percent
from coderm_eval.report.printed_table import Table

__all__ = ["FILES", "paper_files", "paper_text"]

_Row = Mapping[str, Any]

FILES = ("paper.md", "table1.csv", "table2.csv", "over_tests.csv", "over_candidates.csv", "by_difficulty.csv")

_LEGEND_1 = (
    "pass@1 in per cent. Vanilla: mean over all samples. Vote: the paper's rule, mean over the samples that it leaves\n"
    "tied. The 95 % interval is ours, over problems. The difference is ours less the published value. {rule}: this\n"
    "project's default rule on the same verdicts. By their grades: the same candidates and votes by the grades that\n"
    "the authors recorded; the last column counts the samples that are graded otherwise here."
)
_LEGEND_2 = (
    "Per cent, each beside the published value, which is of one cell alone. FAR: share of accepted programs that are\n"
    "wrong; FRR: share of rejected programs that are right, as the paper computes them."
)
_QUALITIES = {"accuracy": "Acc", "f1": "F1", "far": "FAR", "frr": "FRR"}
_ACCEPTED_BY = {"single_tests": "each test", "vote": "vote of all tests"}


def paper_text(cells: Sequence[CellResult], rule: str, notes: Sequence[str]) -> str:
    """Both tables as Markdown.

    Args:
        cells: in the paper's order.
        rule: the rule beside the paper's.
        notes: what sets these runs apart from the paper's, in sentences.
    """
    said = "".join(f"{note}\n" for note in notes)
    tables = (_table_1(cells, rule), _table_2(cells))
    return "\n".join([*([said] if said else []), *map(str, tables)])


def paper_files(cells: Sequence[CellResult], rule: str, notes: Sequence[str]) -> dict[str, str]:
    """The content of each of FILES but those that have no row."""
    rows: dict[str, list[_Row]] = {
        "table1.csv": [_row_1(found, rule) for found in cells],
        "table2.csv": [row for found in cells for row in _rows_2(found)],
        "over_tests.csv": [row for c in cells for row in _curve(_named(c), "tests", c.over_tests)],
        "over_candidates.csv": [row for c in cells for row in _curve(_named(c), "candidates", c.over_candidates)],
        "by_difficulty.csv": [row for found in cells for row in _fifths(found)],
    }
    return {"paper.md": paper_text(cells, rule, notes), **{name: csv_text(own) for name, own in rows.items() if own}}


def _named(found: CellResult) -> dict[str, Any]:
    return {"benchmark": found.cell.benchmark, "policy": found.cell.policy}


def _row_1(found: CellResult, rule: str) -> dict[str, Any]:
    scores, published = found.summary["pass@1"], TABLE_1[found.cell]
    ours, other = found.summary["rules"][VOTE]["pass@1"], found.summary["rules"][rule]["pass@1"]
    return {
        **_named(found),
        "problems": found.summary["n_problems"],
        "vanilla": in_percent(scores["random"]["value"]),
        "vanilla_published": published.vanilla,
        "vote": in_percent(ours["value"]),
        **_ends("vote", ours),
        "vote_published": published.vote,
        "difference": None if ours["value"] is None else round(100 * ours["value"] - published.vote, 2),
        rule: in_percent(other["value"]),
        **_ends(rule, other),
        "vanilla_by_their_grades": in_percent(found.vanilla_by_theirs),
        "vote_by_their_grades": in_percent(found.vote_by_theirs),
        "samples": found.grades.compared,
        "graded_otherwise": len(found.grades.differences),
    }


def _ends(name: str, row: Mapping[str, Any]) -> dict[str, float | None]:
    low, high = row["ci95"]
    return {f"{name}_low": in_percent(low), f"{name}_high": in_percent(high)}


def _table_1(cells: Sequence[CellResult], rule: str) -> Table:
    headers = [
        *("Table 1", "Vanilla", "published", "Vote", "95 %", "published", "difference", rule, "95 %"),
        *("Vanilla by their grades", "Vote by their grades", "graded otherwise"),
    ]
    lines = []
    for row in (_row_1(found, rule) for found in cells):
        lines.append(
            [
                f"{row['benchmark']}, {row['policy']}",
                *(_shown(row["vanilla"]), _shown(row["vanilla_published"])),
                *(_shown(row["vote"]), _range(row, "vote"), _shown(row["vote_published"])),
                _shown(row["difference"], "+"),
                *(_shown(row[rule]), _range(row, rule)),
                *(_shown(row["vanilla_by_their_grades"]), _shown(row["vote_by_their_grades"])),
                f"{row['graded_otherwise']:,} of {row['samples']:,}",
            ]
        )
    return Table(headers, lines, _LEGEND_1.format(rule=rule.capitalize()), names=1)


def _rows_2(found: CellResult) -> Iterator[dict[str, Any]]:
    for accepted_by, rates in found.summary["test_quality"].items():
        published = TABLE_2[accepted_by] if found.cell == TABLE_2_CELL else {}
        pairs = {name: (in_percent(rates[name]), published.get(name)) for name in _QUALITIES}
        yield {
            **_named(found),
            "accepted_by": accepted_by,
            **{
                key: x
                for name, (ours, theirs) in pairs.items()
                for key, x in ((name, ours), (f"{name}_published", theirs))
            },
        }


def _table_2(cells: Sequence[CellResult]) -> Table:
    headers = ["Table 2", "", *(text for name in _QUALITIES.values() for text in (name, "published"))]
    lines = [
        [
            f"{row['benchmark']}, {row['policy']}",
            _ACCEPTED_BY[row["accepted_by"]],
            *(_shown(row[key]) for name in _QUALITIES for key in (name, f"{name}_published")),
        ]
        for found in cells
        for row in _rows_2(found)
    ]
    return Table(headers, lines, _LEGEND_2, names=2)


def _curve(named: Mapping[str, Any], over: str, points: Sequence[CurvePoint]) -> Iterator[_Row]:
    for point in points:
        ends = {"low": in_percent(point.low), "high": in_percent(point.high)}
        yield {**named, over: point.size, "vote": in_percent(point.value), **ends}


def _fifths(found: CellResult) -> Iterator[_Row]:
    for number, fifth in enumerate(found.fifths, 1):
        rates = {"lowest_rate": in_percent(fifth.lowest), "highest_rate": in_percent(fifth.highest)}
        yield from _curve({**_named(found), "fifth": number, **rates}, "tests", fifth.points)


def _shown(value: float | None, sign: str = "") -> str:
    return "-" if value is None else f"{value:{sign}.2f}"


def _range(row: _Row, name: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return "-" if low is None or high is None else f"{low:.1f} to {high:.1f}"
