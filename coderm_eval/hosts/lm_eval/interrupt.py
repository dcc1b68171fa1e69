"""Ctrl-C while lm-eval is at work: it lets the interruption through, and this project ends it with one sentence."""

from __future__ import annotations

import sys
from types import TracebackType

from coderm_eval.core.user_errors import INTERRUPTED, INTERRUPTED_CODE

__all__ = ["end_interrupts_with_a_sentence"]


def end_interrupts_with_a_sentence() -> None:
    """Have Ctrl-C end the process as a verb of `coderm-eval` ends; every other error is shown as before."""
    before = sys.excepthook
    if getattr(before, "of_coderm_eval", False):
        return

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            before(kind, error, trace)
            return
        drawn = "what is stored is read, and answers that lm-eval was still drawing are drawn again"
        print(f"\ncoderm-eval: {INTERRUPTED}: {drawn}", file=sys.stderr)
        raise SystemExit(INTERRUPTED_CODE)

    hook.of_coderm_eval = True  # type: ignore[attr-defined]  # for several tasks in one command
    sys.excepthook = hook
