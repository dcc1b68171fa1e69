"""What an entry says of a run: its name, and the facts about its models that a run directory may not know.

They come from the run itself, from `--about FILE` and from flags; what the run knows cannot be contradicted.
Unknown is None: no default stands for a value that was not used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any, TypeVar

from pydantic import Field, field_validator

from coderm_eval.core.docstrings import field_docstrings
from coderm_eval.core.errors import SettingsError
from coderm_eval.core.settings import Section, merge, parse_section

__all__ = ["Entry", "ModelFacts", "Sampling", "largest_n", "read_entry"]

_OF_N = re.compile(r"\b(?:bo|best[- ]of[- ])(\d+)\b", re.IGNORECASE)


class Sampling(Section):
    """How a model was sampled, as far as that is known."""

    temperature: float | None = Field(default=None, ge=0)
    top_p: float | None = Field(default=None, ge=0, le=1)
    max_tokens: int | None = Field(default=None, ge=1)
    seed: int | None = None


class ModelFacts(Section):
    """A model of the system, as far as it is known."""

    model: str | None = None
    """Its name, such as meta-llama/Llama-3.1-8B-Instruct."""
    revision: str | None = None
    server: str | None = None
    """What served it."""
    sampling: Sampling = Sampling()


class Entry(Section):
    """What every entry says. An exporter that needs more inherits it, and adds its keys with a line on each."""

    name: str
    """name of the system, such as 'P + CodeRM-8B Bo20'."""
    policy: ModelFacts = ModelFacts()
    test_writer: ModelFacts = ModelFacts()
    date: datetime | None = None
    """time at which the run was finished, as ISO 8601 has it."""

    @field_validator("name")
    @classmethod
    def _stands_on_one_line(cls, name: str) -> str:
        if not name.strip() or not name.isprintable():
            raise ValueError(f"{name!r} is no name: write one on a single line, such as 'P + CodeRM-8B Bo20'")
        return name.strip()

    @field_validator("date")
    @classmethod
    def _is_in_utc_without_a_zone(cls, date: datetime | None) -> datetime | None:
        return date.replace(tzinfo=timezone.utc) if date and date.tzinfo is None else date


AnyEntry = TypeVar("AnyEntry", bound=Entry)


def read_entry(kind: type[AnyEntry], run: Mapping[str, Any], given: Mapping[str, Any], source: str) -> AnyEntry:
    """The entry that describes a run.

    Args:
        kind: the class of an exporter.
        run: the run's summary.json, with the `date` where it is known.
        given: what the user says.
        source: what messages call that.

    Raises:
        SettingsError: an unknown or a missing key, one that the run knows otherwise, or a name that hides the system.
    """
    known = _known(Entry, run)
    _require_keys(kind, merge(known, given), source)
    entry = parse_section(kind, merge(known, given), source)
    as_known = dict(_leaves(parse_section(kind, merge(given, known), source).model_dump(mode="json")))
    for key, value in _leaves(entry.model_dump(mode="json")):
        if value != as_known[key]:
            raise SettingsError(
                f"{source}: {key} is {value!r}, and the run was made with {as_known[key]!r}; leave it out, or export "
                "another run"
            )
    _require_system(entry, largest_n(run), source)
    return entry


def largest_n(summary: Mapping[str, Any]) -> int:
    """Candidates of the problem that has most of them."""
    counts = summary["n_candidates"]
    return max(counts) if isinstance(counts, list) else int(counts)


def _require_keys(kind: type[Entry], said: Mapping[str, Any], source: str) -> None:
    """Say by which flag a missing key is given; that of a section in the entry is told when it is read."""
    for key, field in kind.model_fields.items():
        if field.is_required() and key not in said:
            flag = '--name "..."' if key == "name" else f"--set {key}=..."
            meaning = field_docstrings(kind).get(key)
            about = f", the {meaning.rstrip('.')}" if meaning else ""
            raise SettingsError(f"{source}: {key} is missing: give {flag}{about}; or write it into a file for --about")


def _require_system(entry: Entry, n: int, source: str) -> None:
    """A board would take the score of a pick among many for that of the model whose name it bears."""
    if n == 1:
        return
    said = [int(number) for number in _OF_N.findall(entry.name)]
    if n not in said or entry.name == entry.policy.model:
        raise SettingsError(
            f"{source}: the name {entry.name!r} does not say that each program is the best of {n}, so that its score "
            f"would pass for a model's own pass@1; write one such as {_name_of_system(entry, n)!r}"
        )


def _name_of_system(entry: Entry, n: int) -> str:
    """The name with the right N, and with the test writer where no part of a system is named yet."""
    of_model = _OF_N.sub("", entry.name).strip(" ,")
    writer = "" if "+" in of_model else f" + {entry.test_writer.model or '<test writer>'}"
    return f"{of_model}{writer} Bo{n}"


def _known(kind: type[Section], found: Any) -> dict[str, Any]:
    """What of `found` is a key of the section, and is known."""
    known: dict[str, Any] = {}
    for key, field in kind.model_fields.items():
        value = found.get(key) if isinstance(found, Mapping) else None
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            known |= {key: deeper} if (deeper := _known(inner, value)) else {}
        elif value is not None:
            known[key] = value
    return known


def _leaves(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value
