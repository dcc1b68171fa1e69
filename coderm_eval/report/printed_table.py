"""A table that prints itself: Markdown in a terminal, HTML in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

__all__ = ["Table"]


@dataclass(frozen=True, repr=False)
class Table:
    """Rows of cells under headers, and what they are."""

    headers: Sequence[str]
    rows: Sequence[Sequence[Any]]
    legend: str = ""
    names: int | None = None
    """How many columns begin a row that are no numbers. Where it is given, cells are printed as they are, so that a
    number keeps its plus sign."""

    def __str__(self) -> str:
        from pytablewriter import MarkdownTableWriter, String  # here: it takes longer to import than to print
        from pytablewriter.style import Style

        writer = MarkdownTableWriter(headers=list(self.headers), value_matrix=list(self.rows))
        if self.names is not None:
            numbers = len(self.headers) - self.names
            writer.type_hints = [String] * len(self.headers)
            writer.column_styles = [Style(align="left")] * self.names + [Style(align="right")] * numbers
        table = str(writer.dumps())
        return f"{table}{self.legend}\n" if self.legend else table

    def __repr__(self) -> str:
        return str(self).rstrip("\n")  # what a notebook and the interpreter show

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(header)}</th>" for header in self.headers)
        body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in self.rows)
        legend = f"<p>{escape(self.legend)}</p>" if self.legend else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{legend}"
