"""How a request's answers are drawn: as the request says, where the operator has not fixed it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coderm_eval.core.errors import SettingsError
from coderm_eval.core.settings import parse_section
from coderm_eval.generation.settings import PolicySettings
from coderm_eval.hosts.server.protocol.errors import RequestError
from coderm_eval.hosts.server.protocol.requests import Asked

__all__ = ["sampling_of"]


def sampling_of(asked: Asked, policy: PolicySettings, n: int) -> tuple[PolicySettings, Sequence[str]]:
    """The settings that the request's answers are drawn with, and what the client is to know of them.

    Args:
        policy: the operator's settings: those that were given are fixed, and the others are what a request that says
            nothing gets.
        n: how many answers are drawn.

    Raises:
        RequestError: the request cannot be sampled so.
    """
    wanted, notices = _wanted(asked), []
    if n > 1 and wanted.get("temperature") == 0 and "temperature" not in policy.model_fields_set:
        wanted = {key: value for key, value in wanted.items() if key not in ("temperature", "top_p")}
        notices.append(
            f"temperature is 0, with which all {n} candidates would be equal: they are drawn with temperature "
            f"{policy.temperature:g} and top_p {policy.top_p:g}"
        )
    _require_api(asked, policy)
    changed: dict[str, Any] = {"api": "completions" if asked.completes else "chat"}
    for key, value in wanted.items():
        if key not in policy.model_fields_set:
            changed[key] = value
        elif getattr(policy, key) != value:
            notices.append(f"{key} is {value!r:.60} in the request, and {getattr(policy, key)!r:.60} on this server")
    args, more = policy.backend_args, asked.sampling.more
    notices += [f"{key} is fixed on this server" for key in more if key in args and args[key] != more[key]]
    changed["backend_args"] = {**more, **args}
    try:
        sampling = parse_section(PolicySettings, {**policy.model_dump(), **changed}, "the request")
    except SettingsError as error:
        raise RequestError(str(error)) from error
    # Answer i is drawn with seed + i: else all answers of seed 1 but one would be those of seed 0.
    first = {"seed": sampling.seed * n} if "seed" in changed else {}
    return sampling.model_copy(update=first), tuple(notices)


def _wanted(asked: Asked) -> dict[str, Any]:
    """What the request says, by the names of settings."""
    sampling = asked.sampling
    said = {key: getattr(sampling, key) for key in ("temperature", "top_p", "max_tokens", "seed", "stop")}
    return {key: value for key, value in said.items() if value is not None}


def _require_api(asked: Asked, policy: PolicySettings) -> None:
    if "api" in policy.model_fields_set and (policy.api == "completions") != asked.completes:
        path = "completions" if policy.api == "completions" else "chat/completions"
        raise RequestError(f"this server's policy is asked by /v1/{path} only (policy.api is {policy.api!r})")
