"""EvalPlus's own loaders, `evalplus.data`, in a tenth of the time that importing it takes."""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any

__all__ = ["loaders"]

_LIBRARY = "datasets"


def loaders() -> Any:
    """Return the module `evalplus.data`, with its modules `humaneval`, `mbpp` and `utils`.

    It imports `datasets` for a benchmark that is not read here, which takes a second of CPU time. Where nobody has
    imported either, `datasets` is a stand-in meanwhile, which loads it when it is called.
    """
    if _LIBRARY in sys.modules or "evalplus.data" in sys.modules:
        return importlib.import_module("evalplus.data")
    stand_in = types.ModuleType(_LIBRARY)
    vars(stand_in)["load_dataset"] = _load_dataset
    sys.modules[_LIBRARY] = stand_in
    try:
        return importlib.import_module("evalplus.data")
    finally:
        del sys.modules[_LIBRARY]


def _load_dataset(*arguments: Any, **keywords: Any) -> Any:
    return importlib.import_module(_LIBRARY).load_dataset(*arguments, **keywords)
