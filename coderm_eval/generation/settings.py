"""Settings of stages 1 and 2: a language model and how it is sampled."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from coderm_eval.core.settings import Section

__all__ = ["Condition", "Extraction", "PolicySettings", "SamplingSettings", "TestSettings"]

AFTER_FUNCTION = ("\ndef ", "\nclass ", "\nif __name__", "\nprint(")
"""What follows a function: four texts, the most that OpenAI's API takes."""

Backend = Literal["openai", "vllm", "hf"]


def with_backend(tests: Any) -> Any:
    """The `tests` section, as given, with the backend that a file in it implies."""
    if isinstance(tests, Mapping) and tests.get("file") and "backend" not in tests:
        return {**tests, "backend": "file"}
    return tests


class SamplingSettings(Section):
    """A language model and how it is sampled; the defaults are the paper's (its Table 4 and config.json)."""

    renamed: ClassVar[Mapping[str, str]] = {"extra": "backend_args"}

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
    backend_args: dict[str, Any] = Field(default={})
    """Passed on as it is: to a server in the body of a request, to vLLM's LLM or transformers' from_pretrained as
    arguments."""
    timeout_s: float = Field(default=600, gt=0)
    """Wall seconds for one request."""
    retries: int = Field(default=10, ge=0)
    """Tries again after 429, 5xx, time-outs and connection errors, with exponential backoff."""
    concurrency: int = Field(default=64, ge=1)
    """Requests in flight."""

    @field_validator("backend_args")
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
    *("backend", "model", "api", "system_prompt", "temperature", "top_p", "max_tokens", "stop", "seed", "backend_args"),
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
    renamed: ClassVar[Mapping[str, str]] = {**SamplingSettings.renamed, "condition": "shown_candidate", "n": "num"}
    backend: Literal["openai", "vllm", "hf", "file"] = "openai"  # type: ignore[assignment]  # one more
    num: int | None = Field(default=None, ge=1)
    """Test samples per problem; by default 20 from a model, and all that a file holds."""
    file: Path | None = None
    shown_candidate: Condition = "first"
    """The candidate that a test prompt shows: the first that parses, as in the paper; another one for each
    sample, so that the errors of tests have less in common; or none."""

    @model_validator(mode="before")
    @classmethod
    def _a_file_means_the_file_backend(cls, given: Any) -> Any:
        return with_backend(given)


Extraction = Literal["default", "paper"]

Condition = Literal["first", "rotate", "none"]
