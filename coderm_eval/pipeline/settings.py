"""All settings: the sections of the stages put together, presets, and where values come from.

The same keys stand in a YAML file, in lm-eval's `--metadata`, and behind the command line's flags.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from coderm_eval.benchmarks import section_of
from coderm_eval.benchmarks.evalplus.settings import EvalPlusSettings
from coderm_eval.benchmarks.livecodebench.settings import LiveCodeBenchSettings
from coderm_eval.core.settings import CONFIG_VARIABLE, Section, in_current_names, merge, parse_section, read_yaml
from coderm_eval.execution.settings import ExecutionSettings
from coderm_eval.generation.settings import Extraction, PolicySettings, TestSettings, with_backend
from coderm_eval.pipeline.presets import PAPER
from coderm_eval.pipeline.rule_files import require_rule_or_file
from coderm_eval.selection import ALL_RULES, known_rules
from coderm_eval.selection.budget.settings import BudgetSettings
from coderm_eval.selection.registry import reads_probes, require_rule_without_tests

__all__ = ["DEFAULT_PROBE_INPUTS", "DEFAULT_RULE", "DEFAULT_STORE", "Settings", "load_settings", "recorded_as_settings"]

DEFAULT_RULE = "evidence"
DEFAULT_STORE = Path("coderm-runs")  # of harnesses, which have no run directory to put it in
DEFAULT_PROBE_INPUTS = 30
"""On seven recorded sets they give `evidence` 2.0 points, and 40 of them 1.8: docs/measurements/selection.md."""


class Settings(Section):
    """Settings of a whole run; each section belongs to one stage, which sees no other."""

    renamed: ClassVar[Mapping[str, str]] = {
        "num_candidates": "n",
        "resample": "resample_tests",
        "curve": "budget_curve",
    }

    preset: Literal["paper"] | None = None
    """`paper`: the publication's protocol as defaults for all that follows; a setting that is given overrides it."""
    n: int | None = Field(default=None, ge=1)
    """Candidates per problem; by default all that the samples file holds, or 20 from a model."""
    policy: PolicySettings = PolicySettings()
    tests: TestSettings = TestSettings()
    budget: BudgetSettings = BudgetSettings()
    select: str = DEFAULT_RULE
    """The rule that picks: its name, or `FILE.py:NAME` for a function in a file; `all` picks by the default rule and
    compares every rule."""
    probe_inputs: int | None = Field(default=None, ge=0)
    """Probing inputs per problem: calls that no test makes, on which the best 16 candidates are run to see who agrees;
    without tests all candidates are. They are mutations of the calls that the tests make, or else of those that the
    statement shows. By default 30 for rules that look at them, such as `evidence` and `agreement`, and none for
    others."""
    abstain_below: float | None = Field(default=None, ge=0, le=1)
    """Abstain from picks that are less likely to be right than this, by their confidence: they stay recorded and are
    marked, and scores of the answered problems are added to those of all. By default none is abstained from."""
    resample_tests: int | None = Field(default=None, ge=1)
    """Also score the rules with this many of each problem's tests, drawn 100 times: the paper's resampling."""
    budget_curve: bool = False
    """Run all tests, whatever `budget.policy` says, and report what each budget policy would have made of them."""
    extraction: Extraction = "default"
    """The way in which programs and tests are found in answers; `paper`: the authors' stricter one."""
    execution: ExecutionSettings = Field(default_factory=ExecutionSettings)
    livecodebench: LiveCodeBenchSettings = Field(default_factory=lambda: LiveCodeBenchSettings.model_validate({}))
    evalplus: EvalPlusSettings = Field(default_factory=EvalPlusSettings)
    report: bool = True
    """Write the run as a page, `report.html` in its run directory, with programs and tests."""
    store: Path | None = None
    """Folder of everything that was expensive: answers, executions, grades."""

    @model_validator(mode="before")
    @classmethod
    def _a_preset_stands_behind_what_is_given(cls, given: Any) -> Any:
        given = cls.in_current_names(given)
        return merge(PAPER, given) if isinstance(given, Mapping) and given.get("preset") == "paper" else given

    @model_validator(mode="before")
    @classmethod
    def _a_budget_curve_needs_all_tests(cls, given: Any) -> Any:
        given = cls.in_current_names(given)
        wanted = isinstance(given, Mapping) and given.get("budget_curve")
        return merge(given, {"budget": {"policy": "uniform"}}) if wanted else given

    def for_benchmark(self, name: str) -> Section | None:
        """The section that the benchmark called `name` is loaded with; None if it has none."""
        key = section_of(name)
        section: Section | None = getattr(self, key) if key else None
        return section

    @property
    def inputs(self) -> int:
        """Probing inputs per problem."""
        by_default = DEFAULT_PROBE_INPUTS if reads_probes(self.compared) else 0
        return by_default if self.probe_inputs is None else self.probe_inputs

    @property
    def rule(self) -> str:
        """The rule whose pick counts."""
        return DEFAULT_RULE if self.select == ALL_RULES else self.select

    @property
    def compared(self) -> tuple[str, ...]:
        """All rules to apply, in alphabetical order."""
        return tuple(sorted(known_rules() if self.select == ALL_RULES else {"majority", self.select}))


def load_settings(
    given: Mapping[str, Any], *, source: str, config: Path | None = None, selects: bool = True
) -> Settings:
    """Settings from defaults, then the YAML file `config` (or the one named by CODERM_CONFIG), then `given`.

    Args:
        given: settings by key; sections are mappings.
        source: what messages call `given`.
        config: a YAML file.
        selects: whether the caller picks candidates. Only then are rules loaded and `select` is checked, so that a
            broken plug-in stops nothing else.

    Raises:
        SettingsError: an unknown key (with the nearest known one), a bad value, or a file that is no mapping.
    """
    if config is None and os.environ.get(CONFIG_VARIABLE):
        config = Path(os.environ[CONFIG_VARIABLE])
    from_file = in_current_names(Settings, read_yaml(config), str(config)) if config else {}
    _parse(from_file, str(config), selects)  # a mistake in the file is reported against the file
    given = in_current_names(Settings, given, source)
    if "tests" in given:  # before the merge, so that a given file also overrides the backend of the YAML
        given = {**given, "tests": with_backend(given["tests"])}
    settings = _parse(merge(from_file, given), source, selects)
    if selects and settings.tests.backend == "none":
        require_rule_without_tests(settings.rule, source)
    return settings


def recorded_as_settings(recorded: Mapping[str, Any], *, source: str) -> Settings:
    """Return the settings that a run recorded, whatever CODERM_CONFIG names here."""
    return _parse({**recorded, "tests": with_backend(recorded["tests"])}, source, True)


def _parse(given: Mapping[str, Any], source: str, selects: bool) -> Settings:
    settings = parse_section(Settings, given, source)
    if selects and "select" in given:
        require_rule_or_file(settings.select, source)
    return settings
