"""Answers that the store keeps: what is asked for, what is not, and that nothing is paid for twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.core.store import Store
from coderm_eval.generation.cached_model import CachedModel
from coderm_eval.generation.models.base import Completion, SampleRequest
from coderm_eval.generation.settings import TestSettings
from coderm_eval.pipeline.dry_run import estimate_sampling

SETTINGS = TestSettings(model="m", base_url="http://127.0.0.1:9/v1", max_tokens=10)


class Listed:
    """A model whose answers say what they answer; it stops after so many requests."""

    def __init__(self, most: int = 1_000) -> None:
        self.most = most
        self.requested: list[SampleRequest] = []

    def sample(self, questions: Iterable[SampleRequest]) -> Iterator[list[Completion]]:
        for question in questions:
            if len(self.requested) == self.most:
                raise KeyboardInterrupt
            self.requested.append(question)
            yield [
                Completion(
                    question.task_id, i, f"{question.prompt} {i}", "stop", 3, 5 if i == question.samples[0] else 0, 1
                )
                for i in question.samples
            ]


def stored(store: Store, sampler: Listed, settings: TestSettings = SETTINGS) -> CachedModel:
    return CachedModel(sampler, settings, store.table("answers"), "testing")


def test_what_is_stored_is_not_asked_again_also_by_another_process(tmp_path: Path) -> None:
    questions = [SampleRequest("a", "p", range(2)), SampleRequest("b", "q", range(1))]
    for expected in (2, 0):
        with Store(tmp_path) as store:
            sampler = Listed()
            assert list(stored(store, sampler).ask(questions)) == questions
            assert len(sampler.requested) == expected
            assert stored(store, sampler).answer("p", 1).text == "p 1"


def test_a_run_that_was_stopped_keeps_whole_requests(tmp_path: Path) -> None:
    questions = [SampleRequest(task, task, range(3)) for task in "abc"]
    with Store(tmp_path) as store, pytest.raises(KeyboardInterrupt):
        list(stored(store, Listed(most=2)).ask(questions))
    with Store(tmp_path) as store:
        sampler = Listed()
        list(stored(store, sampler).ask(questions))
        assert [question.task_id for question in sampler.requested] == ["c"]


def test_a_question_is_passed_on_once_all_its_samples_are_there_and_those_that_are_stored_first(tmp_path: Path) -> None:
    gap, whole, new = (
        SampleRequest("a", "p", range(3)),
        SampleRequest("b", "q", range(1)),
        SampleRequest("c", "r", range(1)),
    )
    with Store(tmp_path) as store:
        list(stored(store, Listed()).ask([SampleRequest("a", "p", range(1, 2)), whole]))
        sampler = Listed()
        passed_on = [(question, len(sampler.requested)) for question in stored(store, sampler).ask([gap, whole, new])]
    assert passed_on == [(whole, 0), (gap, 2), (new, 3)]


def test_a_sampler_that_leaves_something_out_leaves_no_problem_without_tests(tmp_path: Path) -> None:
    class Forgetful(Listed):
        def sample(self, questions: Iterable[SampleRequest]) -> Iterator[list[Completion]]:
            return super().sample(list(questions)[1:])

    questions = [SampleRequest(task, task, range(1)) for task in "ab"]
    with Store(tmp_path) as store, pytest.raises(AssertionError, match="has to say why"):
        list(stored(store, Forgetful()).ask(questions))


@given(st.sets(st.integers(0, 12)), st.integers(0, 12), st.integers(0, 12))
def test_gaps_are_asked_for_in_runs_and_nothing_else(known: set[int], start: int, stop: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder, Store(Path(folder)) as store:
        sampler = stored(store, Listed())
        list(sampler.ask(SampleRequest("a", "p", range(i, i + 1)) for i in known))
        missing = sampler.missing([SampleRequest("a", "p", range(start, stop))])
    asked = [sample for question in missing for sample in question.samples]
    assert asked == sorted(set(range(start, stop)) - known)
    assert all(one.samples.stop < two.samples.start for one, two in pairwise(missing))


def test_the_same_prompt_of_two_tasks_is_one_prompt(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        sampler = stored(store, Listed())
        list(sampler.ask([SampleRequest("a", "p", range(2))]))
        assert sampler.missing([SampleRequest("b", "p", range(2))]) == []


def test_another_model_never_meets_old_answers(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        list(stored(store, Listed()).ask([SampleRequest("a", "p", range(2))]))
        other = stored(store, Listed(), TestSettings(model="other", base_url=SETTINGS.base_url))
        assert other.missing([SampleRequest("a", "p", range(2))]) == [SampleRequest("a", "p", range(2))]
        with pytest.raises(KeyError):
            other.answer("p", 0)


def test_a_plan_counts_what_is_missing_and_what_is_there(tmp_path: Path) -> None:
    questions = [SampleRequest("a", "äp", range(4)), SampleRequest("b", "q", range(4))]
    with Store(tmp_path) as store:
        sampler = stored(store, Listed())
        list(sampler.ask([SampleRequest("a", "äp", range(1, 2))]))
        plan = estimate_sampling(sampler, SETTINGS, questions)
    assert (plan.requests, plan.samples, plan.stored) == (3, 7, 1)
    assert plan.most_tokens == 2 * 3 + 1 + 7 * 10
    assert str(plan) == "3 requests for 7 samples (1 more are stored), at most 77 tokens"
