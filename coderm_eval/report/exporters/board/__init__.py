"""This project's own board of systems: `entry.json` and `picks.jsonl` of a graded run.

Nothing that a model wrote is in them: a program stands there as the SHA-256 of its text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coderm_eval.benchmarks.evalplus.settings import EvalPlusSettings
from coderm_eval.core.errors import IncompleteRunError, InputError
from coderm_eval.core.files import json_text, jsonl_text
from coderm_eval.report.exporters.base import Export
from coderm_eval.report.exporters.board.about import Entry
from coderm_eval.report.exporters.board.datasets import DATASETS, Dataset
from coderm_eval.report.exporters.board.picks import numbers_of_picks, pick_rows
from coderm_eval.report.exporters.board.schema import violation
from coderm_eval.report.exporters.exported_run import ExportedRun
from coderm_eval.selection.registry import known_rules

__all__ = ["BENCHMARKS", "Entry", "export"]

BENCHMARKS = ("humaneval+", "mbpp+", "livecodebench", "demo")

_RECORDED = ("file", "none")
"""Values of `tests.backend` with which no model is asked."""


def export(run: ExportedRun, entry: Entry, out: Path) -> Export:
    """The entry's two files.

    Args:
        run: the graded run.
        entry: what the submitter says.
        out: the entry's folder.

    Raises:
        InputError: the board does not take the run, or not one of that version.
        IncompleteRunError: a candidate could not be graded.
    """
    try:
        content, picks = _entry(run, entry)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise InputError(
            f"{run.directory}: its files do not belong together, or another version of coderm-eval wrote them; run the "
            "same `coderm-eval rerank --grade` with --overwrite"
        ) from None
    found = violation(content, "entry") or next(filter(None, (violation(row, "pick") for row in picks)), None)
    if found:
        raise InputError(f"{run.directory}: the entry would not be one that the board takes: {found}")
    return Export({out / "entry.json": json_text(content), out / "picks.jsonl": jsonl_text(picks)})


def _entry(run: ExportedRun, entry: Entry) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The content of entry.json, and the lines of picks.jsonl."""
    dataset = _dataset(run)
    _require_whole(run, entry)
    _require_own_tests(run)
    if run.summary["not_run"]["grades"]:
        raise IncompleteRunError(
            f"{run.directory}: {run.summary['not_run']['grades']} candidates could not be graded, so that what a "
            "random one scores is not known; run the same `coderm-eval rerank` to try them again"
        )
    picks = pick_rows(run)
    numbers = numbers_of_picks(picks)
    _require_agreement(run, numbers["results"])
    content = {
        **_facts(run.summary, entry, dataset),
        **numbers,
        "picks_sha256": hashlib.sha256(jsonl_text(picks).encode()).hexdigest(),
        "run_on": entry.date and entry.date.date().isoformat(),
    }
    return content, picks


def _dataset(run: ExportedRun) -> Dataset:
    found = DATASETS.get(run.summary["dataset_sha256"])
    if found is None or found.benchmark != run.summary["benchmark"]:
        known = ", ".join(dataset.name for dataset in DATASETS.values())
        raise InputError(
            f"{run.directory}: its {run.summary['benchmark']} data has the SHA-256 "
            f"{run.summary['dataset_sha256'][:12]}..., which is none of those that the board knows ({known}), so that "
            "no entry could stand beside it; run it on one of these, or have its data named in "
            "coderm_eval/report/exporters/board/datasets.py"
        )
    return found


def _require_whole(run: ExportedRun, entry: Entry) -> None:
    problems, of_benchmark = run.summary["n_problems"], run.summary["n_problems_of_benchmark"]
    if not run.is_whole() and entry.partial is None:
        raise InputError(
            f"{run.directory}: it has {problems} of {of_benchmark} problems, and which ones are left out may raise its "
            "score; say why after `partial:` in the file for --about, and the board lists it apart, without a tier"
        )
    if run.is_whole() and entry.partial is not None:
        raise InputError(f"{run.directory}: it has all {of_benchmark} problems; leave `partial` out")


def _require_own_tests(run: ExportedRun) -> None:
    """EvalPlus's settings choose among its tests, and how long a program has for them."""
    given = run.summary["settings"].get("evalplus")
    usual = EvalPlusSettings().model_dump(mode="json")
    changed = [] if given is None else [f"evalplus.{key}" for key, value in usual.items() if given.get(key) != value]
    if changed:
        raise InputError(
            f"{run.directory}: graded with another {', '.join(changed)} than EvalPlus itself uses, so that no entry "
            "could stand beside it; leave that out, and run the same `coderm-eval rerank` with --overwrite"
        )


def _require_agreement(run: ExportedRun, results: Mapping[str, Any]) -> None:
    scores, gains = run.summary["pass@1"], run.summary["paired_gain"]
    said = {"pass@1": scores["coderm"], "gain_over_random": gains["random"]}
    said |= {name: scores[name] for name in ("random", "oracle")}
    for name, found in results.items():
        if found["value"] != said[name]["value"]:
            raise InputError(
                f"{run.directory}: its grades give {found['value']} for {name}, and summary.json has "
                f"{said[name]['value']}; see `coderm-eval verify`"
            )


def _facts(summary: Mapping[str, Any], entry: Entry, dataset: Dataset) -> dict[str, Any]:
    """What does not follow from the picks."""
    limits = {key: value for key, value in summary["settings"]["execution"].items() if key != "isolation"}
    was_asked = summary["settings"]["tests"]["backend"] not in _RECORDED
    return {
        "schema_version": 1,
        "name": entry.name,
        "benchmark": {
            "name": dataset.benchmark,
            "dataset": dataset.name,
            "dataset_sha256": summary["dataset_sha256"],
            "problems": summary["n_problems"],
            "problems_of_benchmark": summary["n_problems_of_benchmark"],
            "partial": entry.partial,
        },
        "policy": _filled(summary["policy"], entry.policy.model_dump()),
        "test_writer": _filled(summary["test_writer"], entry.test_writer.model_dump()),
        "probing_inputs_per_problem": summary["probing_inputs"]["per_problem"],
        "budget": summary["budget"],
        "rule": _rule(summary),
        "public_tests_used": entry.public_tests_used,
        "executions": summary["executions"],
        "not_run": summary["not_run"],
        "limits": limits,
        "isolation": summary["isolation"],
        "tokens": {**summary["tokens"], "tests": summary["tokens"]["tests"] if was_asked else None},
        "inputs": {name: summary["inputs"][name] for name in ("samples", "tests")},
        "versions": summary["versions"],
        "submitted_by": entry.submitted_by,
        "sources": [source.model_dump() for source in entry.sources],
        "verification": entry.verification.model_dump(mode="json"),
    }


def _rule(summary: Mapping[str, Any]) -> dict[str, str | None]:
    """The rule with the version of this package, or the hash of its own file; null if another package has it."""
    name, file_sha256 = summary["select"], summary["inputs"]["rule"]
    if file_sha256:
        return {"name": Path(name).name, "version": f"SHA-256 {file_sha256}"}
    rule = known_rules().get(name)
    is_own = rule is not None and rule.__module__.startswith("coderm_eval.")
    return {"name": name, "version": f"coderm-eval {summary['versions']['coderm-eval']}" if is_own else None}


def _filled(known: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """What the run knows, and for the rest what the submitter says."""
    return {
        key: _filled(value, said.get(key, {})) if isinstance(value, Mapping) else _first(value, said.get(key))
        for key, value in known.items()
    }


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)
