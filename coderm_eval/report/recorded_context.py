"""What a finished run was given, read back from its summary.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coderm_eval.report.summary import BudgetRecord, RunContext
from coderm_eval.selection.budget.settings import BudgetSettings

__all__ = ["recorded_context"]


def recorded_context(summary: Mapping[str, Any]) -> RunContext:
    """The context that makes this summary of its tally."""
    settings, budget, checks = summary["settings"], summary["budget"], summary["cross_checks"]
    return RunContext(
        benchmark=summary["benchmark"],
        problems_of_benchmark=summary["n_problems_of_benchmark"],
        dataset_sha256=summary["dataset_sha256"],
        protocol_note=(checks and checks["protocol_note"]) or "",
        rule=summary["select"],
        rules=list(summary["rules"] or ()),
        abstain_below=settings["abstain_below"],
        budget=BudgetRecord(
            BudgetSettings.model_validate(settings.get("budget", {})), budget["average"], budget["recorded"]
        ),
        isolation=summary["isolation"],
        inputs=summary["inputs"],
        policy=summary["policy"],
        test_writer=lambda _: summary["test_writer"],
        settings=settings,
        shard=summary["shard"],
    )
