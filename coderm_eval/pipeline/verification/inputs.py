"""Whether the hashes of a run's inputs are those of the benchmark, the candidates and the tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coderm_eval.benchmarks import Benchmark
from coderm_eval.core.files import file_sha256
from coderm_eval.core.records import ProblemCandidates
from coderm_eval.pipeline.rule_files import rule_sha256
from coderm_eval.pipeline.run_identity import run_sha256, samples_sha256, tests_sha256
from coderm_eval.report.recorded_results import RecordedRun

__all__ = ["contradictions_of_inputs"]


def contradictions_of_inputs(
    recorded: RecordedRun, benchmark: Benchmark, provenance: Mapping[str, Any] | None
) -> Iterator[str]:
    """Yield a sentence for each hash that is not that of what is here; earlier versions had other hashes."""
    summary = recorded.summary
    if summary["dataset_sha256"] != benchmark.dataset_sha256:
        yield (
            f"summary.json: dataset_sha256 is {summary['dataset_sha256'][:12]}, and the {benchmark.name} file here has "
            f"{benchmark.dataset_sha256[:12]}"
        )
    if summary["inputs"].get("rule") != rule_sha256(summary["select"]):
        yield f"summary.json: inputs.rule is not the hash of {summary['select']} here: another version picked"
    if provenance is None and "policy" not in summary:
        return
    candidates = [ProblemCandidates(result.problem, result.candidates) for result in recorded.results]
    if summary["inputs"]["samples"] != samples_sha256(candidates):
        yield "summary.json: inputs.samples is not the hash of samples.jsonl: one of the two was changed"
    if provenance is None:
        yield "provenance.json: it is missing, and the version that wrote summary.json wrote one"
        return
    given = provenance["input_files"]["tests"]
    if given and _is_still_there(given) and summary["inputs"]["tests"] != tests_sha256(Path(given["file"])):
        yield f"summary.json: inputs.tests is not the hash of {given['file']}, which provenance.json names"
    if run_sha256(summary) != provenance["run"]:
        yield "summary.json: its benchmark, data, settings and inputs are not those that provenance.json has as its run"


def _is_still_there(given: Mapping[str, str]) -> bool:
    path = Path(given["file"])
    return path.is_file() and file_sha256(path) == given["sha256"]
