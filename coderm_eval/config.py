"""Settings: the same keys in a YAML file, in lm-eval's `--metadata`, and behind the command line's flags."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from coderm_eval.errors import SettingsError, nearest, one_line
from coderm_eval.generation.conditioning import Condition
from coderm_eval.generation.extraction import Extraction
from coderm_eval.selection import ALL_RULES, rules

__all__ = [
    "CONFIG_VARIABLE",
    "ExecutionSettings",
    "Grader",
    "LiveCodeBenchSettings",
    "PolicySettings",
    "SamplingSettings",
    "Settings",
    "TestSettings",
    "load_settings",
]

CONFIG_VARIABLE = "CODERM_CONFIG"
"""Environment variable that names a YAML file of settings, for hosts without a --config flag."""


AFTER_FUNCTION = ("\ndef ", "\nclass ", "\nif __name__", "\nprint(")
"""What follows a function: four texts, the most that OpenAI's API takes."""


Backend = Literal["openai", "vllm", "hf"]
Policy = Literal["sequential", "uniform", "greedy"]
Grader = Literal["fixed", "official"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=(), allow_inf_nan=False)


def _with_backend(tests: Any) -> Any:
    """The `tests` section, as given, with the backend that a file in it implies."""
    if isinstance(tests, Mapping) and tests.get("file") and "backend" not in tests:
        return {**tests, "backend": "file"}
    return tests


class SamplingSettings(_Section):
    """A language model and how it is sampled; the defaults are the paper's (its Table 4 and config.json)."""

    backend: Backend = "openai"
    """openai: a server with OpenAI's API; vllm, hf: a model in this process."""
    model: str | None = None
    base_url: str | None = None
    """Root of an OpenAI-compatible server, e.g. http://127.0.0.1:8001/v1."""
    api: Literal["chat", "completions"] = "chat"
    """completions: the prompt is a text to go on from, as for a base model."""
    system_prompt: str | None = None
    temperature: float = Field(default=0.8, ge=0)
    top_p: float = Field(default=0.95, gt=0, le=1)
    max_tokens: int = Field(default=2048, ge=1)
    stop: tuple[str, ...] = ()
    """Texts before which an answer ends."""
    seed: int = Field(default=0, ge=0)
    """Sample i is drawn with seed + i."""
    extra: dict[str, Any] = {}
    """Passed on as it is: to a server in the body of a request, to vLLM's LLM or transformers' from_pretrained as
    arguments."""
    timeout_s: float = Field(default=600, gt=0)
    """Wall seconds for one request."""
    retries: int = Field(default=10, ge=0)
    """Tries again after 429, 5xx, time-outs and connection errors, with exponential backoff."""
    concurrency: int = Field(default=64, ge=1)
    """Requests in flight."""

    @field_validator("extra")
    @classmethod
    def _keys_stay_in_the_environment(cls, extra: dict[str, Any]) -> dict[str, Any]:
        """What is in `extra` is stored with every answer."""
        secret = next((key for key in extra if key in ("token", "api_key", "Authorization")), None)
        if secret:
            raise ValueError(f"{secret!r} would be stored: give keys in the variables HF_TOKEN and OPENAI_API_KEY")
        return extra

    section: ClassVar[str]
    """Where these settings stand, for messages about them."""

    def identity(self) -> str:
        """Everything about the model and its sampling that affects an answer, as one string."""
        return self.model_dump_json(include=_AFFECT_ANSWERS)


_AFFECT_ANSWERS = {
    *("backend", "model", "api", "system_prompt", "temperature", "top_p", "max_tokens", "stop", "seed", "extra"),
}


class PolicySettings(SamplingSettings):
    """The model whose answers are the candidates, where `coderm-eval solutions` samples them.

    With `api: completions` an answer ends, by default, where something follows the function.
    """

    section: ClassVar[str] = "policy"

    @model_validator(mode="before")
    @classmethod
    def _a_function_ends_before_the_next(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and given.get("api") == "completions" and "stop" not in given:
            return {**given, "stop": AFTER_FUNCTION}
        return given


class TestSettings(SamplingSettings):
    """Where unit tests come from."""

    section: ClassVar[str] = "tests"
    backend: Literal["openai", "vllm", "hf", "file"] = "openai"  # type: ignore[assignment]  # one more
    num: int | None = Field(default=None, ge=1)
    """Test samples per problem; by default 20 from a model, and all that a file holds."""
    file: Path | None = None
    condition: Condition = "first"
    """The candidate that a test prompt shows: the first that parses, as in the paper; another one for each
    sample, so that the errors of tests have less in common; or none."""

    @model_validator(mode="before")
    @classmethod
    def _a_file_means_the_file_backend(cls, given: Any) -> Any:
        return _with_backend(given)


class BudgetSettings(_Section):
    """How many test samples each problem gets."""

    policy: Policy = "sequential"
    """sequential: in rounds, where verdicts so far say that picks may change; uniform: all the same; greedy: the
    paper's dynamic allocation, by pass rates."""
    average: int | None = Field(default=None, ge=1)
    """Per problem over the whole benchmark; by default tests.num, or as many as a file has lines for one problem."""
    min: int = Field(default=1, ge=0)
    max: int | None = Field(default=None, ge=1)
    """Per problem; by default four times the average. A problem cannot get more than a file holds."""
    risk: float = Field(default=0.03, ge=0, le=1)
    """With `sequential`: the run stops before the total is spent once no more than this share of the problems is
    expected to get another pick from `max` tests each."""
    rates: Literal["agreement", "oracle"] | Path = "agreement"
    """agreement: how alike candidates behave on the first `min` tests; oracle: the grades, which nobody has in
    earnest; or a file of {"task_id", "rate"} lines."""

    @model_validator(mode="after")
    def _limits_leave_room(self) -> BudgetSettings:
        if self.average is not None and self.average < self.min:
            raise ValueError(f"average is {self.average}, less than min, {self.min}: raise it, or lower budget.min")
        if self.max is not None and self.max < self.min:
            raise ValueError(f"max is {self.max}, less than min, {self.min}: raise it, or lower budget.min")
        return self


class ExecutionSettings(_Section):
    """Limits of one execution of one unit test."""

    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    timeout_s: float = Field(default=1.0, gt=0)
    """CPU seconds of a program in one test; the wall limit is twice that, as in the paper."""
    memory_mb: int = Field(default=1024, ge=64)
    output_mb: int = Field(default=8, ge=1, le=256)
    """What a program may answer with, in one process; what it prints is thrown away."""
    isolation: Literal["auto", "namespaces", "rlimits", "require"] = "auto"
    """auto: the best that the host grants; require: all of it, or the run is refused."""
    allow_not_run: bool = False
    """Whether a run may end well although something could not be run."""


def _iso(given: Any) -> Any:
    """A date as YAML reads it, as text."""
    return given.isoformat() if isinstance(given, datetime.date) else given


class LiveCodeBenchSettings(_Section):
    """Which problems of LiveCodeBench, and how they are put and graded.

    With none of release, dates, platform and kind: the paper's 168, `PAPER_SLICE`. With any of them: all that match.
    """

    release: str | None = None
    """release_v1 ... release_v6, release_latest (the default), v1 ... v6 or a range such as v4_v6."""
    start_date: str | None = None
    end_date: str | None = None
    """First and last contest date; a bare date is its midnight."""
    _iso_dates = field_validator("start_date", "end_date", mode="before")(_iso)
    platform: Literal["leetcode", "atcoder", "codeforces"] | None = None
    kind: Literal["functional", "stdin", "both"] = "both"
    timeout_s: float = Field(default=6.0, gt=0)
    """CPU seconds of a program for one of the benchmark's own tests."""
    grader: Grader = "fixed"
    """How programs that read standard input are run for their grade: as processes, or as the official grader does it,
    which fails a dozen kinds of right ones. Methods are graded by the official rules in any case."""
    function_format: Literal["default", "paper"] = "default"
    """How tests reach a method: in its class, of which each call gets a fresh one; or as the paper's authors turned
    it into a function, which breaks methods that call others."""

    @model_validator(mode="before")
    @classmethod
    def _nothing_chosen_is_the_papers_choice(cls, given: Any) -> Any:
        nothing = isinstance(given, Mapping) and not _CHOICES & {key for key in given if given[key] is not None}
        return {**PAPER_SLICE, **given} if nothing else given


_CHOICES = frozenset({"release", "start_date", "end_date", "platform", "kind"})

PAPER_SLICE: Mapping[str, Any] = {
    "release": "release_v5",
    "start_date": "2024-01-01",
    "end_date": "2024-10-05T19:30:00",
    "platform": "leetcode",
    "kind": "functional",
}
"""Exactly the 168 problems of the paper's own input files; their rule is not published, and this one was found by
comparing them with the 880 of release_v5."""


class EvalPlusSettings(_Section):
    """Which of EvalPlus's tests, and its limits: the flags of `evalplus.evaluate`, with their meanings there."""

    mini: bool = False
    noextreme: bool = False
    version: str = "default"
    """Of the dataset, as in v0.1.10."""
    base_only: bool = False
    """Leave the extra tests out."""
    min_time_limit: float | None = Field(default=None, gt=0)
    """Seconds that a program has for an input at the least; by default as the installed EvalPlus has it ..."""
    gt_time_limit_factor: float | None = Field(default=None, gt=0)
    """... and in times of what the reference solution took; likewise."""

    @model_validator(mode="after")
    def _one_selection_of_tests(self) -> EvalPlusSettings:
        if self.mini and self.noextreme:
            raise ValueError("mini and noextreme exclude each other; give one of them")
        return self


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


class Settings(_Section):
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
        return _merge(PAPER, given) if isinstance(given, Mapping) and given.get("preset") == "paper" else given

    @model_validator(mode="before")
    @classmethod
    def _a_curve_needs_all_tests(cls, given: Any) -> Any:
        wanted = isinstance(given, Mapping) and given.get("curve")
        return _merge(given, {"budget": {"policy": "uniform"}}) if wanted else given

    @property
    def rule(self) -> str:
        """The rule whose pick counts."""
        return DEFAULT_RULE if self.select == ALL_RULES else self.select

    @property
    def compared(self) -> tuple[str, ...]:
        """All rules to apply, in alphabetical order."""
        return tuple(sorted(rules() if self.select == ALL_RULES else {"majority", self.select}))


def load_settings(given: Mapping[str, Any], *, source: str, config: Path | None = None) -> Settings:
    """Settings from defaults, then the YAML file `config` (or the one named by CODERM_CONFIG), then `given`.

    Raises:
        SettingsError: an unknown key (with the nearest known one), a bad value, or a file that is no mapping.
    """
    if config is None and os.environ.get(CONFIG_VARIABLE):
        config = Path(os.environ[CONFIG_VARIABLE])
    from_file = _read_yaml(config) if config else {}
    _parse(from_file, str(config))  # a mistake in the file is reported against the file
    if "tests" in given:  # before the merge, so that a given file also overrides the backend of the YAML
        given = {**given, "tests": _with_backend(given["tests"])}
    return _parse(_merge(from_file, given), source)


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise SettingsError(f"{path}: not a readable YAML file ({one_line(error)})") from error
    if not isinstance(content, dict):
        raise SettingsError(f"{path}: expected settings such as `n: 20`, found {content!r:.60}")
    return content


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = _merge(old, value) if both else value  # type: ignore[arg-type]  # both are mappings
    return merged


def _parse(given: Mapping[str, Any], source: str) -> Settings:
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        problem = error.errors()[0]
        where = [str(part) for part in problem["loc"]]
        if problem["type"] == "extra_forbidden":
            known = _keys_of_section(where[:-1])
            message = f"unknown setting {'.'.join(where)!r}; {nearest(where[-1], known)}"
        elif problem["type"] == "value_error":  # said by one of these classes, which shows what may be shown
            message = f"{'.'.join(where)}: {problem['ctx']['error']}"
        else:
            message = f"{'.'.join(where)} is {problem['input']!r:.60}: {problem['msg'].lower()}"
        raise SettingsError(f"{source}: {message}") from error
    known = [*rules(), ALL_RULES]
    if settings.select not in known:
        raise SettingsError(f"{source}: select is {settings.select!r}; {nearest(settings.select, known)}")
    return settings


def _keys_of_section(path: list[str]) -> list[str]:
    section: type[BaseModel] = Settings
    for key in path:
        annotation = section.model_fields[key].annotation
        assert isinstance(annotation, type) and issubclass(annotation, BaseModel)
        section = annotation
    return list(section.model_fields)
