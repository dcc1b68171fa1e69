"""lm-eval 0.5's --repeats is the number of samples of each problem."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.lm_eval_replay import Replay, coderm, evaluate, scores
from packaging.version import Version

from coderm_eval.hosts.lm_eval import RerankTask
from coderm_eval.hosts.lm_eval_version import installed_version

pytestmark = pytest.mark.skipif(
    installed_version() < Version("0.5.dev0"), reason="lm-eval 0.4 has no --repeats; test_lm_eval_05.py runs these"
)


def without_n(replay: Replay) -> dict[str, Any]:
    settings = coderm(replay)["coderm"]
    del settings["n"]
    return {"coderm": settings}


@pytest.mark.parametrize("has_n", [False, True])
def test_repeats_are_samples_with_a_seed_each(replay: Replay, has_n: bool) -> None:
    """The setting n may say the same."""
    found = evaluate(replay, repeats=4, metadata=coderm(replay) if has_n else without_n(replay))
    assert scores(found) == pytest.approx({"random": 0.5, "first": 0, "majority": 1, "coderm": 1, "oracle": 1})
    policy = [body for body in replay.requests if body["model"] == "P"]
    assert sorted(body["seed"] for body in policy) == sorted([0, 1, 2, 3] * 3)
    assert found["configs"]["humanevalplus_coderm"]["repeats"] == 4


MISTAKES = [
    (3, True, "--repeats is 3 and the setting n is 4, and both are the number of samples of each problem: give one"),
    (0, False, "--repeats: n"),
    (-2, False, "--repeats: n"),
]


@pytest.mark.parametrize(("repeats", "has_n", "said"), MISTAKES)
def test_repeats_that_cannot_be_are_refused_before_sampling(
    replay: Replay, capsys: pytest.CaptureFixture[str], repeats: int, has_n: bool, said: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        evaluate(replay, repeats=repeats, metadata=coderm(replay) if has_n else without_n(replay))
    assert stopped.value.code == 2 and replay.requests == []
    (sentence,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("coderm-eval:")]
    assert said in sentence


def test_repeats_of_recorded_candidates_are_the_first_of_them() -> None:
    task = RerankTask({"task": "t", "test_split": "test", "metadata": {"benchmark": "demo", "prompt": "recorded"}})
    task.set_repeats(2)
    assert (task.reranked.n, task.reranked.settings.n) == (1, 2)


def test_answers_alone_are_repeated_too(replay: Replay) -> None:
    found = evaluate(replay, repeats=2, predict_only=True, metadata=without_n(replay))
    assert [len(sample["resps"]) for sample in found["samples"]["humanevalplus_coderm"]] == [2, 2, 2]
