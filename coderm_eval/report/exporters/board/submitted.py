"""An entry's folder, read and checked: whether its files agree with each other and with what the board takes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coderm_eval.benchmarks import benchmark_of_task
from coderm_eval.core.errors import CodermError, InputError
from coderm_eval.core.messages import abbreviated
from coderm_eval.core.records import Grade
from coderm_eval.core.settings import parse_section, read_yaml
from coderm_eval.report.exporters.board.about import Entry
from coderm_eval.report.exporters.board.datasets import DATASETS
from coderm_eval.report.exporters.board.picks import numbers_of_picks
from coderm_eval.report.exporters.board.schema import violation

__all__ = ["FILES", "SubmittedEntry", "faults", "read_submitted"]

FILES = ("about.yaml", "entry.json", "picks.jsonl")

_ROUNDING = 2e-6
_OF_BOOTSTRAP = 2e-3
"""Ends of intervals may differ by this: versions of SciPy and NumPy draw differently."""


@dataclass(frozen=True)
class SubmittedEntry:
    """The files of one entry."""

    folder: Path
    about: Entry
    entry: Mapping[str, Any]
    picks: Sequence[Mapping[str, Any]]
    picks_sha256: str

    @property
    def key(self) -> str:
        return self.folder.name


def read_submitted(folder: Path) -> SubmittedEntry:
    """Read an entry that follows the schema.

    Raises:
        CodermError: a file is missing or too many, cannot be read, or does not follow the schema.
    """
    names = {path.name for path in folder.iterdir()}
    if names != set(FILES):
        missing, strange = sorted(set(FILES) - names), sorted(names - set(FILES))
        what = f"{', '.join(missing)} is missing" if missing else f"{', '.join(strange)} has no place here"
        raise InputError(f"{folder}: {what}; an entry has the files {', '.join(FILES)}, and no text of a model")
    entry, picks = folder / "entry.json", folder / "picks.jsonl"
    content = picks.read_bytes()
    return SubmittedEntry(
        folder=folder,
        about=parse_section(Entry, read_yaml(folder / "about.yaml"), str(folder / "about.yaml")),
        entry=_valid(entry, "entry.json", entry.read_bytes(), "entry"),
        picks=[_valid(picks, f"picks.jsonl, line {n}", line, "pick") for n, line in enumerate(content.splitlines(), 1)],
        picks_sha256=hashlib.sha256(content).hexdigest(),
    )


def _valid(path: Path, where: str, text: bytes, of: Any) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise InputError(f"{path.parent}: {where}: no JSON ({error}); export the run again") from None
    found = violation(content, of)
    if found:
        raise InputError(f"{path.parent}: {where}: {found}; export the run again")
    return dict(content)


def faults(folder: Path) -> Iterator[str]:
    """Yield a sentence for each thing that is wrong with an entry."""
    try:
        submitted = read_submitted(folder)
    except CodermError as error:
        yield str(error)
        return
    for check in (_of_dataset, _of_picks, _of_numbers, _of_about, _of_verification):
        for fault in check(submitted):
            yield f"{folder}: {fault}"


def _of_dataset(submitted: SubmittedEntry) -> Iterator[str]:
    of = submitted.entry["benchmark"]
    known = DATASETS.get(of["dataset_sha256"])
    if known is None or (known.benchmark, known.name) != (of["name"], of["dataset"]):
        yield f"benchmark: {of['dataset_sha256'][:12]} is not the SHA-256 of {of['dataset']}"
        return
    if of["problems_of_benchmark"] != known.problems:
        yield f"benchmark: {known.name} has {known.problems} problems, not {of['problems_of_benchmark']}"
    if (of["problems"] < known.problems) != (of["partial"] is not None):
        yield f"benchmark: {of['problems']} of {known.problems} problems, and `partial` says {of['partial']!r}"


def _of_picks(submitted: SubmittedEntry) -> Iterator[str]:
    of, picks = submitted.entry["benchmark"], submitted.picks
    if submitted.entry["picks_sha256"] != submitted.picks_sha256:
        yield "picks.jsonl: not the file whose SHA-256 is picks_sha256 of entry.json"
    if len({pick["task_id"] for pick in picks}) != len(picks) or len(picks) != of["problems"]:
        yield f"picks.jsonl: it must have one line for each of {of['problems']} problems, and has {len(picks)} lines"
    strange = [pick["task_id"] for pick in picks if benchmark_of_task(pick["task_id"]) != of["name"]]
    if strange:
        yield f"picks.jsonl: no problem of {of['name']}: {abbreviated(strange)}"
    suites = {tuple(sorted(pick["grade"])) for pick in picks}
    if len(suites) > 1:
        yield f"picks.jsonl: not all picks are graded by the same suites of tests: {sorted(suites)}"
    impossible = [pick["task_id"] for pick in picks if not _is_possible(pick)]
    if impossible:
        yield f"picks.jsonl: its numbers cannot all be true: {abbreviated(impossible)}"


def _is_possible(pick: Mapping[str, Any]) -> bool:
    least, most = (1, pick["samples"]) if Grade(pick["grade"]).passed else (0, pick["samples"] - 1)
    return bool(pick["sample"] < pick["samples"] and least <= pick["right_samples"] <= most)


def _of_numbers(submitted: SubmittedEntry) -> Iterator[str]:
    if submitted.picks:
        yield from _different("", numbers_of_picks(submitted.picks), submitted.entry)


def _different(path: str, found: Any, said: Any) -> Iterator[str]:
    if isinstance(found, Mapping):
        for key, value in found.items():
            yield from _different(f"{path}.{key}".lstrip("."), value, said[key])
    elif path.endswith("ci95"):
        if any(abs(a - b) > _OF_BOOTSTRAP for a, b in zip(found, said, strict=True)):
            yield f"{path} is {said}, and picks.jsonl gives {found}"
    elif found != said and not (isinstance(found, float) and said is not None and abs(found - said) <= _ROUNDING):
        yield f"{path} is {said}, and picks.jsonl gives {found}"


def _of_about(submitted: SubmittedEntry) -> Iterator[str]:
    """What about.yaml says must stand in entry.json: a table is made of that."""
    about, date = submitted.about.model_dump(mode="json", exclude={"date"}), submitted.about.date
    for path, value in _said({**about, **({"run_on": date.date().isoformat()} if date else {})}):
        found: Any = {**submitted.entry, "partial": submitted.entry["benchmark"]["partial"]}
        for key in path:
            found = found[key]
        if found != value:
            yield f"about.yaml: {'.'.join(path)} is {value!r}, and entry.json has {found!r}; export the run again"


def _said(about: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in about.items():
        if isinstance(value, Mapping):
            yield from _said(value, (*above, key))
        elif value is not None or above in ((), ("verification",)):  # of a model null is: the run may know
            yield (*above, key), value


def _of_verification(submitted: SubmittedEntry) -> Iterator[str]:
    found = submitted.entry["verification"]
    nobody = found["state"] == "self-reported"
    if nobody != (found["by"] is None) or nobody != (found["date"] is None):
        yield (
            f"verification: {found['state']!r} by {found['by']!r} on {found['date']!r}; whoever looked, and when, "
            "stand with every state but self-reported"
        )
