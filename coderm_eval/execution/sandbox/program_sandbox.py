"""The programs' sandbox as the worker sees it: calls in, answers out."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence

from coderm_eval.execution.sandbox.answer_memory import CALL, DIGESTED_CALL, IN_THE_SAME_WINDOW, LOADING
from coderm_eval.execution.wire.ends import End
from coderm_eval.execution.wire.lines import LineReader, write_line

__all__ = ["ProgramSandbox"]


class ProgramSandbox:
    """Sends programs with their calls to the program server, and reads its replies.

    Args:
        requests: the descriptor that the server reads from.
        replies: the descriptor that it writes to.
        per_call: as `Limits.per_call`.
        silence_s: wall seconds without a sign of life after which the server is given up.
        beat: called at each sign of life.
    """

    def __init__(
        self, requests: int, replies: int, *, per_call: bool, silence_s: float, beat: Callable[[], None]
    ) -> None:
        os.set_blocking(requests, False)
        self._requests = requests
        self._replies = LineReader(replies)
        self._silence_s = silence_s
        self._beat = beat
        self.per_call = per_call

    def run(
        self, program: str, imports: Sequence[str], runs: Sequence[Sequence[str]], stateful: bool, seconds: float
    ) -> tuple[End, list[tuple[float, str]]]:
        """Return how the process of `program` ended, and its answers to loading it and to the calls of each run.

        Args:
            program: its source.
            imports: the modules that it names.
            runs: lists of calls; the program is loaded anew for each.
            stateful: whether an answer may depend on the calls before it.
            seconds: CPU seconds of each call, or of each run where the program keeps a state and limits are not per
                call.

        Raises:
            BrokenPipeError or TimeoutError: the server is gone, or gives no sign of life.
        """
        per_call = self.per_call or not stateful
        plan = "".join(_plan(run, per_call=per_call) for run in runs)
        job = json.dumps({"program": program, "runs": runs})
        request = f"{plan} {seconds} {','.join(imports)} {job}".encode()
        write_line(self._requests, request, time.monotonic() + self._silence_s)
        while not (line := self._replies.read(time.monotonic() + self._silence_s)):
            self._beat()
        end, *answers = line.decode().split("\t")
        return End(end), list(map(_answer, answers))


def _answer(field: str) -> tuple[float, str]:
    seconds, _, text = field.partition(" ")
    return float(seconds), text


def _plan(run: Sequence[str], *, per_call: bool) -> str:
    """Return what is known of the answers of a run, as `AnswerMemory` wants it: when the limits begin anew."""
    if not per_call:
        return CALL + IN_THE_SAME_WINDOW * len(run)
    return LOADING + "".join(DIGESTED_CALL if call.endswith(",true]") else CALL for call in run)
