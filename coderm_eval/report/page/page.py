"""The page: a template, the run's numbers in it, and all verdicts in one compressed block that its script unpacks."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import jinja2

from coderm_eval.core.errors import InputError
from coderm_eval.core.records import Verdict
from coderm_eval.report.page.figures import figures
from coderm_eval.report.page.problem_rows import problem_rows
from coderm_eval.report.run_directory import RunDirectory
from coderm_eval.report.tables import value_and_ci

__all__ = ["render_page"]

_SCORES = {
    "coderm": "the run's pick",
    "majority": "the paper's rule: most tests passed",
    "first": "the first sample",
    "random": "a random sample",
    "oracle": "any sample is right (pass@N)",
}
"""What each row of the table of scores is, in the order of the page."""


def render_page(directory: RunDirectory, *, with_programs: bool) -> str:
    """The HTML of a run's page, which loads nothing from anywhere; the same run gives the same bytes.

    Args:
        directory: of a finished run, graded or not.
        with_programs: whether programs and tests can be read on it, which is most of its size.

    Raises:
        InputError: this is no run directory, or not one that this version wrote.
    """
    summary = directory.summary()
    try:
        problems = problem_rows(directory, summary["select"], with_programs=with_programs)
        return _template().render(
            summary=summary,
            facts=_facts(summary),
            scores=_score_lines(summary),
            abstention=_abstention_lines(summary["abstention"] or {}),
            rules=_rule_lines(summary["rules"] or {}),
            figures=figures(summary["rules"] or {}, problems),
            style=_asset("page.css"),
            script=_asset("page.js"),
            data=_packed(
                {"problems": problems, "verdicts": {v.code: v.name.lower().replace("_", " ") for v in Verdict}}
            ),
        )
    except (AttributeError, IndexError, KeyError, StopIteration, TypeError, ValueError):
        raise InputError(
            f"{directory}: its files do not belong together, or another version of coderm-eval wrote them; run the "
            "same `coderm-eval rerank` with --overwrite"
        ) from None


def _facts(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was run, as (name, value)."""
    budget, settings, not_run = summary["budget"], summary["settings"], summary["not_run"]
    on_inputs, limits = summary["probing_inputs"]["executions"], settings["execution"]
    on_tests = summary["executions"] - on_inputs
    policy, writer = (settings.get(role) or {} for role in ("policy", "tests"))
    return [
        (
            "benchmark",
            f"{summary['benchmark']}, {summary['n_problems']} of {summary['n_problems_of_benchmark']} problems",
        ),
        ("policy", str(policy.get("model") or "recorded candidates")),
        ("candidates", f"N = {summary['n_candidates']}, {summary['n_distinct_candidates']:.1f} of them distinct"),
        ("test writer", str(writer.get("model") or {"none": "none"}.get(str(writer.get("backend")), "recorded tests"))),
        ("tests", f"{_of_recorded(budget)} run, {summary['tests_per_problem']:.1f} per problem"),
        ("rule", summary["select"]),
        ("budget", f"{budget['policy']}, {budget['average']} tests per problem"),
        ("probing inputs", f"{summary['probing_inputs']['per_problem']:.1f} per problem"),
        ("limits", f"{limits['timeout_s']:g} s of CPU time per call, {limits['memory_mb']} MB"),
        ("executions", f"{on_tests:,} on tests, {on_inputs:,} on probing inputs"),
        ("could not be run", f"{not_run['executions']} executions, {not_run['grades']} grades"),
        ("isolation", summary["isolation"]),
        ("dataset", f"SHA-256 {summary['dataset_sha256'][:16]}…"),
        *((f"{name} given", f"fingerprint {found[:16]}…") for name, found in summary["inputs"].items() if found),
        ("versions", ", ".join(f"{name} {version}" for name, version in summary["versions"].items())),
    ]


def _score_lines(summary: Mapping[str, Any]) -> list[list[str]]:
    scores, gains = summary["pass@1"], summary["paired_gain"]
    if scores is None:
        return []
    return [
        [name, meaning, *value_and_ci(scores[name]), *(value_and_ci(gains[name], "+") if name in gains else ["", ""])]
        for name, meaning in _SCORES.items()
        if name != "majority" or summary["tests_per_problem"]  # without a test there is no vote
    ]


def _of_recorded(budget: Mapping[str, Any]) -> str:
    return f"{budget['samples']}" + (f" of {budget['recorded']} recorded ones" if budget["recorded"] else "")


def _abstention_lines(found: Mapping[str, Any]) -> list[list[Any]]:
    scores = found.get("pass@1") or {}
    return [[name, found[name], *value_and_ci(row)] for name, row in scores.items()]


def _rule_lines(rules: Mapping[str, Any]) -> list[list[str]]:
    """The rules, the best first."""
    return [
        [
            name,
            *value_and_ci(row["pass@1"]),
            *value_and_ci(row["gain_over_random"], "+"),
            *value_and_ci(row["gain_over_majority"], "+"),
        ]
        for name, row in rules.items()
    ]


def _packed(data: Mapping[str, Any]) -> str:
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(_asset("page.html"))


def _asset(name: str) -> str:
    return files("coderm_eval.report.page").joinpath(name).read_text(encoding="utf-8")
