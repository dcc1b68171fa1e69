"""A comparison of runs as a notebook shows it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from coderm_eval.report.comparison.paired_runs import Comparison
from coderm_eval.report.comparison.tables import comparison_in_words, render_comparison, tables_of_comparison
from coderm_eval.report.printed_table import Table

__all__ = ["ComparedRuns"]


@dataclass(frozen=True, repr=False)
class ComparedRuns(Comparison):
    """A `Comparison` that prints itself, as `coderm-eval compare` does, and shows itself in a notebook."""

    @property
    def table(self) -> Table:
        """The differences of each run from those before it, in per cent, with wins, losses and McNemar's p."""
        return tables_of_comparison(self)[1]

    def __repr__(self) -> str:
        return render_comparison(self)

    def _repr_html_(self) -> str:
        words = "".join(f"<p>{escape(sentence)}</p>" for sentence in comparison_in_words(self))
        return words + "".join(table._repr_html_() for table in tables_of_comparison(self))
