"""Presets: other defaults for many settings at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["PAPER"]

PAPER: Mapping[str, Any] = {
    "n": 100,
    "tests": {
        "num": 100,
        "shown_candidate": "first",
        "prompt": "paper",
        "temperature": 0.8,
        "top_p": 0.95,
        "max_tokens": 2048,
    },
    "budget": {"policy": "uniform"},
    "select": "majority",
    "probe_inputs": 0,
    "extraction": "paper",
    "execution": {"timeout_s": 1.0},
    "livecodebench": {"method_format": "paper"},
}
"""The protocol of arXiv 2501.01054: its Table 4, config.json, extract_unit_test.py, main.py and calculate_result.py."""
