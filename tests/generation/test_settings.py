"""Settings of a model: the identity under which its answers are stored."""

from __future__ import annotations

from typing import get_args

import pytest

from coderm_eval.benchmarks.prompts import AFTER_FUNCTION
from coderm_eval.generation.settings import PolicySettings, SamplingSettings, TestPrompt, TestSettings

IDENTITIES: list[tuple[SamplingSettings, str]] = [
    (
        TestSettings(model="KAKA22/CodeRM-8B", base_url="http://127.0.0.1:8001/v1", num=5, shown_candidate="rotate"),
        '{"backend":"openai","model":"KAKA22/CodeRM-8B","api":"chat","system_prompt":null,"temperature":0.8,'
        '"top_p":0.95,"max_tokens":2048,"stop":[],"seed":0,"extra":{}}',
    ),
    (
        PolicySettings(model="b", backend="hf", api="completions", retries=1, stop=AFTER_FUNCTION),
        '{"backend":"hf","model":"b","api":"completions","system_prompt":null,"temperature":0.8,"top_p":0.95,'
        '"max_tokens":2048,"stop":["\\ndef ","\\nclass ","\\nif __name__","\\nprint("],"seed":0,"extra":{},'
        '"batch_size":32}',
    ),
    (
        TestSettings(model="é", system_prompt="'", temperature=1, backend_args={"k": [1, 2.50, None, float("inf")]}),
        '{"backend":"openai","model":"é","api":"chat","system_prompt":"\'","temperature":1.0,"top_p":0.95,'
        '"max_tokens":2048,"stop":[],"seed":0,"extra":{"k":[1,2.5,null,null]}}',
    ),
]


@pytest.mark.parametrize(("settings", "identity"), IDENTITIES)
def test_an_identity_is_the_same_in_every_version(settings: SamplingSettings, identity: str) -> None:
    """Stores of earlier versions are read by it: a change here means that every stored answer is asked once more."""
    assert settings.identity() == identity


def test_other_words_that_ask_for_tests_are_part_of_the_identity() -> None:
    identities = {TestSettings(model="m", prompt=prompt).identity() for prompt in get_args(TestPrompt)}
    assert len(identities) == len(get_args(TestPrompt))
