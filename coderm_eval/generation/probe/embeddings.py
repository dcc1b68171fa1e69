"""Hidden states from a server that gives the last token's as an embedding, as `vllm serve --runner pooling` does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import aclosing
from typing import Any

import numpy as np

from coderm_eval.generation.models.base import SampleRequest
from coderm_eval.generation.models.chat import messages, text
from coderm_eval.generation.models.concurrency import map_concurrently
from coderm_eval.generation.models.connections import Connections
from coderm_eval.generation.models.servers import Elsewhere, Server, Servers
from coderm_eval.generation.probe.tensors import Tensor
from coderm_eval.generation.settings import SamplingSettings

__all__ = ["EmbeddingServer"]


class EmbeddingServer:
    """Requests the embeddings of prompts, with the retries of `OpenAIServer`.

    Raises:
        SettingsError: `settings` lack the model or a server's address.
    """

    def __init__(self, settings: SamplingSettings) -> None:
        self._settings = settings
        self._connections = Connections(settings)

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
        return self._connections.loop.iterate(lambda servers: self._states(servers, remaining))

    async def _states(self, servers: Servers, requests: Iterator[SampleRequest]) -> AsyncIterator[tuple[str, Tensor]]:
        async def embed(request: SampleRequest) -> Tensor:
            return await servers.ask(request.task_id, lambda server, elsewhere: self._embed(server, request, elsewhere))

        async with aclosing(
            map_concurrently(
                take=lambda: next(requests, None),
                call=embed,
                limit=self._connections.limit,
            )
        ) as finished:
            async for request, task in finished:
                yield request.task_id, task.result()

    async def _embed(self, server: Server, request: SampleRequest, elsewhere: Elsewhere) -> Tensor:
        reply = await server.post(request.task_id, "embeddings", self._body(request), elsewhere)
        if reply.status != 200:
            raise await server.client.refusal(
                server.session, request.task_id, reply, _NO_EMBEDDINGS.format(self._settings.model)
            )
        try:
            return _parse_embedding(json.loads(reply.text))
        except (ValueError, LookupError, TypeError) as error:
            what = f"gave no embedding: {server.client.quote(reply.text)!r}"
            raise server.client.error(request.task_id, what) from error

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
