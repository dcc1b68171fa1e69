"""Settings: the same keys in a YAML file, in lm-eval's `--metadata`, and behind the command line's flags."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, model_validator

from coderm_eval.benchmarks.evalplus.settings import EvalPlusSettings
from coderm_eval.benchmarks.livecodebench.settings import LiveCodeBenchSettings
from coderm_eval.core.errors import SettingsError
from coderm_eval.core.messages import suggestion
from coderm_eval.core.settings import CONFIG_VARIABLE, Section, merge, read_yaml
from coderm_eval.execution.settings import ExecutionSettings
from coderm_eval.generation.settings import Extraction, PolicySettings, TestSettings, with_backend
from coderm_eval.selection import ALL_RULES, known_rules
from coderm_eval.selection.budget.settings import BudgetSettings

__all__ = ["Settings", "load_settings"]

DEFAULT_RULE = "evidence"

PAPER: Mapping[str, Any] = {
    "n": 100,
    "tests": {
        "num": 100,
        "condition": "first",
        "temperature": 0.8,
        "top_p": 0.95,
        "max_tokens": 2048,
    },
    "budget": {"policy": "uniform"},
    "select": "majority",
    "extraction": "paper",
    "execution": {"timeout_s": 1.0},
    "livecodebench": {"function_format": "paper"},
}
"""The protocol of arXiv 2501.01054: its Table 4, config.json, extract_unit_test.py, main.py and calculate_result.py."""


class Settings(Section):
    preset: Literal["paper"] | None = None
    """Other defaults for all that follows; a setting that is given counts for more."""
    n: int | None = Field(default=None, ge=1)
    """Candidates per problem; by default all that the samples file holds, or 20 from a harness's model."""
    policy: PolicySettings = PolicySettings()
    tests: TestSettings = TestSettings()
    budget: BudgetSettings = BudgetSettings()
    select: str = DEFAULT_RULE
    """The rule that picks; `all` picks by the default one and compares them all."""
    resample: int | None = Field(default=None, ge=1)
    """Also score the rules with so many of each problem's tests, drawn 100 times: the paper's resampling."""
    curve: bool = False
    """Run all tests, whatever `budget.policy` says, and say what each policy would have made of them."""
    extraction: Extraction = "default"
    execution: ExecutionSettings = ExecutionSettings()
    livecodebench: LiveCodeBenchSettings = Field(default_factory=lambda: LiveCodeBenchSettings.model_validate({}))
    evalplus: EvalPlusSettings = Field(default_factory=EvalPlusSettings)
    store: Path | None = None

    @model_validator(mode="before")
    @classmethod
    def _a_preset_stands_behind_what_is_given(cls, given: Any) -> Any:
        return merge(PAPER, given) if isinstance(given, Mapping) and given.get("preset") == "paper" else given

    @model_validator(mode="before")
    @classmethod
    def _a_curve_needs_all_tests(cls, given: Any) -> Any:
        wanted = isinstance(given, Mapping) and given.get("curve")
        return merge(given, {"budget": {"policy": "uniform"}}) if wanted else given

    @property
    def rule(self) -> str:
        """The rule whose pick counts."""
        return DEFAULT_RULE if self.select == ALL_RULES else self.select

    @property
    def compared(self) -> tuple[str, ...]:
        """All rules to apply, in alphabetical order."""
        return tuple(sorted(known_rules() if self.select == ALL_RULES else {"majority", self.select}))


def load_settings(given: Mapping[str, Any], *, source: str, config: Path | None = None) -> Settings:
    """Settings from defaults, then the YAML file `config` (or the one named by CODERM_CONFIG), then `given`.

    Raises:
        SettingsError: an unknown key (with the nearest known one), a bad value, or a file that is no mapping.
    """
    if config is None and os.environ.get(CONFIG_VARIABLE):
        config = Path(os.environ[CONFIG_VARIABLE])
    from_file = read_yaml(config) if config else {}
    _parse(from_file, str(config))  # a mistake in the file is reported against the file
    if "tests" in given:  # before the merge, so that a given file also overrides the backend of the YAML
        given = {**given, "tests": with_backend(given["tests"])}
    return _parse(merge(from_file, given), source)


def _parse(given: Mapping[str, Any], source: str) -> Settings:
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        problem = error.errors()[0]
        where = [str(part) for part in problem["loc"]]
        if problem["type"] == "extra_forbidden":
            known = _keys_of_section(where[:-1])
            message = f"unknown setting {'.'.join(where)!r}; {suggestion(where[-1], known)}"
        elif problem["type"] == "value_error":  # said by one of these classes, which shows what may be shown
            message = f"{'.'.join(where)}: {problem['ctx']['error']}"
        else:
            message = f"{'.'.join(where)} is {problem['input']!r:.60}: {problem['msg'].lower()}"
        raise SettingsError(f"{source}: {message}") from error
    known = [*known_rules(), ALL_RULES]
    if settings.select not in known:
        raise SettingsError(f"{source}: select is {settings.select!r}; {suggestion(settings.select, known)}")
    return settings


def _keys_of_section(path: list[str]) -> list[str]:
    section: type[BaseModel] = Settings
    for key in path:
        annotation = section.model_fields[key].annotation
        assert isinstance(annotation, type) and issubclass(annotation, BaseModel)
        section = annotation
    return list(section.model_fields)
