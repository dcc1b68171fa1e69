"""How a problem's programs are shared out among workers."""

from __future__ import annotations

from coderm_eval.execution.backends.pool import Setup
from coderm_eval.execution.backends.rows import make_jobs
from coderm_eval.execution.program_test import ProgramTest


def _program(number: int, name: str) -> str:
    return f"def f(x):\n    {name} = x\n    return {name}{' + 1' * number}\n"


def test_programs_that_differ_in_names_alone_go_to_one_worker() -> None:
    programs = [_program(number, name) for name in ("depth", "height") for number in range(50)]
    jobs = list(make_jobs((ProgramTest(n, program, "test") for n, program in enumerate(programs)), Setup()))
    together = [{row.program for row, _ in job.requests} for job in jobs]
    assert [len(rows) for rows in together] == [50, 50]
    assert set().union(*together) == set(programs)
    assert all((_program(n, "depth") in together[0]) == (_program(n, "height") in together[0]) for n in range(50))
