"""The web application: a model's name says by which rule its answers are ordered."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial

from aiohttp import web

from coderm_eval.core.errors import CodermError, NotServedError, ServerError
from coderm_eval.core.messages import quoted
from coderm_eval.generation.models.base import Prompt
from coderm_eval.generation.settings import PolicySettings
from coderm_eval.hosts.server.protocol.app import openai_app
from coderm_eval.hosts.server.protocol.errors import RequestError, UnavailableError, UnknownModelError
from coderm_eval.hosts.server.protocol.replies import Reply
from coderm_eval.hosts.server.protocol.requests import Asked
from coderm_eval.hosts.server.serve.desk import Desk
from coderm_eval.hosts.server.serve.ranking import FIRST, Ranked
from coderm_eval.hosts.server.serve.replies import reply_of
from coderm_eval.hosts.server.serve.sampling import sampling_of

__all__ = ["ServedRules", "serve_app"]

log = logging.getLogger(__name__)

_AGAIN_S = 10
"""Seconds after which a client may try again where a model did not answer: it was waited for already."""

_MOST_SAID = 100
"""Different notices that are printed: clients can make up any number."""

AnswerPrompt = Callable[[Prompt, PolicySettings], Ranked]
"""Draws and ranks the answers to a prompt, as `BestOfN.answer` does."""


class ServedRules(dict[str, str]):
    """The rule that orders the answers, by the names of the models that are served.

    Args:
        policy: the name of the model behind this one.
        rule: the configured one.
        tests: whether there are tests, without which a majority of them says nothing.
    """

    def __init__(self, policy: str, rule: str, *, tests: bool) -> None:
        super().__init__({policy: rule, f"{policy}@first": FIRST})
        if tests:
            self[f"{policy}@majority"] = "majority"

    def of(self, model: str | None) -> tuple[str, str]:
        """The name and the rule of the model that is asked for; by default the first one."""
        name = next(iter(self)) if model is None else model
        if name not in self:
            served = ", ".join(self)
            raise UnknownModelError(
                f"no model is named {quoted(name)}; served are {served}", "model", "model_not_found"
            )
        return name, self[name]


def serve_app(
    answer: AnswerPrompt,
    policy: PolicySettings,
    rules: ServedRules,
    *,
    n: int,
    concurrency: int,
    queue: int,
    api_key: str | None = None,
) -> web.Application:
    """A web application that answers requests with the best of n answers.

    Args:
        policy: how answers are drawn where a request does not say.
        concurrency: most requests that are worked on at a time.
        queue: most requests that wait for that.
        api_key: what clients have to give.
    """
    said: set[str] = set()
    desk: Desk[Ranked] = Desk(concurrency, queue)

    async def best(asked: Asked) -> Reply:
        name, rule = rules.of(asked.model)
        if asked.n > n:
            raise RequestError(f"n is {asked.n}; expected at most {n}, as that many answers are drawn", "n")
        sampling, notices = sampling_of(asked, policy, n)
        _say_once(notices, said)
        work = partial(answer, asked.prompt, sampling)
        try:
            ranked = await desk.get((sampling.identity(), asked.prompt), work)
        except NotServedError as error:
            raise UnknownModelError(error.fault, code="model_not_found") from error
        except ServerError as error:
            raise UnavailableError(error.fault, _AGAIN_S) from error
        except CodermError as error:
            raise UnavailableError(str(error), _AGAIN_S) from error
        return reply_of(ranked, name, rule, asked.n, notices)

    return openai_app(list(rules), best, api_key=api_key)


def _say_once(notices: Sequence[str], said: set[str]) -> None:
    for notice in notices:
        if notice not in said and len(said) < _MOST_SAID:
            said.add(notice)
            log.warning("%s", notice)
