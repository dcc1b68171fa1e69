"""One thread that writes tests while the loop has others run."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping
from types import TracebackType

from coderm_eval.core.protocols import WriteTests, Written

__all__ = ["BackgroundTestWriter", "PendingTests"]

_MOMENT_S = 0.02
"""Seconds without a new test after which `arrivals` yields None, so that results can be passed on meanwhile."""


class BackgroundTestWriter:
    """Has `write_tests` asked by a thread, for one request after the other: models are not thread-safe.

    Once it has raised anything it is asked no more, and every request ends with that error. Who leaves by an
    exception does not wait for the thread, which stops at the next problem that is written.
    """

    def __init__(self, write_tests: WriteTests) -> None:
        self._write_tests = write_tests
        self._requests: queue.SimpleQueue[PendingTests | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="writing tests", daemon=True)

    def start(self, wanted: Mapping[str, range]) -> PendingTests:
        """Have these test samples written, after those of the requests before."""
        request = PendingTests(wanted)
        self._requests.put(request)
        return request

    def __enter__(self) -> BackgroundTestWriter:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._requests.put(None)
        if error is None:
            self._thread.join()

    def _serve(self) -> None:
        error: BaseException | None = None
        while (request := self._requests.get()) and not self._stopping.is_set():
            error = error or self._write(request)
            request.end(error)

    def _write(self, request: PendingTests) -> BaseException | None:
        """Write the tests; return the error that stopped it, which the loop raises."""
        try:
            for written in self._write_tests(request.wanted):
                request.add(written)
                if self._stopping.is_set():
                    break
        except BaseException as error:
            return error
        return None


class PendingTests:
    """Test samples that are being written: {task id: sample indices}."""

    def __init__(self, wanted: Mapping[str, range]) -> None:
        self.wanted = wanted
        self._written: queue.SimpleQueue[Written | None] = queue.SimpleQueue()
        self._error: BaseException | None = None

    def add(self, written: Written) -> None:
        self._written.put(written)

    def end(self, error: BaseException | None) -> None:
        """Nothing more comes, because of an error or because all is there."""
        self._error = error
        self._written.put(None)

    def arrivals(self) -> Iterator[Written | None]:
        """Each problem when it is written, and None whenever there is none for the moment."""
        while True:
            try:
                written = self._written.get(timeout=_MOMENT_S)
            except queue.Empty:
                yield None
                continue
            if written is None:
                return
            yield written

    def check(self) -> None:
        """Raise, once there are no more arrivals, what kept some away."""
        if self._error:
            raise self._error
