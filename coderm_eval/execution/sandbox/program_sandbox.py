"""The programs' sandbox as the worker sees it: calls in, answers out."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Sequence

from coderm_eval.execution.sandbox.answer_memory import CALL, DIGESTED_CALL, IN_THE_SAME_WINDOW, LOADING
from coderm_eval.execution.sandbox.program_calls import DIGESTED, END, MORE, PREPARE, can_be_prepared
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
        self._waiting: tuple[str, float] | None = None
        """The program whose process waits for more of these, and its CPU seconds for each."""

    def prepare(self, calls: Iterable[str]) -> None:
        """Have the server read these calls, which no model wrote, so that no process of a program has to."""
        kept = dict.fromkeys(filter(can_be_prepared, calls))
        self._numbers = {call: number for number, call in enumerate(kept)}
        self._waiting = None
        self._send(PREPARE + json.dumps(list(kept)).encode())

    def run(
        self,
        program: str,
        imports: Sequence[str],
        runs: Sequence[Sequence[str]],
        stateful: bool,
        seconds: float,
        *,
        apart: bool = False,
        code: bytes = b"",
    ) -> tuple[End, list[tuple[float, str]]]:
        """Return how the process of `program` ended, and its answers to loading it and to the calls of each run.

        A process that answers prepared calls waits for more of them, until it is let go or another one is started.

        Args:
            program: its source.
            imports: the modules that it names.
            runs: lists of calls; the program is loaded anew for each.
            stateful: whether an answer may depend on the calls before it.
            seconds: CPU seconds of each call, or of each run where the program keeps a state and limits are not per
                call.
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
        if asked and asked == self._waiting:
            line = f"{plan.removeprefix(LOADING)} {json.dumps(sent[0])}"
            end, answers = self._reply_to(MORE + line.encode(), asked)
            if answers or end in TIMEOUTS:  # else it has ended while it waited, or has no room left
                return end, [(0.0, LOADED), *answers]
        job = json.dumps({**({"code": code.hex()} if code else {"program": program}), "runs": sent})
        return self._reply_to(f"{plan} {seconds} {','.join(imports)} {asked is not None:d} {job}".encode(), asked)

    def let_go(self) -> None:
        """End the process that waits for more calls of the program that was asked last."""
        if self._waiting:
            self._waiting = None
            self._send(END)

    def _reply_to(self, line: bytes, asked: tuple[str, float] | None) -> tuple[End, list[tuple[float, str]]]:
        """Send a line and return what the server replies; what was `asked` may wait then."""
        self._send(line)
        while not (reply := self._replies.read(time.monotonic() + self._silence_s)):
            self._beat()
        end, microseconds, *answers = reply.decode().split("\t")
        self._waiting = None if end else asked
        seconds = [int(number) * 1e-6 for number in microseconds.split()]
        return End(end or End.CRASHED), list(zip(seconds, answers, strict=True))

    def _send(self, line: bytes) -> None:
        write_line(self._requests, line, time.monotonic() + self._silence_s)


def _plan(run: Sequence[str], *, per_call: bool) -> str:
    """Return what is known of the answers of a run, as `AnswerMemory` wants it: when the limits begin anew."""
    if not per_call:
        return CALL + IN_THE_SAME_WINDOW * len(run)
    return LOADING + "".join(DIGESTED_CALL if call.endswith(DIGESTED) else CALL for call in run)
