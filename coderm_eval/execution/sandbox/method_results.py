"""What became of the methods of a test."""

from __future__ import annotations

import unittest
from typing import Any

from coderm_eval.execution.sandbox.known_answers import UnknownAnswerError
from coderm_eval.execution.sandbox.own_error import is_skip_of_pytest, own_error
from coderm_eval.execution.sandbox.stand_ins import StandIns

__all__ = ["MethodResults"]


class MethodResults(unittest.TestResult):
    """Stops at the first failure, but not at a method that ended at an unknown answer; formats no traceback."""

    lacked_memory = False
    held = 0
    """Test methods that ran and did not fail."""
    reason = ""
    """The first `own_error`, or that of a method that was skipped after a call."""

    def __init__(self, names: StandIns) -> None:
        super().__init__()
        self._names = names
        self._before = names.calls_made
        """Calls that were made before the method, or the class's set-up, began."""

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802  # unittest's name
        super().startTest(test)
        self._before = self._names.calls_made

    def stopTest(self, test: unittest.TestCase) -> None:  # noqa: N802
        super().stopTest(test)
        self._before = self._names.calls_made

    def addSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802
        self.held += 1

    def addExpectedFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        self.held += 1

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:  # noqa: N802
        super().addSkip(test, reason)
        if self._names.calls_made > self._before:
            self.reason = self.reason or "skipped after a call"
            self.stop()

    def addError(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        if is_skip_of_pytest(err[0]):
            return self.addSkip(test, str(err[1]))
        super().addError(test, err)
        self.lacked_memory |= issubclass(err[0], MemoryError)
        self.reason = self.reason or own_error(err[1])
        if not issubclass(err[0], UnknownAnswerError):
            self.stop()

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        super().addFailure(test, err)
        self.stop()

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:  # noqa: N802
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.reason = self.reason or own_error(err[1])
            self.stop()

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802
        super().addUnexpectedSuccess(test)
        self.stop()

    def _exc_info_to_string(self, err: object, test: object) -> str:
        return ""
