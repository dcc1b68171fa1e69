"""A prompt in the form in which every backend sends it: messages for a chat model, or a text to continue."""

from __future__ import annotations

from coderm_eval.generation.models.base import Prompt, texts_of
from coderm_eval.generation.settings import SamplingSettings

__all__ = ["messages", "text"]


def messages(settings: SamplingSettings, prompt: Prompt) -> list[dict[str, str]]:
    """The system prompt, if there is one, and the user's message; a conversation may bring its own system prompt."""
    asked = (("user", prompt),) if isinstance(prompt, str) else prompt
    if settings.system_prompt and asked[0][0] not in ("system", "developer"):
        asked = (("system", settings.system_prompt), *asked)
    return [{"role": role, "content": content} for role, content in asked]


def text(settings: SamplingSettings, prompt: Prompt) -> str:
    """The prompt, after the system prompt if there is one."""
    return "\n\n".join((*filter(None, [settings.system_prompt]), *texts_of(prompt)))
