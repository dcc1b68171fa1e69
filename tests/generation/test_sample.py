"""Candidates from a policy: the texts at which a completion ends."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from helpers.paths import ROOT
from helpers.servers import serving, well_behaved

from coderm_eval.benchmarks.evalplus.benchmark import AFTER_DOCSTRING
from coderm_eval.benchmarks.livecodebench.prompts import STOP
from coderm_eval.benchmarks.prompts import AFTER_FUNCTION
from coderm_eval.core.errors import SettingsError
from coderm_eval.core.records import Problem
from coderm_eval.generation.sample import sample_candidates, sampling_requests
from coderm_eval.generation.settings import PolicySettings

PROBLEM = Problem("demo/0", "ebb", prompt="# ebb\n", question="?", request="!", stop=("\nassert", "\n~~~"))


def requested_stop(folder: Path, **given: object) -> object:
    """The stop texts that a server is sent for PROBLEM."""
    with serving(well_behaved) as (url, seen):
        settings = PolicySettings.model_validate({"model": "m", "base_url": url, **given})
        sample_candidates(
            [PROBLEM], settings, n=1, extraction="default", out=folder / "s.jsonl", store_folder=folder / "store"
        )
    (body,) = seen
    return body.get("stop")


def test_a_completion_ends_at_the_stop_texts_of_the_benchmark(tmp_path: Path) -> None:
    assert requested_stop(tmp_path, api="completions") == ["\nassert", "\n~~~"]


@pytest.mark.parametrize("stop", [[], ["\n#"]])
def test_given_stop_texts_replace_those_of_the_benchmark(tmp_path: Path, stop: list[str]) -> None:
    assert requested_stop(tmp_path, api="completions", stop=stop) == (stop or None)


def test_a_chat_answer_has_no_stop_texts(tmp_path: Path) -> None:
    assert requested_stop(tmp_path, api="chat") is None


def test_a_problem_without_code_is_not_put_to_a_model_that_completes() -> None:
    settings = PolicySettings(model="m", base_url="http://127.0.0.1:9/v1", api="completions")
    with pytest.raises(SettingsError, match="has no code to go on from"):
        sampling_requests([replace(PROBLEM, prompt="")], settings, 1)


@pytest.mark.parametrize(
    ("task", "stop"), [("humanevalplus_coderm_base", AFTER_FUNCTION), ("mbppplus_coderm_base", AFTER_DOCSTRING)]
)
def test_lm_evals_base_tasks_have_the_stop_texts_of_the_benchmark(task: str, stop: tuple[str, ...]) -> None:
    text = (ROOT / "tasks" / f"{task}.yaml").read_text()
    assert tuple(yaml.safe_load(text)["generation_kwargs"]["until"]) == stop


def test_stop_texts_of_whole_programs_end_no_function() -> None:
    assert not {"\ndef ", "\nclass ", "\nprint(", "\nif __name__"} & set(STOP)
    assert not {"\ndef ", "\nclass "} & set(AFTER_DOCSTRING)


@pytest.mark.parametrize("stop", [AFTER_FUNCTION, AFTER_DOCSTRING, STOP])
def test_stop_texts_are_no_more_than_openais_api_takes(stop: tuple[str, ...]) -> None:
    assert 0 < len(stop) <= 4
