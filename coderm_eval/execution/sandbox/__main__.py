"""Start a worker: `worker` says what the arguments are."""

from __future__ import annotations

import gc
import os

__all__ = ["main"]


def main() -> None:
    """Be a worker until the pool is gone."""
    gc.disable()  # what is imported stays: looking through it for garbage takes a tenth of the start
    _import_random()
    from coderm_eval.execution.sandbox import worker

    worker.main()
    os._exit(0)  # the interpreter takes 10 ms to take itself apart


def _import_random() -> None:
    """Import `random` without what it registers: it would seed itself in each fork, a tenth of what a child does there.

    Each run of a program is seeded, and so is each run of a test.
    """
    register = os.register_at_fork
    os.register_at_fork = lambda **_: None
    try:
        import random  # noqa: F401
    finally:
        os.register_at_fork = register


if __name__ == "__main__":
    main()
