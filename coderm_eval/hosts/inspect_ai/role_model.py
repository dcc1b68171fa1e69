"""One of inspect's models as the model that writes tests, so that inspect's log accounts for its tokens."""

from __future__ import annotations

import contextvars
from collections.abc import Iterable, Iterator
from functools import partial

import anyio.from_thread
from anyio.lowlevel import EventLoopToken, current_token
from inspect_ai.model import ChatMessageUser, GenerateConfig, Model

from coderm_eval.core.errors import ServerError
from coderm_eval.core.messages import single_line
from coderm_eval.generation.models.base import Completion, SampleRequest, texts_of
from coderm_eval.generation.settings import TestSettings
from coderm_eval.hosts.inspect_ai.drawing import Drawn, draw

__all__ = ["RoleModel", "as_settings"]


def as_settings(model: Model, tests: TestSettings) -> TestSettings:
    """The settings that describe what the role writes: what is configured for the role itself comes first."""
    own = {
        "temperature": model.config.temperature,
        "top_p": model.config.top_p,
        "max_tokens": model.config.max_tokens,
        "seed": model.config.seed,
    }
    return tests.model_copy(update={"model": str(model), **{k: v for k, v in own.items() if v is not None}})


class RoleModel:
    """Is made on inspect's event loop, and sampled in any thread while that runs.

    Args:
        tests: what `as_settings` gives.
    """

    def __init__(self, model: Model, tests: TestSettings) -> None:
        self._model = model
        self._tests = tests
        self._context = contextvars.copy_context()  # by which inspect knows the sample, whose log the calls are in
        self._loop: EventLoopToken = current_token()

    def sample(self, requests: Iterable[SampleRequest]) -> Iterator[list[Completion]]:
        """As `Model.sample`."""
        for request in requests:
            ask = partial(anyio.from_thread.run, partial(self._draw, request), token=self._loop)
            try:
                drawn: Drawn = self._context.copy().run(ask)
            except Exception as error:
                raise ServerError(
                    f"{self._model}, which writes the tests, failed: {single_line(error):.500}"
                ) from error
            yield self._completions(request, drawn)

    async def _draw(self, request: SampleRequest) -> Drawn:
        tests = self._tests
        config = GenerateConfig(temperature=tests.temperature, top_p=tests.top_p, max_tokens=tests.max_tokens)
        messages = [ChatMessageUser(content="\n".join(texts_of(request.prompt)))]
        return await draw(self._model, messages, request.samples, seed=tests.seed, config=config)

    def _completions(self, request: SampleRequest, drawn: Drawn) -> list[Completion]:
        """One for each sample; what a request cost is counted with its first."""
        each = drawn.usage.output_tokens // max(1, len(drawn.choices))
        return [
            Completion(
                request.task_id,
                sample,
                choice.message.text,
                "length" if choice.stop_reason == "max_tokens" else choice.stop_reason,
                each if number else drawn.usage.output_tokens - each * (len(drawn.choices) - 1),
                0 if number else drawn.usage.input_tokens,
                0.0 if number else drawn.seconds,
                drawn.model,
            )
            for number, (sample, choice) in enumerate(zip(request.samples, drawn.choices, strict=True))
        ]
