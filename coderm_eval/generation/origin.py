"""Who wrote a run's candidates and tests, and how they were sampled: only what is known, and null for the rest."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from coderm_eval.core.secrets import masked
from coderm_eval.generation.cached_model import TokenUsage
from coderm_eval.generation.recorded.file_origin import origin_in_file
from coderm_eval.generation.recorded.meta import read_meta
from coderm_eval.generation.settings import PolicySettings, SamplingSettings, TestSettings
from coderm_eval.generation.write_tests import DEFAULT_TESTS

__all__ = ["Origin", "origin_of_answers", "origin_of_samples", "origin_of_tests", "policy_origin", "writer_origin"]

Origin = Mapping[str, Any]
"""The entry `policy` or `test_writer` of summary.json."""

_SAMPLING = ("temperature", "top_p", "max_tokens", "seed")


def policy_origin(known: Mapping[str, Any]) -> dict[str, Any]:
    """The entry `policy`: `known` has its values by name, those of sampling beside the others."""
    sampling = {name: known.get(name) for name in ("n", *_SAMPLING, "settled")}
    return {**_model(known), "sampling": sampling}


def writer_origin(known: Mapping[str, Any]) -> dict[str, Any]:
    """The entry `test_writer`."""
    sampling = {name: known.get(name) for name in ("num", *_SAMPLING)}
    return {**_model(known), "backend": known.get("backend"), "prompt": known.get("prompt"), "sampling": sampling}


def _model(known: Mapping[str, Any]) -> dict[str, Any]:
    server = known.get("server")
    return {"model": known.get("model"), "revision": known.get("revision"), "server": server and masked(server)}


def origin_of_answers(settings: SamplingSettings, usage: TokenUsage, number: int) -> dict[str, Any]:
    """The entry for answers that were sampled as `settings` say.

    Args:
        usage: of these answers, which says who gave them.
        number: answers of each problem that were asked for.
    """
    sampled = {name: getattr(settings, name) for name in _SAMPLING}
    if settings.backend == "openai":
        sampled |= {name: settings.backend_args[name] for name in _SAMPLING if name in settings.backend_args}
    elif not settings.temperature:  # greedy: nothing is drawn
        sampled |= {"top_p": None, "seed": None}
    known = {
        "model": settings.model,
        "revision": _revision(settings, usage.models),
        "server": settings.base_url if settings.backend == "openai" else None,
        "backend": settings.backend,
        **sampled,
    }
    if isinstance(settings, PolicySettings):
        return policy_origin({**known, "n": number, "settled": settings.settled})
    prompt = settings.prompt if isinstance(settings, TestSettings) else None
    return writer_origin({**known, "num": number, "prompt": prompt})


def origin_of_tests(settings: TestSettings, usage: TokenUsage) -> dict[str, Any]:
    """The entry `test_writer` of a run; `usage` is of the tests that a model wrote in it."""
    if settings.written:
        return origin_of_answers(settings, usage, settings.num or DEFAULT_TESTS)
    return writer_origin(_of_file(settings, settings.file, "test_writer"))


def origin_of_samples(settings: PolicySettings, samples: Path, *, settled: float | None = None) -> dict[str, Any]:
    """The entry `policy` of a run of recorded candidates; `settled` is how certain it was to take no more of them."""
    known = _of_file(settings, samples, "policy")
    return policy_origin({**known, "settled": settled or known.get("settled")})


def _revision(settings: SamplingSettings, answered: Collection[str]) -> str | None:
    """What the backend said of the model that gave all answers, beyond its name; or what was asked of it."""
    names = {name.removeprefix(f"{settings.model}@") for name in answered} - {settings.model, ""}
    asked = settings.backend_args.get("revision")
    return names.pop() if len(names) == 1 else asked and str(asked)


def _of_file(settings: SamplingSettings, path: Path | None, role: str) -> Mapping[str, Any]:
    """What is known of the model that wrote a file: what is noted beside it or in it, or else what the user says."""
    noted = (read_meta(path, role) or _said_in(path, role)) if path else {}
    if noted or not settings.model:
        return noted
    said = {name: getattr(settings, name) for name in ("model", *_SAMPLING) if name in settings.model_fields_set}
    return {**said, "server": settings.base_url, "revision": settings.backend_args.get("revision")}


def _said_in(path: Path, role: str) -> Mapping[str, Any]:
    """What a file of candidates says of the model: other tools write one of tests nowhere."""
    return origin_in_file(path) if role == "policy" else {}
