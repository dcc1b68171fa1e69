"""A run without a look at grades: its counts, and the reward of each sample as a label, for training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from coderm_eval.core.errors import InputError
from coderm_eval.core.inputs import numbered_lines, parse_object
from coderm_eval.core.records import Verdict
from coderm_eval.report.printed_table import Table
from coderm_eval.report.run_directory import RunDirectory

__all__ = ["label_rows", "picks_table"]

_PASSED = Verdict.PASSED.code


def picks_table(summary: Mapping[str, Any]) -> Table:
    """The counts in the content of a summary.json: all that there is to print where nothing was graded."""
    confidence = summary["confidence"]["mean"]
    counts = {
        "problems": f"{summary['n_problems']:,}",
        "samples": f"{summary['n_samples']:,}",
        "distinct programs per problem": f"{summary['n_distinct_candidates']:.2f}",
        "tests per problem": f"{summary['tests_per_problem']:.2f}",
        "problems without tests": f"{summary['problems_without_tests']:,}",
        "mean confidence of the picks": "-" if confidence is None else f"{confidence:.2f}",
    }
    return Table([summary["benchmark"], ""], [*counts.items()], names=1)


def label_rows(directory: RunDirectory) -> Iterator[dict[str, Any]]:
    """Yield a row for each sample, in the order of samples.jsonl; one problem is in memory at a time.

    task_id, solution    the problem, and the program of the sample
    sample               its place among the problem's samples, from 0
    reward               of its program by the run's rule; null where that is undefined
    votes, tests         how many of the run's test samples the program passed, and how many there were
    chosen               whether the program is the one that was picked: true of all samples that repeat it
    confidence           how likely the problem's pick is to be right; null where that is not known

    Raises:
        InputError: this is no run directory, or its files do not belong together.
    """
    rule = directory.summary().get("select")
    samples = _rows(directory, "samples.jsonl")
    try:
        for verdicts in _rows(directory, "verdicts.jsonl"):
            yield from _labels(verdicts, samples, verdicts["selections"][rule])
    except (IndexError, KeyError, TypeError, ValueError):
        raise InputError(
            f"{directory}: samples.jsonl, verdicts.jsonl and summary.json do not belong together; run the same "
            "`coderm-eval rerank` with --overwrite"
        ) from None


def _labels(
    verdicts: Mapping[str, Any], samples: Iterator[Mapping[str, Any]], selection: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """The rows of a problem, whose samples come next."""
    candidates: Sequence[Sequence[int]] = verdicts["candidates"]
    program_of = {sample: number for number, of_program in enumerate(candidates) for sample in of_program}
    weights = [len(of_test) for of_test in verdicts["tests"]]
    votes = [_votes(codes, weights) for codes in verdicts["verdicts"]]
    for sample, row in zip(sorted(program_of), islice(samples, len(program_of)), strict=True):
        if row["task_id"] != verdicts["task_id"]:
            raise ValueError("another problem's sample")
        program = program_of[sample]
        yield {
            "task_id": row["task_id"],
            "sample": sample,
            "solution": row["solution"],
            "reward": selection["rewards"][program],
            "votes": votes[program],
            "tests": sum(weights),
            "chosen": program == program_of[selection["chosen"]],
            "confidence": selection["confidence"],
        }


def _votes(codes: str, weights: Sequence[int]) -> int:
    """Test samples that a program passed: a test that was written k times counts k times."""
    return sum(weight for code, weight in zip(codes, weights, strict=True) if code == _PASSED)


def _rows(directory: RunDirectory, name: str) -> Iterator[dict[str, Any]]:
    path = directory.folder / name
    return (parse_object(path, number, line, "what a run wrote") for number, line in numbered_lines(path))
