"""Entries of the board, changed for tests."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from coderm_eval.report.exporters.board.picks import numbers_of_picks
from helpers.cli import rows, write_rows
from helpers.paths import ROOT

ENTRIES = ROOT / "leaderboards" / "entries"


def rewrite_picks(folder: Path, picks: Sequence[Mapping[str, Any]]) -> None:
    """Give an entry these picks, with all numbers that follow from them."""
    path = write_rows(folder / "picks.jsonl", picks)
    entry = json.loads((folder / "entry.json").read_text())
    entry |= {**numbers_of_picks(picks), "picks_sha256": sha256(path.read_bytes()).hexdigest()}
    entry["benchmark"]["problems"] = len(picks)
    (folder / "entry.json").write_text(json.dumps(entry))


def other_entry(folder: Path, *, name: str, right: int, problems: int = 14) -> Path:
    """The demo's entry under another name, with as many right picks among its first problems."""
    shutil.copytree(ENTRIES / "demo", folder)
    picks = rows(folder / "picks.jsonl")[:problems]
    for number, pick in enumerate(picks):
        pick |= {"grade": {"gold": "pass" if number < right else "fail"}, "right_samples": 8}
    rewrite_picks(folder, picks)
    entry, about = json.loads((folder / "entry.json").read_text()), (folder / "about.yaml").read_text()
    partial = None if problems == 14 else "the others were not at hand"
    entry["name"], entry["benchmark"]["partial"] = name, partial
    (folder / "entry.json").write_text(json.dumps(entry))
    said = [f"name: {name}", *([f"partial: {partial}"] if partial else []), *about.splitlines()[1:]]
    (folder / "about.yaml").write_text("\n".join(said))
    return folder
