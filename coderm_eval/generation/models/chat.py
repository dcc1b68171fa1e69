"""A prompt as every backend sends it: as messages to a chat model, or as a text to go on from."""

from __future__ import annotations

from coderm_eval.generation.settings import SamplingSettings

__all__ = ["messages", "text"]


def messages(settings: SamplingSettings, prompt: str) -> list[dict[str, str]]:
    """The system prompt, if there is one, and the user's message."""
    system = settings.system_prompt
    before = [{"role": "system", "content": system}] if system else []
    return [*before, {"role": "user", "content": prompt}]


def text(settings: SamplingSettings, prompt: str) -> str:
    """The prompt, with the system prompt before it if there is one."""
    return f"{settings.system_prompt}\n\n{prompt}" if settings.system_prompt else prompt
