"""The page's table of where the time went."""

from __future__ import annotations

from typing import Any

import pytest

from coderm_eval.report.page.work_tables import time_lines

TAKEN = {"wall": 1.04, "cpu": 0.96}


def test_a_stage_has_its_seconds_and_its_share() -> None:
    stages = {"starting": TAKEN, "executing": {"wall": 3.12, "cpu": 0.5}, "page": TAKEN}
    found = time_lines({"seconds": {"stages": stages, "workers_cpu": 6.0}})
    assert [line[1:] for line in found] == [["1.0", "25.0", "1.0"], ["3.1", "75.0", "0.5"]]


@pytest.mark.parametrize("provenance", [None, {}, {"seconds": None}])
def test_a_run_of_an_earlier_version_has_no_such_table(provenance: dict[str, Any] | None) -> None:
    assert time_lines(provenance) == []
