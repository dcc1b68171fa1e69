"""Settings of stages 1 and 2: a language model, how it is sampled, and where unit tests come from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, TypeAdapter, field_validator, model_validator

from coderm_eval.core.choices import Api, Backend, ShownCandidate
from coderm_eval.core.settings import Section

__all__ = [
    "Extraction",
    "PolicySettings",
    "SamplingSettings",
    "TestPrompt",
    "TestSettings",
    "Votes",
    "with_backend",
]

Extraction = Literal["default", "paper"]

TestPrompt = Literal["paper", "example", "asserts"]

Votes = Literal["class", "method"]

_SECRET_ARGS = ("token", "api_key", "Authorization")


class SamplingSettings(Section):
    """A language model and how it is sampled; the defaults are the paper's (its Table 4 and config.json)."""

    renamed: ClassVar[Mapping[str, str]] = {"extra": "backend_args"}

    section: ClassVar[str]
    """The key under which these settings stand, for messages."""

    backend: Backend = "openai"
    """`openai`: a server with OpenAI's API; `vllm`, `hf`: a model in this process."""
    model: str | None = None
    """Model name on the server or the Hugging Face Hub, or a local folder."""
    base_url: str | None = None
    """Root of an OpenAI-compatible server, such as http://127.0.0.1:8001/v1. Several servers of the same model, which
    share the requests: a list, or one text with commas."""
    api: Api = "chat"
    """`chat`: the prompt is a user's message; `completions`: a text to continue, as for a base model."""
    system_prompt: str | None = None
    """A system message before the prompt."""
    temperature: float = Field(default=0.8, ge=0)
    """Sampling temperature; 0 makes all samples of a prompt equal."""
    top_p: float = Field(default=0.95, gt=0, le=1)
    """Share of the probability mass that tokens are drawn from."""
    max_tokens: int = Field(default=2048, ge=1)
    """Most tokens of one answer."""
    stop: tuple[str, ...] = ()
    """Texts before which an answer ends."""
    seed: int = Field(default=0, ge=0)
    """Sample i is drawn with seed + i."""
    backend_args: dict[str, Any] = Field(default={})
    """Arguments passed on as they are: in the body of a request to a server, or to vLLM's `LLM` or transformers'
    `from_pretrained`."""
    timeout_s: float = Field(default=600, gt=0)
    """Wall seconds for one request."""
    retries: int = Field(default=10, ge=0)
    """Retries of a request after 429, 5xx, a time-out or a connection error, with exponential backoff."""
    concurrency: int = Field(default=64, ge=1)
    """Most requests that are under way at once, at each server."""
    batch_size: int = Field(default=32, ge=1)
    """Sequences that `hf` generates at a time, of any prompts; halved where the memory is too small for them."""

    @field_validator("base_url", mode="before")
    @classmethod
    def _join_addresses(cls, base_url: Any) -> Any:
        return ",".join(map(str, base_url)) if isinstance(base_url, (list, tuple)) else base_url

    @field_validator("backend_args")
    @classmethod
    def _refuse_secrets(cls, backend_args: dict[str, Any]) -> dict[str, Any]:
        """The arguments, which are stored with every answer."""
        secret = next((key for key in backend_args if key in _SECRET_ARGS), None)
        if secret:
            raise ValueError(f"{secret!r} would be stored: give keys in the variables HF_TOKEN and OPENAI_API_KEY")
        return backend_args

    @property
    def base_urls(self) -> tuple[str, ...]:
        """The addresses of all servers."""
        return tuple(filter(None, (address.strip() for address in (self.base_url or "").split(","))))

    def identity(self) -> str:
        """Everything about the model and its sampling that affects an answer, as one string.

        It is part of the keys of stored answers. Its own names stay as they are, whatever a setting is renamed to.
        """
        return TypeAdapter(dict[str, Any]).dump_json(self._affecting_answers()).decode()

    def _affecting_answers(self) -> dict[str, Any]:
        affecting = {
            "backend": self.backend,
            "model": self.model,
            "api": self.api,
            "system_prompt": self.system_prompt,
            "temperature": self.temperature,
            "top_p": self.top_p,
            "max_tokens": self.max_tokens,
            "stop": self.stop,
            "seed": self.seed,
            "extra": self.backend_args,
        }
        if self.backend == "hf":  # what is computed together changes the last bits
            affecting["batch_size"] = self.batch_size
        return affecting


class PolicySettings(SamplingSettings):
    """The model whose answers are the candidates, where `coderm-eval sample` samples them.

    With `api: completions` and no `stop`, an answer ends at the stop texts of the benchmark.
    """

    section: ClassVar[str] = "policy"

    settled: float | None = Field(default=None, gt=0.5, lt=1)
    """Draw no more candidates of a problem once its most frequent behaviour is ahead of the next with this probability,
    such as 0.95; `n` is the most then. Behaviours are answers to 30 probing inputs, made from the calls that the
    statement shows. `coderm-eval rerank` draws from its samples likewise; other hosts sample by themselves, and do not
    look at this."""


def with_backend(tests: Any) -> Any:
    """The `tests` section, as given, with the backend that a file in it implies."""
    if isinstance(tests, Mapping) and tests.get("file") and "backend" not in tests:
        return {**tests, "backend": "file"}
    return tests


class TestSettings(SamplingSettings):
    """The source of unit tests: a model, a file, or none."""

    section: ClassVar[str] = "tests"
    renamed: ClassVar[Mapping[str, str]] = {**SamplingSettings.renamed, "condition": "shown_candidate", "n": "num"}

    backend: Literal["openai", "vllm", "hf", "file", "none"] = "openai"  # type: ignore[assignment]  # two more
    """`openai`: a server with OpenAI's API; `vllm`, `hf`: a model in this process; `file`: recorded tests; `none`: no
    tests, so that candidates are picked by what they answer to `probe_inputs`."""
    num: int | None = Field(default=None, ge=1)
    """Test samples per problem; by default 20 from a model, and all that a file holds."""
    file: Path | None = None
    """Recorded tests, as {"task_id", "test"} lines."""
    shown_candidate: ShownCandidate = "first"
    """The candidate that a test prompt shows. `first`: the first that parses, as in the paper; `rotate`: another one
    for each sample, so that the tests' errors have less in common; `none`: no candidate."""
    prompt: TestPrompt = "paper"
    """The words that ask for tests. `paper`: those of the CodeRM paper, which CodeRM-8B was trained on; `example`: they
    show a function with a class of tests; `asserts`: they ask for plain asserts, each of which votes on its own. The
    last two are for models that answer the first without tests, as small ones do."""
    votes: Votes = "class"
    """What one vote is. `class`: all test methods of a test sample, which passes if all of them do; `method`: each test
    method. Test samples are counted as before: by `num` and by budgets."""

    @property
    def written(self) -> bool:
        """Whether a model writes the tests."""
        return self.backend not in ("file", "none")

    def _affecting_answers(self) -> dict[str, Any]:
        affecting = super()._affecting_answers()
        return affecting if self.prompt == "paper" else {**affecting, "prompt": self.prompt}

    @model_validator(mode="before")
    @classmethod
    def _infer_backend(cls, given: Any) -> Any:
        return with_backend(given)
