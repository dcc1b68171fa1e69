"""Requests, parsed: the prompt and the sampling that they ask for, or a sentence on what cannot be served."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from coderm_eval.generation.models.base import Conversation, Prompt
from coderm_eval.hosts.server.protocol.errors import RequestError

__all__ = ["Asked", "Sampling", "parse_body", "parse_chat", "parse_completion"]

_ROLES = ("system", "developer", "user", "assistant")

_MOST_NESTED = 64
"""Lists and objects inside each other. No client needs ten, and hundreds are more than Python's recursion takes."""

_MESSAGES = 'a list such as [{"role": "user", "content": "..."}]'

_OWN = frozenset({"model", "messages", "prompt", "n", "stream", "stream_options"})
"""Fields that say what is asked, and not how it is sampled."""

_SAMPLING = frozenset({"temperature", "top_p", "max_tokens", "max_completion_tokens", "seed", "stop"})

_WITHOUT_EFFECT = frozenset(
    {
        *("user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key"),
        *("tools", "functions", "tool_choice", "function_call", "parallel_tool_calls"),  # none were named
        *("logprobs", "top_logprobs", "response_format", "modalities", "echo", "best_of"),  # with their defaults
    }
)
"""Fields that do not change an answer, with the values that are served."""

_DEFAULTS: Mapping[str, Any] = {"frequency_penalty": 0, "presence_penalty": 0, "logit_bias": {}, "suffix": ""}
"""Values that are the same as none: a request that names them has the answers of one that does not."""


@dataclass(frozen=True)
class Sampling:
    """How a request wants its answers to be drawn; None where it does not say."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    """Fields that this server does not know: they are the policy's business."""


@dataclass(frozen=True)
class Asked:
    """What a request asks for."""

    model: str | None
    prompt: Prompt
    """A text, also where a conversation is one message of a user; or the conversation."""
    completes: bool
    """Whether the prompt is a text to continue."""
    n: int = 1
    sampling: Sampling = field(default_factory=Sampling)
    stream: bool = False
    usage_in_stream: bool = False
    """Whether the last part of a stream says how many tokens there were."""

    @property
    def last_text(self) -> str:
        """The prompt, or the last message of a conversation."""
        return self.prompt if isinstance(self.prompt, str) else self.prompt[-1][1]


def parse_body(content: bytes) -> dict[str, Any]:
    """The JSON object of a request's body; raises RequestError."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RequestError(f"the request's body is not JSON ({error})") from None
    if _is_nested_deeper(body, _MOST_NESTED):
        raise RequestError(f"the request's body has more than {_MOST_NESTED} lists and objects inside each other")
    if not isinstance(body, dict):
        raise RequestError(f"the request's body is {json.dumps(body):.60}; expected a JSON object")
    try:
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        raise RequestError("the request holds half of a surrogate pair, which is no character") from None
    except ValueError:  # which Python reads, and which would reach the policy as what is no JSON
        raise RequestError("the request holds NaN, Infinity or a number as large, which JSON does not have") from None
    return body


def _is_nested_deeper(value: object, most: int) -> bool:
    level = [value]
    for _ in range(most + 1):
        held = [each.values() if isinstance(each, dict) else each for each in level if isinstance(each, (dict, list))]
        if not held:
            return False
        level = [inner for inners in held for inner in inners]
    return True


def parse_chat(body: Mapping[str, Any]) -> Asked:
    """A request for chat/completions; raises RequestError."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(each, dict) for each in messages):
        raise _malformed(body, "messages", _MESSAGES)
    conversation = tuple(_message(message, f"messages[{place}]") for place, message in enumerate(messages))
    return _parse(body, _simplest(conversation), completes=False)


def parse_completion(body: Mapping[str, Any]) -> Asked:
    """A request for completions; raises RequestError."""
    prompt = body.get("prompt")
    if isinstance(prompt, list) and len(prompt) == 1:  # lm-eval sends a batch of one
        [prompt] = prompt
    if not isinstance(prompt, str):
        raise _malformed(body, "prompt", "a text, or a list of one")
    return _parse(body, prompt, completes=True)


def _message(message: Mapping[str, Any], place: str) -> tuple[str, str]:
    if message.get("tool_calls") or message.get("function_call"):
        raise RequestError(f"{place} calls a tool: tools are not served", place)
    content = message.get("content")
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        content = "".join(_part(part, place) for part in content)
    if not isinstance(content, str):
        raise _malformed(message, "content", "a text, or a list of parts with texts", place)
    role = message.get("role")
    if role not in _ROLES:
        raise _malformed(message, "role", f"one of {', '.join(_ROLES)}", place)
    return str(role), content


def _part(part: Mapping[str, Any], place: str) -> str:
    kind = part.get("type", "text")
    if kind != "text":
        raise RequestError(f"{place}.content has a part of the type {json.dumps(kind):.60}: only text is served", place)
    if not isinstance(part.get("text"), str):
        raise _malformed(part, "text", "a text", f"{place}.content")
    return str(part["text"])


def _simplest(conversation: Conversation) -> Prompt:
    """A lone message of a user as its text, which is how `coderm-eval sample` asks."""
    if len(conversation) == 1 and conversation[0][0] == "user":
        return conversation[0][1]
    return conversation


def _parse(body: Mapping[str, Any], prompt: Prompt, *, completes: bool) -> Asked:
    _refuse_what_is_not_served(body)
    model, options = body.get("model"), body.get("stream_options") or {}
    if model is not None and not isinstance(model, str):
        raise _malformed(body, "model", "a name")
    if not isinstance(options, dict):
        raise _malformed(body, "stream_options", 'an object such as {"include_usage": true}')
    return Asked(
        model=model,
        prompt=prompt,
        completes=completes,
        n=_whole(body, "n", 1) or 1,
        sampling=_sampling(body),
        stream=_flag(body, "stream"),
        usage_in_stream=_flag(options, "include_usage"),
    )


def _refuse_what_is_not_served(body: Mapping[str, Any]) -> None:
    """Refuse what would change the answer's form, or would be ignored in silence."""
    for key in ("tools", "functions", "suffix", "audio"):
        if body.get(key):
            raise RequestError(f"{key} are given: only text is served; leave them out", key)
    for key in ("logprobs", "top_logprobs"):
        if body.get(key) is not None and body[key] is not False:  # 0 asks completions for those of the answer itself
            raise RequestError(f"{key} is {json.dumps(body[key]):.60}: probabilities are not served; leave it out", key)
    form = body.get("response_format") or {"type": "text"}
    if form != {"type": "text"}:
        raise _malformed(body, "response_format", '{"type": "text"}, or none')
    if (body.get("modalities") or ["text"]) != ["text"]:
        raise _malformed(body, "modalities", '["text"], or none')
    if body.get("echo"):
        raise _malformed(body, "echo", "false, or none")
    if body.get("best_of") not in (None, body.get("n") or 1):
        raise _malformed(body, "best_of", "n, or none: name how many answers are drawn where the server is started")


def _sampling(body: Mapping[str, Any]) -> Sampling:
    most = _whole(body, "max_completion_tokens", 1)
    rest = {key: value for key, value in body.items() if key not in _OWN | _SAMPLING | _WITHOUT_EFFECT}
    return Sampling(
        temperature=_number(body, "temperature", lambda value: 0 <= value <= sys.float_info.max, "a number from 0"),
        top_p=_number(body, "top_p", lambda value: 0 < value <= 1, "a number above 0, at most 1"),
        max_tokens=_whole(body, "max_tokens", 1) if most is None else most,
        seed=_whole(body, "seed", None),
        stop=_stop(body),
        more={key: value for key, value in rest.items() if value not in (None, _DEFAULTS.get(key))},
    )


def _stop(body: Mapping[str, Any]) -> tuple[str, ...] | None:
    stop = body.get("stop")
    stops = [stop] if isinstance(stop, str) else stop or []
    if not isinstance(stops, list) or not all(isinstance(each, str) for each in stops):
        raise _malformed(body, "stop", "a text or a list of texts")
    return tuple(filter(None, stops)) or None


def _whole(body: Mapping[str, Any], key: str, least: int | None) -> int | None:
    value = body.get(key)
    wrong = isinstance(value, bool) or not isinstance(value, int) or (least is not None and value < least)
    if value is not None and wrong:
        raise _malformed(body, key, "a whole number" + ("" if least is None else f" from {least}"))
    return value


def _number(body: Mapping[str, Any], key: str, fits: Callable[[float], bool], expected: str) -> float | None:
    value = body.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not fits(value):
        raise _malformed(body, key, expected)
    return float(value)  # 1 and 1.0 are one setting, and one key of the store


def _flag(body: Mapping[str, Any], key: str) -> bool:
    value = body.get(key)
    if value is not None and not isinstance(value, bool):
        raise _malformed(body, key, "true or false")
    return bool(value)


def _malformed(body: Mapping[str, Any], key: str, expected: str, place: str = "") -> RequestError:
    name = f"{place}.{key}" if place else key
    return RequestError(f"{name} is {json.dumps(body.get(key)):.60}; expected {expected}", name)
