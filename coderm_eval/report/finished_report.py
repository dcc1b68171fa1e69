"""The report of a finished run, read from its directory: the same command again runs nothing."""

from __future__ import annotations

from coderm_eval.core.errors import InputError
from coderm_eval.report.provenance import hashes_of_files, read_provenance
from coderm_eval.report.reporter import RunReport
from coderm_eval.report.run_directory import TALLY, RunDirectory
from coderm_eval.report.tally import Tally

__all__ = ["finished_report"]


def finished_report(directory: RunDirectory, key: str) -> RunReport | None:
    """The report of a run with this `key`, all of whose files are as it wrote them; None: it has to be run.

    One in which something could not be run is run again.
    """
    if not directory.is_finished():
        return None
    try:
        written = read_provenance(directory) or {}
        if written.get("key") != key or written.get("files") != hashes_of_files(directory):
            return None
        summary = directory.summary()
        if any(summary["not_run"].values()):
            return None
        return RunReport(directory, summary, Tally(directory.lines(TALLY)))
    except InputError:
        return None
