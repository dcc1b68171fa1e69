"""The backends by name. None is imported, and no model loaded, before it is used."""

from __future__ import annotations

from importlib.util import find_spec

from coderm_eval.generation.models.base import Model
from coderm_eval.generation.models.local import package_missing
from coderm_eval.generation.settings import SamplingSettings

__all__ = ["make_model"]

_PACKAGES = {"vllm": ("vllm",), "hf": ("torch", "transformers")}


def make_model(settings: SamplingSettings) -> Model:
    """Make the model that `settings` describe, without loading it.

    Raises:
        SettingsError: the settings are incomplete, or need a package that is not installed.
    """
    for package in _PACKAGES.get(settings.backend, ()):
        if find_spec(package) is None:
            raise package_missing(settings.backend, package)
    if settings.backend == "vllm":
        from coderm_eval.generation.models.vllm_model import VllmModel

        return VllmModel(settings)
    if settings.backend == "hf":
        from coderm_eval.generation.models.transformers_model import TransformersModel

        return TransformersModel(settings)
    from coderm_eval.generation.models.openai_server import OpenAIServer

    return OpenAIServer(settings)
