"""Completions that the store keeps: what is requested, what is not, and that nothing is paid for twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.core.store import Store, open_store
from coderm_eval.generation.cached_model import CachedModel
from coderm_eval.generation.models.base import Completion, SampleRequest
from coderm_eval.generation.settings import TestSettings
from coderm_eval.pipeline.dry_run import estimate_sampling

SETTINGS = TestSettings(model="m", base_url="http://127.0.0.1:9/v1", max_tokens=10)


class Listed:
    """A model whose completions say prompt and sample; it is interrupted after `most` requests."""

    def __init__(self, most: int = 1_000) -> None:
        self.most = most
        self.requested: list[SampleRequest] = []

    def sample(self, requests: Iterable[SampleRequest]) -> Iterator[list[Completion]]:
        for request in requests:
            if len(self.requested) == self.most:
                raise KeyboardInterrupt
            self.requested.append(request)
            yield [
                Completion(
                    request.task_id, i, f"{request.prompt} {i}", "stop", 3, 5 if i == request.samples[0] else 0, 1
                )
                for i in request.samples
            ]


def cached(store: Store, model: Listed, settings: TestSettings = SETTINGS) -> CachedModel:
    return CachedModel(model, settings, store.table("answers"), "testing")


def test_a_stored_sample_is_not_requested_again_by_another_process(tmp_path: Path) -> None:
    requests = [SampleRequest("a", "p", range(2)), SampleRequest("b", "q", range(1))]
    for expected in (2, 0):
        with open_store(tmp_path) as store:
            model = Listed()
            assert list(cached(store, model).sample(requests)) == requests
            assert len(model.requested) == expected
            assert cached(store, model).completion("p", 1).text == "p 1"


def test_a_run_that_was_stopped_keeps_whole_requests(tmp_path: Path) -> None:
    requests = [SampleRequest(task, task, range(3)) for task in "abc"]
    with open_store(tmp_path) as store, pytest.raises(KeyboardInterrupt):
        list(cached(store, Listed(most=2)).sample(requests))
    with open_store(tmp_path) as store:
        model = Listed()
        list(cached(store, model).sample(requests))
        assert [request.task_id for request in model.requested] == ["c"]


def test_a_request_is_yielded_once_all_its_samples_are_stored(tmp_path: Path) -> None:
    """First come those whose samples are stored already."""
    gap, whole, new = (
        SampleRequest("a", "p", range(3)),
        SampleRequest("b", "q", range(1)),
        SampleRequest("c", "r", range(1)),
    )
    with open_store(tmp_path) as store:
        list(cached(store, Listed()).sample([SampleRequest("a", "p", range(1, 2)), whole]))
        model = Listed()
        yielded = [(request, len(model.requested)) for request in cached(store, model).sample([gap, whole, new])]
    assert yielded == [(whole, 0), (gap, 2), (new, 3)]


def test_a_model_that_leaves_something_out_is_an_error(tmp_path: Path) -> None:
    class Forgetful(Listed):
        def sample(self, requests: Iterable[SampleRequest]) -> Iterator[list[Completion]]:
            return super().sample(list(requests)[1:])

    requests = [SampleRequest(task, task, range(1)) for task in "ab"]
    with open_store(tmp_path) as store, pytest.raises(AssertionError, match="has to raise an error"):
        list(cached(store, Forgetful()).sample(requests))


@given(st.sets(st.integers(0, 12)), st.integers(0, 12), st.integers(0, 12))
def test_only_gaps_are_requested_each_as_one_run(known: set[int], start: int, stop: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder)) as store:
        model = cached(store, Listed())
        list(model.sample(SampleRequest("a", "p", range(i, i + 1)) for i in known))
        missing = model.missing([SampleRequest("a", "p", range(start, stop))])
    requested = [sample for request in missing for sample in request.samples]
    assert requested == sorted(set(range(start, stop)) - known)
    assert all(one.samples.stop < two.samples.start for one, two in pairwise(missing))


def test_the_same_prompt_of_two_tasks_is_one_prompt(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        model = cached(store, Listed())
        list(model.sample([SampleRequest("a", "p", range(2))]))
        assert model.missing([SampleRequest("b", "p", range(2))]) == []


def test_another_model_never_meets_old_completions(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        list(cached(store, Listed()).sample([SampleRequest("a", "p", range(2))]))
        other = cached(store, Listed(), TestSettings(model="other", base_url=SETTINGS.base_url))
        assert other.missing([SampleRequest("a", "p", range(2))]) == [SampleRequest("a", "p", range(2))]
        with pytest.raises(KeyError):
            other.completion("p", 0)


def test_an_estimate_counts_missing_and_stored_samples(tmp_path: Path) -> None:
    requests = [SampleRequest("a", "äp", range(4)), SampleRequest("b", "q", range(4))]
    with open_store(tmp_path) as store:
        model = cached(store, Listed())
        list(model.sample([SampleRequest("a", "äp", range(1, 2))]))
        estimate = estimate_sampling(model, SETTINGS, requests)
    assert (estimate.requests, estimate.samples, estimate.stored) == (3, 7, 1)
    assert estimate.most_tokens == 2 * 3 + 1 + 7 * 10
    assert str(estimate) == "3 requests for 7 samples (1 more are stored), at most 77 tokens"
