"""One request, from its prompt to its answers in order: sample, find the problem, rerank."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from coderm_eval.core.errors import IncompleteRunError, RequestRefusedError
from coderm_eval.core.records import ProblemCandidates, deduplicate_candidates
from coderm_eval.core.store import Table
from coderm_eval.generation.cached_model import CachedModel, TokenUsage
from coderm_eval.generation.extraction.programs import extract_program
from coderm_eval.generation.models.base import (
    CONTEXT_OVERFLOW,
    Completion,
    Prompt,
    SampleRequest,
    truncate_at_stop,
)
from coderm_eval.generation.models.openai_server import OpenAIServer
from coderm_eval.generation.settings import Extraction, PolicySettings
from coderm_eval.generation.stated_problem import begun_answer, problem_of_request
from coderm_eval.hosts.server.protocol.errors import RequestError
from coderm_eval.hosts.server.serve.ranking import Ranked, could_run_nothing
from coderm_eval.pipeline.reranker import Reranker

__all__ = ["BestOfN"]


class BestOfN:
    """Answers requests, in any number of threads; everything expensive passes through the store.

    Args:
        policy: the model behind this one.
        table: keeps its answers.
        n: answers that are drawn for each request.
        tests_wanted: whether a model writes tests.
    """

    def __init__(
        self,
        policy: OpenAIServer,
        table: Table,
        reranker: Reranker,
        *,
        n: int,
        extraction: Extraction,
        tests_wanted: bool,
    ) -> None:
        self._policy = policy
        self._table = table
        self._reranker = reranker
        self._n = n
        self._extraction: Extraction = extraction
        self._tests_wanted = tests_wanted

    def answer(self, prompt: Prompt, sampling: PolicySettings) -> Ranked:
        """Draw the answers to a prompt and rank them; returns when all is done.

        Raises:
            RequestError: the policy refuses the request, or the prompt does not fit into its context.
            CodermError: a model does not answer, or nothing could be run; what was answered before is stored.
        """
        started = time.monotonic()
        completions = self._drawn(prompt, sampling)
        usage = TokenUsage()
        for completion in completions:
            usage.add(completion)
        drawn = time.monotonic()
        completes = sampling.api == "completions" or bool(begun_answer(prompt))
        problem = problem_of_request(prompt, [c.text for c in completions], completes=completes)
        if problem is None:
            return Ranked(completions, usage, {"sampling": drawn - started}, notices=_notices(completions))
        programs = [extract_program(c.text, problem, self._extraction, completes=completes) for c in completions]
        reranked = self._reranker.rerank(ProblemCandidates(problem, deduplicate_candidates(programs)))
        if could_run_nothing(reranked.result):
            raise IncompleteRunError("the executor could run nothing; see `coderm-eval doctor`")
        return Ranked(
            completions,
            usage,
            {"sampling": drawn - started, "tests": time.monotonic() - drawn},
            reranked,
            self._tests_wanted,
            _notices(completions, programs),
        )

    def _drawn(self, prompt: Prompt, sampling: PolicySettings) -> list[Completion]:
        """All answers to a prompt, of which the policy is asked for those that are not stored."""
        model = CachedModel(self._policy.sampling_with(sampling), sampling, self._table, None)
        request = SampleRequest("policy", prompt, range(self._n))
        try:
            for _ in model.sample([request]):
                pass
        except RequestRefusedError as error:
            raise RequestError(error.fault) from error
        stored = [model.completion(prompt, sample) for sample in request.samples]
        # Replies are cut so, also where the policy does not know `stop`: what is run is what is given.
        completions = [replace(each, text=truncate_at_stop(each.text, sampling.stop)) for each in stored]
        if all(completion.finish_reason == CONTEXT_OVERFLOW for completion in completions):
            raise RequestError(
                f"the prompt and max_tokens ({sampling.max_tokens}) do not fit into the context of {sampling.model}",
                code="context_length_exceeded",
            )
        return completions


def _notices(completions: Sequence[Completion], programs: Sequence[str] | None = None) -> tuple[str, ...]:
    """What is odd about the answers, and about the programs in them."""
    n, empty = len(completions), sum(not program.strip() for program in programs or ())
    cut = sum(completion.finish_reason == "length" for completion in completions)
    said = {
        f"{cut} of {n} answers were cut off by the limit of tokens": cut > 0,
        f"{empty} of {n} answers hold no program": empty > 0,
        f"all {n} answers are equal": n > 1 and len({completion.text for completion in completions}) == 1,
    }
    return tuple(notice for notice, holds in said.items() if holds)
