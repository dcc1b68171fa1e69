"""The record of a run in Every Eval Ever's schema 0.3.0: who ran what, how, and with which scores."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from coderm_eval.report.exporters.entry import largest_n
from coderm_eval.report.exporters.every_eval_ever.about import Entry
from coderm_eval.report.exporters.exported_run import ExportedRun
from coderm_eval.report.exporters.system import in_one_sentence
from coderm_eval.report.statistics import RESAMPLES

__all__ = ["SCHEMA_VERSION", "Identity", "record", "result_id"]

SCHEMA_VERSION = "0.3.0"

_SOURCES: Mapping[str, Mapping[str, Any]] = {
    "humaneval+": {"source_type": "url", "url": ["https://github.com/evalplus/humanevalplus_release"]},
    "mbpp+": {"source_type": "url", "url": ["https://github.com/evalplus/mbppplus_release"]},
    "livecodebench": {"source_type": "hf_dataset", "hf_repo": "livecodebench/code_generation_lite"},
}
"""Where each benchmark's problems come from."""


class Identity(NamedTuple):
    """What a record is called."""

    evaluation: str
    model: str
    timestamp: str
    """Seconds since 1970 at which the run was finished."""
    record: str
    """Path of the record in the database."""
    samples: str
    """Path of its lines."""


class _Metric(NamedTuple):
    """A score of the record."""

    row: str
    """Its key in the `pass@1` of summary.json."""
    id: str
    name: str
    parameters: Mapping[str, Any]
    interval: str
    """How its interval was computed."""


def record(run: ExportedRun, entry: Entry, identity: Identity, lines: str) -> dict[str, Any]:
    """The record; `lines` is the content of the file of problems."""
    summary = run.summary
    return {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": identity.evaluation,
        "evaluation_timestamp": identity.timestamp,
        "retrieved_timestamp": identity.timestamp,
        "source_metadata": {
            "source_name": "coderm-eval",
            "source_type": "evaluation_run",
            "source_organization_name": entry.organization,
            "evaluator_relationship": entry.relationship,
        },
        "eval_library": {
            "name": "coderm-eval",
            "version": summary["versions"]["coderm-eval"],
            "additional_details": _texts(summary["versions"]),
        },
        "model_info": _model(entry, identity, largest_n(summary)),
        "evaluation_results": [_result(run, entry, identity, metric) for metric in _metrics(entry, summary)],
        "detailed_evaluation_results": {
            "format": "jsonl",
            "file_path": identity.samples,
            "hash_algorithm": "sha256",
            "checksum": hashlib.sha256(lines.encode()).hexdigest(),
            "total_rows": len(run.picks),
        },
    }


def result_id(identity: Identity, row: str) -> str:
    """The id of a score, by its key in the `pass@1` of summary.json."""
    return f"{identity.evaluation}#{row}"


def _metrics(entry: Entry, summary: Mapping[str, Any]) -> list[_Metric]:
    """The score of the picks, and what it is to be compared with: no metric of the picks is called a model's."""
    n = largest_n(summary)
    bootstrap = "percentile bootstrap over problems"
    if n == 1:
        return [_Metric("coderm", "pass_at_k", "pass@1", {"k": 1, "n": 1}, "Wilson")]
    picks = _Metric(
        "coderm", "coderm.best_of_n_pass_at_1", f"pass@1 of {entry.name}", {"n": n, "rule": summary["select"]}, "Wilson"
    )
    if summary["not_run"]["grades"]:  # what they are compared with is not known
        return [picks]
    single = _Metric("random", "pass_at_k", f"pass@1, mean of {n} samples", {"k": 1, "n": n}, bootstrap)
    return [picks, single, _Metric("oracle", "pass_at_k", f"pass@{n}", {"k": n, "n": n}, "Wilson")]


def _result(run: ExportedRun, entry: Entry, identity: Identity, metric: _Metric) -> dict[str, Any]:
    summary = run.summary
    return {
        "evaluation_result_id": result_id(identity, metric.row),
        "evaluation_name": summary["benchmark"],
        "source_data": {
            "dataset_name": summary["benchmark"],
            **_SOURCES[summary["benchmark"]],
            "additional_details": {
                "sha256": summary["dataset_sha256"],
                "problems": f"{summary['n_problems']} of {summary['n_problems_of_benchmark']}",
            },
        },
        "metric_config": {
            "evaluation_description": in_one_sentence(entry, summary) if metric.row == "coderm" else metric.name,
            "metric_id": metric.id,
            "metric_name": metric.name,
            "metric_kind": "pass_rate",
            "metric_unit": "proportion",
            "metric_parameters": dict(metric.parameters),
            "lower_is_better": False,
            "score_type": "continuous",
            "min_score": 0,
            "max_score": 1,
        },
        "score_details": _score(summary, metric),
        "generation_config": _generation(entry, summary, selects=metric.row == "coderm"),
    }


def _score(summary: Mapping[str, Any], metric: _Metric) -> dict[str, Any]:
    """The score with its interval, as far as that is defined."""
    found = summary["pass@1"][metric.row]
    (low, high), stderr = found["ci95"], found["stderr"]
    uncertainty: dict[str, Any] = {"num_samples": summary["n_problems"]}
    if stderr is not None:
        uncertainty["standard_error"] = {"value": stderr, "method": "analytic"}
    if low is not None:
        interval = {"lower": low, "upper": high, "confidence_level": 0.95, "method": metric.interval}
        uncertainty["confidence_interval"] = interval
        if metric.interval != "Wilson":
            uncertainty["num_bootstrap_samples"] = RESAMPLES
    return {"score": found["value"], "uncertainty": uncertainty}


def _model(entry: Entry, identity: Identity, n: int) -> dict[str, Any]:
    details = {
        "deployment_type": entry.deployment,
        "model_availability": entry.availability,
        "system": entry.name,
        "candidates_per_problem": n,
        "revision": entry.policy.revision,
        "test_writer": entry.test_writer.model,
        "test_writer_revision": entry.test_writer.revision,
    }
    return {"name": entry.name, "id": identity.model, "additional_details": _texts(details)}


def _generation(entry: Entry, summary: Mapping[str, Any], *, selects: bool) -> dict[str, Any]:
    """How the policy was sampled; and for the picks, the plan by which they were found.

    `max_attempts` is 1: of each problem one program is submitted, whatever the number of candidates.
    """
    sampling = entry.policy.sampling.model_dump(include={"temperature", "top_p", "max_tokens"}, exclude_none=True)
    if not selects:
        return {"generation_args": sampling}
    plan = {
        "name": "best-of-N by generated unit tests",
        "steps": [json.dumps(step) for step in _steps(entry, summary)],
        "config": _texts(
            {"rule": summary["select"], "budget": summary["budget"]["policy"], "benchmark_tests_used": "no"}
        ),
    }
    sandbox = {"type": summary["isolation"], "config": json.dumps(summary["settings"]["execution"])}
    return {"generation_args": {**sampling, "eval_plan": plan, "sandbox": sandbox, "max_attempts": 1}}


def _steps(entry: Entry, summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The stages of a run; what is not known is null."""
    writer = {"model": entry.test_writer.model, **entry.test_writer.sampling.model_dump()}
    return [
        {"step": "sample", "candidates": summary["n_candidates"], **entry.policy.sampling.model_dump()},
        {"step": "write tests", "samples": summary["test_samples"]["read"], **writer},
        {"step": "execute", "executions": summary["executions"]},
        {"step": "select", "rule": summary["select"], "tests_per_problem": summary["tests_per_problem"]},
        {"step": "grade", "dataset_sha256": summary["dataset_sha256"]},
    ]


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Known values as texts, which is all that the schema takes there."""
    return {key: str(value) for key, value in values.items() if value is not None}
