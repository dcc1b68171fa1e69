"""What was run, as (name, value): all that one must know to defend a number or to have it again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from coderm_eval.report.page.local_paths import without_folders

__all__ = ["facts"]

_SAMPLING = {
    "temperature": "temperature {}",
    "top_p": "top-p {}",
    "max_tokens": "at most {} tokens",
    "seed": "seed {}",
}
_NO_TESTS = "none"
_HASHED_AS_A_FILE = "rule"
"""The one of summary.json's `inputs` that is the hash of a file; the others are of contents."""


def facts(summary: Mapping[str, Any], provenance: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """The facts of summary.json and, where there is one, of provenance.json; what is not known is not there."""
    parts = (_of_inputs(summary), _of_method(summary), _of_outcome(summary), _of_origin(summary, provenance or {}))
    return [fact for part in parts for fact in part]


def _of_inputs(summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    of_all = f"{summary['n_problems']} of {summary['n_problems_of_benchmark']} problems"
    yield "benchmark", f"{summary['benchmark']}, {of_all}"
    yield "policy", _model(summary, "policy") or "recorded candidates"
    n = summary["n_candidates"]
    drawn = f"{n[0]} to {n[1]}" if isinstance(n, list) else n
    yield "candidates", f"N = {drawn}, {summary['n_distinct_candidates']:.1f} of them distinct"
    if _without_tests(summary):
        yield "tests", "none were used"
        return
    yield "test writer", _model(summary, "test_writer") or "recorded tests"
    budget = summary["budget"]
    of = f" of {budget['recorded']:,} recorded ones" if budget["recorded"] else ""
    problems = summary["n_problems"]
    yield "tests", f"{budget['samples']:,}{of} run, M = {budget['samples'] / problems:.1f} per problem"


def _of_method(summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    budget, limits = summary["budget"], summary["settings"]["execution"]
    yield "rule", summary["select"]
    if not _without_tests(summary):
        yield "budget", f"{budget['policy']}, at most {budget['average']} tests per problem on average"
    yield "probing inputs", f"{summary['probing_inputs']['per_problem']:.1f} per problem"
    yield "limits", f"{limits['timeout_s']:g} s of CPU time per call, {limits['memory_mb']} MiB"
    yield "isolation", summary["isolation"]


def _of_outcome(summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    on_inputs, not_run = summary["probing_inputs"]["executions"], summary["not_run"]
    yield "executions", f"{summary['executions'] - on_inputs:,} on tests, {on_inputs:,} on probing inputs"
    yield "could not be run", f"{not_run['executions']:,} executions, {not_run['grades']:,} grades"


def _of_origin(summary: Mapping[str, Any], provenance: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if provenance.get("started"):
        yield "date", str(provenance["started"])  # its end would make another page of the same run repeated
    if provenance.get("command"):
        yield "command", shlex.join(map(without_folders, provenance["command"]))
    host, machine = provenance.get("host") or {}, provenance.get("machine") or {}
    if host:
        yield "run by", " ".join(str(value) for value in host.values() if value)
    if machine:
        yield "machine", f"{machine.get('platform')}, {machine.get('cpus')} CPUs"
    yield "versions", ", ".join(f"{name} {version}" for name, version in summary["versions"].items())
    yield "dataset", f"SHA-256 {summary['dataset_sha256']}"
    for name, digest in summary["inputs"].items():
        if digest:
            file = (provenance.get("input_files") or {}).get(name)
            yield f"input {name}", _input(name, digest, file)


def _input(name: str, digest: str, file: Mapping[str, str] | None) -> str:
    """A file by its own hash, as `sha256sum` prints it, and what was read of it by the hash in summary.json."""
    own = f"{without_folders(file['file'])}, SHA-256 {file['sha256']}; " if file else ""
    return own + (f"SHA-256 {digest}" if name == _HASHED_AS_A_FILE else f"fingerprint of the contents {digest}")


def _model(summary: Mapping[str, Any], role: str) -> str | None:
    """A model with its revision, its server and how it was sampled; None where no model is known."""
    found = summary.get(role) or {}
    model = found.get("model") or _configured(summary, role)
    if not model:
        return None
    sampling = found.get("sampling") or {}
    how = [text.format(sampling[key]) for key, text in _SAMPLING.items() if sampling.get(key) is not None]
    revision = f"@{found['revision']}" if found.get("revision") else ""
    return ", ".join(
        [f"{without_folders(model)}{revision}", *([f"at {found['server']}"] if found.get("server") else []), *how]
    )


def _configured(summary: Mapping[str, Any], role: str) -> str | None:
    """The model in the settings of a run that has no entry for the role."""
    section = summary["settings"].get({"policy": "policy", "test_writer": "tests"}[role]) or {}
    return section.get("model")


def _without_tests(summary: Mapping[str, Any]) -> bool:
    return (summary["settings"].get("tests") or {}).get("backend") == _NO_TESTS
