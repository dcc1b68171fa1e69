"""The programs' sandbox as the worker sees it: calls in, answers out."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterable, Sequence

from coderm_eval.execution.sandbox.answer_memory import CALL, DIGESTED_CALL, IN_THE_SAME_WINDOW, LOADING
from coderm_eval.execution.sandbox.program_calls import DIGESTED, END, GO_ON, MORE, PREPARE, can_be_prepared
from coderm_eval.execution.sandbox.program_process import LOADED
from coderm_eval.execution.wire.ends import TIMEOUTS, End
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
        self._numbers: dict[str, int] = {}
        """Of the calls that are prepared."""
        self._has_process = False
        """Whether one waits for more of these, or is stopped in a call."""
        self._asked: tuple[str, float] | None = None
        """The program whose process will wait for more once it has answered, and its CPU seconds for each."""
        self._missing = 0
        """Answers of the process that are still to come."""

    def prepare(self, calls: Iterable[str]) -> None:
        """Have the server read these calls, which no model wrote, so that no process of a program has to."""
        kept = dict.fromkeys(filter(can_be_prepared, calls))
        self._numbers = {call: number for number, call in enumerate(kept)}
        self._has_process = False
        self._send(PREPARE + json.dumps(list(kept)).encode())

    def run(
        self,
        program: str,
        imports: Sequence[str],
        runs: Sequence[Sequence[str]],
        stateful: bool,
        seconds: float,
        *,
        patience_s: float = math.inf,
        apart: bool = False,
        code: bytes = b"",
    ) -> tuple[End | None, list[tuple[float, str]]]:
        """Return how the process of `program` ended, and its answers to loading it and to the calls of each run.

        That is None where it has not ended: it has answered all, or is stopped after `patience_s` of a call. It stays,
        and if it answers prepared calls it waits for more of them, until it is let go or another one is started.

        Args:
            program: its source.
            imports: the modules that it names.
            runs: lists of calls; the program is loaded anew for each.
            stateful: whether an answer may depend on the calls before it.
            seconds: CPU seconds of each call, or of each run where the program keeps a state and limits are not per
                call.
            patience_s: CPU seconds of a call.
            apart: whether the process of these calls makes no others.
            code: as marshal writes it, where the program may run as that.

        Raises:
            BrokenPipeError or TimeoutError: the server is gone, or gives no sign of life.
        """
        per_call = self.per_call or not stateful
        plan = "".join(_plan(run, per_call=per_call) for run in runs)
        sent = runs if stateful else [[self._numbers.get(call, call) for call in run] for run in runs]
        others = not (stateful or apart) and self._numbers.keys() > set(runs[0])
        asked = (program, seconds) if others else None
        if asked and asked == self._asked and self._has_process and not self._missing:
            self._missing = len(sent[0])
            line = f"{plan.removeprefix(LOADING)} {patience_s} {json.dumps(sent[0])}"
            end, answers = self._reply_to(MORE + line.encode())
            if answers or end is None or end in TIMEOUTS:  # else it has ended while it waited, or has no room left
                return end, [(0.0, LOADED), *answers]
        job = json.dumps({**({"code": code.hex()} if code else {"program": program}), "runs": sent})
        self._asked, self._missing = asked, len(plan)
        how = f"{plan} {seconds} {patience_s} {','.join(imports)} {asked is not None:d}"
        return self._reply_to(f"{how} {job}".encode())

    def go_on(self, patience_s: float) -> tuple[End | None, list[tuple[float, str]]]:
        """Have the process that is stopped go on; returns what `run` does, and the answers since then."""
        return self._reply_to(GO_ON + str(patience_s).encode())

    def let_go(self) -> None:
        """End the process of the program that was asked last, if it is still there."""
        if self._has_process:
            self._has_process = False
            self._send(END)

    def _reply_to(self, line: bytes) -> tuple[End | None, list[tuple[float, str]]]:
        """Send a line and return what the server replies."""
        self._send(line)
        while not (reply := self._replies.read(time.monotonic() + self._silence_s)):
            self._beat()
        end, microseconds, *answers = reply.decode().split("\t")
        self._has_process = not end
        self._missing -= len(answers)
        seconds = [int(number) * 1e-6 for number in microseconds.split()]
        return End(end) if end else None, list(zip(seconds, answers, strict=True))

    def _send(self, line: bytes) -> None:
        write_line(self._requests, line, time.monotonic() + self._silence_s)


def _plan(run: Sequence[str], *, per_call: bool) -> str:
    """Return what is known of the answers of a run, as `AnswerMemory` wants it: when the limits begin anew."""
    if not per_call:
        return CALL + IN_THE_SAME_WINDOW * len(run)
    return LOADING + "".join(DIGESTED_CALL if call.endswith(DIGESTED) else CALL for call in run)
