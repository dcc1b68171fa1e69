"""Which backend a name means, and what is said of one that is not installed."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from coderm_eval.core.errors import SettingsError
from coderm_eval.generation.models.openai_server import OpenAIServer
from coderm_eval.generation.models.registry import make_model
from coderm_eval.generation.settings import PolicySettings, TestSettings

MISSING = [("vllm", "vllm"), ("hf", "torch"), ("hf", "transformers")]


@pytest.mark.parametrize(("backend", "package"), MISSING)
def test_a_backend_that_is_not_installed_is_said_with_the_command(
    backend: Any, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(SettingsError) as caught:
        make_model(TestSettings(backend=backend, model="m"))
    assert str(caught.value) == (
        f"backend is {backend}, and {package} is not installed: run `pip install 'coderm-eval[{backend}]'`"
    )


def test_a_server_is_the_default_for_both_roles() -> None:
    for settings in (TestSettings, PolicySettings):
        assert isinstance(make_model(settings(model="m", base_url="http://127.0.0.1:9/v1")), OpenAIServer)


@pytest.mark.parametrize(("settings", "role"), [(TestSettings, "tests"), (PolicySettings, "policy")])
def test_what_is_missing_is_named_with_its_role(settings: Any, role: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{role}\.model is not set"):
        make_model(settings())
