"""Settings of the budget: how many test samples each problem gets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from coderm_eval.core.choices import BudgetPolicyName
from coderm_eval.core.settings import Section


class BudgetSettings(Section):
    """The number of test samples that each problem gets."""

    renamed: ClassVar[Mapping[str, str]] = {"risk": "tolerance"}

    policy: BudgetPolicyName = "sequential"
    """`sequential`: in rounds, where the verdicts so far say that picks may change; `uniform`: the same number for
    every problem; `greedy`: the paper's dynamic allocation, by pass rates."""
    average: int | None = Field(default=None, ge=1)
    """Test samples per problem over the whole benchmark, never exceeded; by default `tests.num`, or the most lines that
    a file of tests has for one problem."""
    min: int = Field(default=1, ge=0)
    """Fewest test samples of one problem; not with `uniform`."""
    max: int | None = Field(default=None, ge=1)
    """Most test samples of one problem; by default four times the average, and no more than a file holds. Not with
    `uniform`."""
    tolerance: float = Field(default=0.03, ge=0, le=1)
    """`sequential` stops before the total is spent once no more than this share of the picks is expected to differ from
    those after `max` tests each."""
    pool: int = Field(default=2_000, ge=1)
    """So many problems, in the benchmark's order, share one budget of the average times their number: all of them, in
    every benchmark that comes with the package. Not with `uniform`."""
    rates: Literal["agreement", "oracle"] | Path = "agreement"
    """Pass rates for `greedy`. `agreement`: how alike candidates behave on the first `min` tests; `oracle`: the grades,
    which give a bound and no result; or a file of {"task_id", "rate"} lines."""

    @property
    def applied(self) -> tuple[str, ...]:
        """The keys that the policy heeds."""
        of_policy = {
            "sequential": ("min", "max", "tolerance", "pool"),
            "greedy": ("min", "max", "rates", "pool"),
            "uniform": (),
        }
        return ("policy", "average", *of_policy[self.policy])

    @model_validator(mode="after")
    def _limits_leave_room(self) -> BudgetSettings:
        if self.average is not None and self.average < self.min:
            raise ValueError(f"average is {self.average}, less than min, {self.min}: raise it, or lower budget.min")
        if self.max is not None and self.max < self.min:
            raise ValueError(f"max is {self.max}, less than min, {self.min}: raise it, or lower budget.min")
        return self
