"""What a worker remembers from one block of tests to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coderm_eval.execution.sandbox.call_runner import CallRunner
from coderm_eval.execution.sandbox.row_runner import RowRunner
from coderm_eval.execution.wire.ends import End


class _Sandbox:
    """Loads no program; each comes to the same end."""

    per_call = False

    def __init__(self, end: End) -> None:
        self._end = end
        self.loaded: list[str] = []

    def run(self, program: str, *_: object, **_how: object) -> tuple[End, list[tuple[float, str]]]:
        self.loaded.append(program)
        return self._end, []

    def let_go(self) -> None: ...


class _Calls:
    """Makes the runner of calls, as the runner of tests does."""

    def calls_alone(self, calls: Sequence[str], timeout_s: float) -> CallRunner:
        return CallRunner(calls, timeout_s)


def _loaded(end: End) -> tuple[list[str], set[str]]:
    """The programs that were loaded for two blocks of one call each, and what became of these."""
    sandbox: Any = _Sandbox(end)
    calls: Any = _Calls()
    runner = RowRunner(calls, sandbox, lambda: None)
    verdicts = set()
    for call in ('["f",[1]]', '["f",[2]]'):
        runner.set_calls([call], 1.0)
        verdicts |= {runner.row(program, False, 0, [0])["verdicts"] for program in ("a = 1", "b = 2")}
    return sandbox.loaded, verdicts


def test_a_program_that_takes_too_long_to_load_is_loaded_once() -> None:
    assert _loaded(End.OUT_OF_CPU) == (["a = 1", "b = 2"], {End.OUT_OF_CPU})


def test_a_program_that_waited_or_crashed_is_loaded_again() -> None:
    for end in (End.OUT_OF_TIME, End.CRASHED):
        assert _loaded(end) == (["a = 1", "b = 2"] * 2, {end})
