"""Hidden states from a server that gives the last token's as an embedding, as `vllm serve --runner pooling` does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import aclosing
from typing import Any

import aiohttp
import numpy as np

from coderm_eval.generation.models.api_client import ApiClient
from coderm_eval.generation.models.base import SampleRequest
from coderm_eval.generation.models.chat import messages, text
from coderm_eval.generation.models.concurrency import SharedLoop, map_concurrently
from coderm_eval.generation.probe.tensors import Tensor
from coderm_eval.generation.settings import SamplingSettings

__all__ = ["EmbeddingServer"]


class EmbeddingServer:
    """Requests the embeddings of prompts, with the retries of `OpenAIServer`.

    Raises:
        SettingsError: `settings` lack the model or the server's address.
    """

    def __init__(self, settings: SamplingSettings) -> None:
        self._settings = settings
        self._client = ApiClient(settings)

    @property
    def full_name(self) -> str:
        """The model's name, as the server knows it."""
        return str(self._settings.model)

    def states(self, requests: Iterable[SampleRequest]) -> Iterator[tuple[str, Tensor]]:
        """Yield (task id, embedding of the prompt, of shape (width,)), in any order.

        Raises:
            ServerError: the server does not answer, or has no embeddings.
        """
        remaining = iter(requests)
        return SharedLoop(self._client.session).iterate(lambda session: self._states(session, remaining))

    async def _states(
        self, session: aiohttp.ClientSession, requests: Iterator[SampleRequest]
    ) -> AsyncIterator[tuple[str, Tensor]]:
        async with aclosing(
            map_concurrently(
                take=lambda: next(requests, None),
                call=lambda request: self._embed(session, request),
                limit=self._settings.concurrency,
            )
        ) as finished:
            async for request, task in finished:
                yield request.task_id, task.result()

    async def _embed(self, session: aiohttp.ClientSession, request: SampleRequest) -> Tensor:
        reply = await self._client.post(session, request.task_id, "embeddings", self._body(request))
        if reply.status != 200:
            raise await self._client.refusal(
                session, request.task_id, reply, _NO_EMBEDDINGS.format(self._settings.model)
            )
        try:
            return _parse_embedding(json.loads(reply.text))
        except (ValueError, LookupError, TypeError) as error:
            what = f"gave no embedding: {self._client.quote(reply.text)!r}"
            raise self._client.error(request.task_id, what) from error

    def _body(self, request: SampleRequest) -> dict[str, Any]:
        s = self._settings
        if s.api == "chat":
            prompt = {"messages": messages(s, request.prompt), "add_generation_prompt": True}
        else:
            prompt = {"input": text(s, request.prompt)}
        return {"model": s.model, **prompt, "encoding_format": "float", **s.backend_args}


_NO_EMBEDDINGS = "if it only writes answers, serve the model by `vllm serve {} --runner pooling --convert embed`"


def _parse_embedding(reply: dict[str, Any]) -> Tensor:
    """The embedding in a reply; raises ValueError, LookupError or TypeError if the reply does not follow the API."""
    (row,) = reply["data"]
    embedding: Tensor = np.asarray(row["embedding"], dtype=np.float32)
    if embedding.ndim != 1 or not embedding.size:
        raise ValueError("not a list of numbers")
    return embedding
