"""Whether the configured models can be asked."""

from __future__ import annotations

from collections.abc import Iterator

from coderm_eval.core.errors import CodermError
from coderm_eval.generation.models.registry import make_model
from coderm_eval.generation.models.served import ask_servers
from coderm_eval.generation.settings import SamplingSettings
from coderm_eval.generation.write_tests import validate_test_settings
from coderm_eval.pipeline.doctor.finding import Finding, Status
from coderm_eval.pipeline.settings import Settings

__all__ = ["check_models"]

_WITHIN_S = 5.0
"""For a server's answer to a question that it has ready."""

_STATUSES: dict[bool | None, Status] = {True: "ok", None: "warning", False: "failed"}


def check_models(settings: Settings) -> Iterator[Finding]:
    """Look at what the settings name: ask servers for their models, and find packages and files."""
    named = False
    for role in (settings.policy, settings.tests):
        try:
            findings = list(_role(role, settings))
        except CodermError as error:
            findings = [Finding(role.section, "failed", str(error))]
        named = named or bool(findings)
        yield from findings
    if not named:
        yield Finding("models", "ok", "none is named; --config FILE.yaml, or --base-url and --model, names one to ask")


def _role(role: SamplingSettings, settings: Settings) -> Iterator[Finding]:
    if role is settings.tests and settings.tests.backend == "file":
        validate_test_settings(settings.tests)
        yield Finding(role.section, "ok", f"recorded in {settings.tests.file}")
    elif role.backend in ("vllm", "hf"):
        make_model(role)
        yield Finding(role.section, "ok", f"{role.model}, in this process ({role.backend})")
    elif role.backend == "openai" and (role.model or role.base_url):
        states = ask_servers(role, _WITHIN_S)
        spared = any(state.answers for state in states)  # a run goes on without a server that is down
        for state in states:
            status = "warning" if spared and not state.answers else _STATUSES[state.serves]
            yield Finding(role.section, status, state.fact, state.advice)
