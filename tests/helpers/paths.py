"""Where the repository is, and recorded data."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["RECORDED_DATA", "ROOT"]

ROOT = Path(__file__).resolve().parents[2]

RECORDED_DATA = Path(os.environ.get("CODERM_RECORDED_DATA", ROOT.parent / "shared" / "data"))
"""Real recorded outputs, too large and not ours to keep here; tests that want them skip without them."""
