"""The picks of a run on HumanEval+ or MBPP+ as EvalPlus's own files: samples to grade again, and their results.

`evalplus.evaluate` prints what is in the results file where there is one, and grades the samples where there is none.
"""

from __future__ import annotations

import json
from pathlib import Path

from coderm_eval.core.errors import SettingsError
from coderm_eval.report.evalplus_results import results_rows, results_text
from coderm_eval.report.exporters.base import Export
from coderm_eval.report.exporters.entry import Entry, largest_n
from coderm_eval.report.exporters.exported_run import ExportedRun

__all__ = ["BENCHMARKS", "export"]

BENCHMARKS = ("humaneval+", "mbpp+")

_GREEDY_ONLY = (
    "EvalPlus's leaderboard ranks models by greedy pass@1, and lists nothing that was selected among many: use the "
    "files to grade the picks again"
)


def export(run: ExportedRun, entry: Entry, out: Path) -> Export:
    """A sample per task, and its row of results; the files have the entry's name, for which there is no other place.

    Raises:
        InputError: the run is of a part of the benchmark only, which `evalplus.evaluate` refuses.
        SettingsError: no file can have the name.
    """
    if set(entry.name) & set("/\\") or entry.name.startswith("."):
        raise SettingsError(f"no file can be called {entry.name!r}; write --name without / and \\, and no . in front")
    run.require_whole("`evalplus.evaluate` takes samples of all of them only")
    rows = results_rows(
        {task: [program] for task, program in run.picks.items()},
        {(task, program): run.grades[task] for task, program in run.picks.items()},
    )
    samples = [json.dumps({"task_id": task, "solution": program}) for task, program in run.picks.items()]
    files = {
        out / f"{entry.name}.jsonl": "\n".join(samples) + "\n",
        out / f"{entry.name}_eval_results.json": results_text(run.benchmark().results_hash, rows, entry.date),
    }
    return Export(files, (_GREEDY_ONLY,) if largest_n(run.summary) > 1 else ())
