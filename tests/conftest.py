"""Fixtures that several test files share."""

from __future__ import annotations

import json
from pathlib import Path

import hypothesis
import pytest
from helpers.mini_humaneval import MINI_PROBLEMS, MiniHumanEval, point_evalplus
from helpers.paths import RECORDED_DATA

# The same examples every time, and no verdict by the clock.
hypothesis.settings.register_profile("coderm", derandomize=True, deadline=None)
hypothesis.settings.load_profile("coderm")


@pytest.fixture(scope="session")
def recorded_data() -> Path:
    if not RECORDED_DATA.is_dir():
        pytest.skip("no recorded data (CODERM_RECORDED_DATA)")
    return RECORDED_DATA


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
