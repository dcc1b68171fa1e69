"""Fixtures that several test files share."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from coderm_eval.replay import Recording, make_server

# The same examples every time, and no verdict by the clock.
hypothesis.settings.register_profile("coderm", derandomize=True, deadline=None)
hypothesis.settings.load_profile("coderm")

ROOT = Path(__file__).resolve().parents[1]

RECORDED_DATA = Path(os.environ.get("CODERM_RECORDED_DATA", ROOT.parent / "shared" / "data"))
"""Real recorded outputs, too large and not ours to keep here; tests that want them skip without them."""


@pytest.fixture(scope="session")
def recorded_data() -> Path:
    if not RECORDED_DATA.is_dir():
        pytest.skip("no recorded data (CODERM_RECORDED_DATA)")
    return RECORDED_DATA


@contextmanager
def replaying(recording: Recording, seen: list[dict[str, Any]] | None = None) -> Iterator[str]:
    """The host:port of a replay server on loopback; the requests that it answers are added to `seen`."""
    server = make_server(recording, "127.0.0.1", 0)
    if seen is not None:
        _watch(server.RequestHandlerClass, seen)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _watch(handler: Any, seen: list[dict[str, Any]]) -> None:
    for name in ("_chat", "_complete"):
        answer = getattr(handler, name)

        def watching(self: Any, body: dict[str, Any], answer: Any = answer) -> Any:
            seen.append(body)
            return answer(self, body)

        setattr(handler, name, watching)


@dataclass(frozen=True)
class MiniHumanEval:
    """Three invented problems in HumanEval+'s file format, and programs for them."""

    path: Path
    environment: dict[str, str]
    """Variables under which EvalPlus, in any process, loads this dataset and keeps its cache apart."""
    right: dict[str, str]
    wrong: dict[str, str]


def point_evalplus(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> None:
    """EvalPlus reads its variables when it is imported, so both they and what it made of them are set."""
    from evalplus.data import humaneval, mbpp, utils

    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for module, name in ((humaneval, "HUMANEVAL_OVERRIDE_PATH"), (mbpp, "MBPP_OVERRIDE_PATH")):
        if name in variables:
            monkeypatch.setattr(module, name, variables[name])
    monkeypatch.setattr(utils, "CACHE_DIR", f"{variables['XDG_CACHE_HOME']}/evalplus")


@pytest.fixture
def mini_humaneval(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MiniHumanEval:
    path = tmp_path / "mini.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in MINI_PROBLEMS))
    cache = tmp_path / "cache"
    environment = {"HUMANEVAL_OVERRIDE_PATH": str(path), "XDG_CACHE_HOME": str(cache)}
    point_evalplus(monkeypatch, environment)
    right = {str(row["task_id"]): f"{row['prompt']}{row['canonical_solution']}" for row in MINI_PROBLEMS}
    wrong = {str(row["task_id"]): f"def {row['entry_point']}(*a):\n    return None\n" for row in MINI_PROBLEMS}
    return MiniHumanEval(path, environment, right, wrong)


def mini_row(
    number: int, name: str, arguments: str, text: str, body: str, base: list[object], plus: list[object]
) -> dict[str, object]:
    return {
        "task_id": f"HumanEval/{number}",
        "entry_point": name,
        "prompt": f'def {name}({arguments}):\n    """ {text}\n    """\n',
        "canonical_solution": f"    {body}\n",
        "contract": "",
        "test": "",
        "base_input": base,
        "plus_input": plus,
        "atol": 0,
    }


MINI_PROBLEMS = [
    mini_row(
        0,
        "buoy_gap",
        "a, b",
        "Distance between two buoys on a line.\n    >>> buoy_gap(2, 5)\n    3",
        "return abs(a - b)",
        [[2, 5]],
        [[5, 2], [0, 0]],
    ),
    mini_row(
        1, "peal", "bells", "The bells of a peal in reverse order.", "return bells[::-1]", [[[1, 2, 3]]], [[[]], [[7]]]
    ),
    mini_row(
        2,
        "latest_tide",
        "tides",
        "The latest of the tides, or None without any.",
        "return max(tides, default=None)",
        [[[3, 9, 4]]],
        [[[]], [[5]]],
    ),
]
