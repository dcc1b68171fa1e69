"""What a user typed is written down without secrets, and with all else."""

from __future__ import annotations

import pytest

from coderm_eval.core.secrets import masked, masked_command

SECRETS = [
    ("model=P,base_url=http://me:S3CRET@h:8000/v1,num_concurrent=4", "model=P,base_url=http://***@h:8000/v1,"),
    ("model=P,api_key=S3CRET,num_concurrent=4", "model=P,api_key=***,num_concurrent=4"),
    ('{"coderm": {"tests": {"api_key": "a S3CRET, long", "num": 3}}}', '"api_key": ***, "num": 3'),
    ("https://h/v1?token=S3CRET&x=1", "https://h/v1?token=***&x=1"),
    ("Authorization: Bearer S3CRET", "Authorization: ***"),
    ("header={'Authorization': 'Bearer S3CRET'}", "'Authorization': ***}"),
    ("hf_token=S3CRET", "hf_token=***"),
    ("--password=S3CRET", "--password=***"),
    ("x hf_S3CRETS3CRETS3CRET y", "x *** y"),
    ("sk-S3CRET-S3CRET-S3CRET", "***"),
    ("value-of-a-S3CRET-variable", "***"),
]

PLAIN = [
    "model=P,max_tokens=20,tokenizer=org/t,tokenized_requests=False,add_bos_token=True",
    "pretrained=org/secretary,base_url=http://h:8000/v1",
    '{"coderm": {"tests": {"max_tokens": 2048}}}',
    "samples@2.jsonl",
]


@pytest.fixture(autouse=True)
def _a_secret_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "value-of-a-S3CRET-variable")


@pytest.mark.parametrize(("text", "shown"), SECRETS)
def test_a_secret_is_masked(text: str, shown: str) -> None:
    assert shown in masked(text)
    assert "S3CRET" not in masked(text)


@pytest.mark.parametrize("text", PLAIN)
def test_all_else_stays(text: str) -> None:
    assert masked(text) == text


def test_the_value_after_a_flag_is_masked() -> None:
    command = ["run", "--api-key", "S3CRET", "--hf-token", "S3CRET", "--max-tokens", "20", "--password"]
    assert masked_command(command) == [
        "run",
        "--api-key",
        "***",
        "--hf-token",
        "***",
        "--max-tokens",
        "20",
        "--password",
    ]
