"""Checks, before hours of sampling, for whatever would fail after them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from coderm_eval.execution.backends.base import Executor
from coderm_eval.execution.executor import limits_from_settings, make_executor
from coderm_eval.execution.sandbox.isolation.levels import FULL, describe
from coderm_eval.execution.settings import ExecutionSettings
from coderm_eval.generation.settings import TestSettings
from coderm_eval.generation.write_tests import validate_test_settings
from coderm_eval.pipeline.settings import Settings

__all__ = ["checked_executor", "preflight", "working_executor"]

log = logging.getLogger(__name__)


def preflight(settings: Settings) -> None:
    """Find out before hours of sampling what a run would find out after them.

    Raises:
        SettingsError: no test writer is named. InputError: the tests file cannot be read.
        IncompleteRunError: the executor does not work on this host.
    """
    with working_executor(settings.tests, settings.execution):
        pass


@contextmanager
def working_executor(tests: TestSettings, execution: ExecutionSettings) -> Iterator[tuple[Executor, str]]:
    """`checked_executor`, once the settings of tests are found to be complete."""
    validate_test_settings(tests)
    with checked_executor(execution) as working:
        yield working


@contextmanager
def checked_executor(execution: ExecutionSettings) -> Iterator[tuple[Executor, str]]:
    """An executor that passed its own test, and the isolation in force."""
    with make_executor(execution) as executor:
        isolation = executor.self_test(limits_from_settings(execution))
        log.debug("isolation %s, %d workers", isolation, execution.workers)
        if isolation != FULL:
            log.warning("isolation %s: %s", isolation, describe(isolation))
        yield executor, isolation
