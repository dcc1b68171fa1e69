"""What is odd about a run, one line each, from the counts in its summary.

Every host prints these lines, and `summary.json` has them under `notices`: what is systematically odd about the data
must not look like a weak model, and a part of a benchmark not like the whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from coderm_eval.core.messages import counted
from coderm_eval.selection.confidence import FITTED_TO

__all__ = ["notices"]

_A_FEW = 0.05
"""Share up to which answers and tests without use are not worth a line."""


def notices(summary: Mapping[str, Any]) -> list[str]:
    """Say in sentences what is odd; `summary` needs the counts of `report.counts`, `test_faults` and `abstention`."""
    parts = (_of_problems, _of_candidates, _of_tests, _of_faults, _of_abstention)
    return [notice for part in parts for notice in part(summary)]


def _of_problems(summary: Mapping[str, Any]) -> Iterator[str]:
    problems, known = summary["n_problems"], summary["n_problems_of_benchmark"]
    name, shard = summary["benchmark"], summary.get("shard")  # earlier versions had none
    if shard:
        part = f"{problems:,} of {counted(shard['problems'], 'problem')} of {name}"
        yield (
            f"shard {shard['number']} of {shard['of']}: {part}, and every score is of these; `coderm-eval merge` puts "
            "the shards together"
        )
    elif problems < known:
        verb = "is" if problems == 1 else "are"
        yield f"{problems} of the {known} problems of {name} {verb} in this run, and every score is of these"
    if isinstance(summary["n_candidates"], list):
        fewest, most = summary["n_candidates"]
        yield f"problems have unequal numbers of candidates: from {fewest} to {most}"


def _of_candidates(summary: Mapping[str, Any]) -> Iterator[str]:
    samples, problems = summary["n_samples"], summary["n_problems"]
    if empty := summary["answers_without_code"]:
        only = summary["problems_without_code"]
        where = f"; {only} of {problems} problems have no other answer" if only else ""
        yield f"{empty} of {samples} answers held no code: they are wrong in every row{where}"
    if (bad := summary["programs_without_function"]) > _A_FEW * samples:
        yield f"{bad} of {samples} candidates are no Python or lack the function that the problem asks for"
    if (alike := summary["problems_with_one_program"]) > problems / 2:
        yield f"{alike} of {problems} problems have one program in all their candidates, and nothing to choose from"


def _of_tests(summary: Mapping[str, Any]) -> Iterator[str]:
    samples = summary["test_samples"]
    if rejected := sum(samples["rejected"].values()):
        at = samples["rejected_examples"]
        reasons = ", ".join(
            f"{count} {reason} (such as {at[reason]['task_id']}, sample {at[reason]['sample']})"
            for reason, count in samples["rejected"].items()
        )
        yield f"{rejected} of {samples['read']} test samples could not be used: {reasons}"
    if (cut := samples["truncated"]) > _A_FEW * samples["read"]:
        yield f"{cut} of {samples['read']} test answers were cut off by tests.max_tokens"
    if undecided := summary["probing_inputs"]["problems_undecided"]:
        problems = summary["n_problems"]
        yield f"{undecided} of {problems} problems have no test and no probing input: their pick is the first candidate"


def _of_faults(summary: Mapping[str, Any]) -> Iterator[str]:
    found = summary["test_faults"]
    if found["faulty"] > _A_FEW * found["test_samples"]:
        share = found["faulty"] / found["test_samples"]
        reasons = ", ".join(f"{row['test_samples']} {reason}" for reason, row in found["by_reason"].items())
        tests = f"{found['faulty']} of {found['test_samples']} tests ({share:.0%})"
        yield f"{tests} say nothing of any program by a fault of their own: {reasons}; {_example(found)}"
    if only := found["problems_with_no_other"]:
        yield f"{only} of {summary['n_problems']} problems have no test but such"


def _of_abstention(summary: Mapping[str, Any]) -> Iterator[str]:
    found, rule = summary["abstention"], summary["select"]
    if not found:
        return
    yield (
        f"{found['abstained']} of {summary['n_problems']} problems are abstained from, as the confidence in their pick "
        f"is below {found['below']:g}: chosen.jsonl marks them, and all scores but `abstention` count their picks"
    )
    if rule != FITTED_TO:
        yield f"confidence was fitted to picks of {FITTED_TO!r}: in those of {rule!r} it may be too high or too low"


def _example(found: Mapping[str, Any]) -> str:
    """The example of the most frequent reason, of one with a message if there is any."""
    rows = [(row["example"], reason) for reason, row in found["by_reason"].items()]
    example, reason = next((pair for pair in rows if pair[0]["message"]), rows[0])
    return f"for example {example['task_id']}, test {example['test']}: {example['message'] or reason}"
