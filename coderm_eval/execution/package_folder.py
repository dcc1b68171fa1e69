"""Where this package is installed."""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["PACKAGE"]

PACKAGE = Path(str(sys.modules["coderm_eval"].__file__)).resolve().parent
"""The folder `coderm_eval`. `importlib.resources` knows it too, but every program would inherit its 28 modules."""
