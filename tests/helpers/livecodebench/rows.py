"""Invented problems in the format of LiveCodeBench's files."""

from __future__ import annotations

import base64
import gzip
import json
import pickle
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

Cases = Sequence[tuple[str, str]]
"""(input, output) of each."""

_STARTER = "class Solution:\n    def latest_tide(self, tides: List[int]) -> int:\n        "


def row(
    question_id: str = "7001",
    *,
    functional: bool = True,
    date: str = "2024-03-02T00:00:00",
    platform: str = "leetcode",
    public: Cases = (("[3, 9]", "9"),),
    private: Cases = (("[4]", "4"), ("[]", "0")),
    **columns: str,
) -> dict[str, str]:
    """The eleven columns of one problem; `columns` replaces some by exactly these texts."""
    testtype = "functional" if functional else "stdin"
    return {
        "question_title": "latest-tide",
        "question_content": f"Tides are given (№ {question_id}).\nFind the latest, or 0 without any.",
        "platform": platform,
        "question_id": question_id,
        "contest_id": "harbour-12",
        "contest_date": date,
        "starter_code": _STARTER if functional else "",
        "difficulty": "easy",
        "public_test_cases": listed(public, testtype),
        "private_test_cases": encode(private, testtype),
        "metadata": '{"func_name": "latest_tide"}' if functional else "{}",
    } | columns


def listed(cases: Cases, testtype: str = "functional") -> str:
    """The plain encoding: a JSON list."""
    return json.dumps([{"input": i, "output": o, "testtype": testtype} for i, o in cases])


def encode(cases: Cases, testtype: str = "functional") -> str:
    """The packed encoding, as LiveCodeBench writes private tests."""
    return packed(pickle.dumps(listed(cases, testtype)))


def packed(pickled: bytes) -> str:
    return base64.b64encode(zlib.compress(pickled)).decode()


def write(path: Path, rows: Iterable[dict[str, str]]) -> Path:
    """A file of these rows, gzipped if it is called so."""
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path
