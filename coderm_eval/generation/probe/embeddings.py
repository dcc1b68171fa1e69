"""Hidden states from a server that gives the last token's as an embedding, as `vllm serve --runner pooling` does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import aclosing
from typing import Any

import aiohttp
import numpy as np
from yarl import URL

from coderm_eval.core.errors import ServerError
from coderm_eval.generation.models.base import SampleRequest
from coderm_eval.generation.models.chat import messages, text
from coderm_eval.generation.models.concurrency import iterate_in_thread, map_concurrently
from coderm_eval.generation.models.openai_server import OpenAIServer
from coderm_eval.generation.probe.tensors import Tensor

__all__ = ["PooledStates"]


class PooledStates(OpenAIServer):
    """Asks the same server, with the same patience, for embeddings of prompts instead of answers to them."""

    @property
    def full_name(self) -> str:
        """The model's name, as the server knows it."""
        return str(self._settings.model)

    def states(self, questions: Iterable[SampleRequest]) -> Iterator[tuple[str, Tensor]]:
        """(task id, embedding of the prompt, of shape (width,)), in any order.

        Raises:
            ServerError: a server that does not answer, or has no embeddings.
        """
        return iterate_in_thread(self._states(iter(questions)))

    async def _states(self, questions: Iterator[SampleRequest]) -> AsyncIterator[tuple[str, Tensor]]:
        async with (
            self._session() as session,
            aclosing(
                map_concurrently(
                    take=lambda: next(questions, None),
                    ask=lambda question: self._patiently(self._embed, session, question),
                    most=self._settings.concurrency,
                )
            ) as finished,
        ):
            async for question, task in finished:
                yield question.task_id, task.result()

    async def _embed(self, session: aiohttp.ClientSession, question: SampleRequest) -> Tensor:
        status, said = await self._post(session, "embeddings", self._input(question))
        if status != 200:
            hint = await self._hint(session, status) or _SERVES_NONE.format(self._settings.model)
            raise self._error(question, f"answered {status}: {self._shown(said)}{hint}")
        try:
            return _read(json.loads(said))
        except (ValueError, LookupError, TypeError) as error:
            raise self._error(question, f"gave no embedding: {self._shown(said)!r}") from error

    def _input(self, question: SampleRequest) -> dict[str, Any]:
        s = self._settings
        if s.api == "chat":
            prompt = {"messages": messages(s, question.prompt), "add_generation_prompt": True}
        else:
            prompt = {"input": text(s, question.prompt)}
        return {"model": s.model, **prompt, "encoding_format": "float", **s.backend_args}

    def _error(self, question: SampleRequest, what: str) -> ServerError:
        return ServerError(f"{question.task_id}: the server at {URL(self._url).with_user(None)} {what}")


_SERVES_NONE = "; if it only writes answers, serve the model by `vllm serve {} --runner pooling --convert embed`"


def _read(reply: dict[str, Any]) -> Tensor:
    """Raises ValueError, LookupError or TypeError if it is no reply of this API."""
    (row,) = reply["data"]
    embedding: Tensor = np.asarray(row["embedding"], dtype=np.float32)
    if embedding.ndim != 1 or not embedding.size:
        raise ValueError("no list of numbers")
    return embedding
