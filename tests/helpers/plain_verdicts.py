"""A test's verdict on a program in this process, without a sandbox."""

from __future__ import annotations

import sys
import types
import unittest
from unittest.mock import patch

__all__ = ["verdict"]


def verdict(test: str, program: str) -> str:
    """PASS or FAIL as the worker sees it: the test's module starts with the program's names."""
    names: dict[str, object] = {}
    exec(compile(program, "<candidate>", "exec", dont_inherit=True), names)
    names["__name__"] = "test_candidate"
    exec(compile(test, "<test>", "exec", dont_inherit=True), names)
    module = types.ModuleType("test_candidate")
    vars(module).update(names)
    suite = unittest.TestSuite(
        unittest.defaultTestLoader.loadTestsFromTestCase(case)
        for case in names.values()
        if isinstance(case, type) and issubclass(case, unittest.TestCase) and case.__module__ == "test_candidate"
    )
    with patch.dict(sys.modules, test_candidate=module):
        result = suite.run(unittest.TestResult())
    return "PASS" if result.testsRun and result.wasSuccessful() and not result.skipped else "FAIL"
