"""A prompt in the form in which every backend sends it: messages for a chat model, or a text to continue."""

from __future__ import annotations

from coderm_eval.generation.settings import SamplingSettings

__all__ = ["messages", "text"]


def messages(settings: SamplingSettings, prompt: str) -> list[dict[str, str]]:
    """The system prompt, if there is one, and the user's message."""
    user = {"role": "user", "content": prompt}
    return [{"role": "system", "content": settings.system_prompt}, user] if settings.system_prompt else [user]


def text(settings: SamplingSettings, prompt: str) -> str:
    """The prompt, after the system prompt if there is one."""
    return f"{settings.system_prompt}\n\n{prompt}" if settings.system_prompt else prompt
