"""The task class of lm-eval 0.4 behind `humanevalplus_coderm`, `mbppplus_coderm`, `coderm_demo` and their variants.

lm-eval samples the candidates. When all its answers are in, it calls `apply_filters` once for the whole task, and
there one run does everything. `process_results`, called for each document and row, only looks up.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from typing import Any

import datasets
from lm_eval.api.instance import Instance
from lm_eval.api.metrics import mean
from lm_eval.api.task import ConfigurableTask

from coderm_eval.core.errors import SettingsError
from coderm_eval.core.records import Selection
from coderm_eval.core.user_errors import user_errors
from coderm_eval.hosts.lm_eval.common import LmEvalBenchmark
from coderm_eval.hosts.lm_eval.interrupt import end_interrupts_with_a_sentence
from coderm_eval.hosts.lm_eval.provenance import RUN_DIRECTORY
from coderm_eval.report.reporter import RunReport

__all__ = ["RerankTask"]

log = logging.getLogger(__name__)

_HIGHER_IS_BETTER = {"pass@1": True, "pass@1_answered": True, "coverage": True, "tests_per_problem": False}
"""The metrics of a reranked task."""


class RerankTask(ConfigurableTask):  # type: ignore[misc]  # lm-eval has no types
    """A benchmark whose N sampled answers are reranked; the rows of its result are `report.scores.ROWS`."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        end_interrupts_with_a_sentence()
        config = {key: value for key, value in config.items() if key != "class"}
        with user_errors("coderm-eval"):
            self._reranked = LmEvalBenchmark(config["metadata"])
        super().__init__(config=config)

    # What lm-eval asks for before the model runs

    def download(self, *args: Any, **kwargs: Any) -> None:
        self.dataset = {"test": datasets.Dataset.from_list(self._reranked.documents())}

    def build_all_requests(self, **kwargs: Any) -> None:
        """Build the requests for those samples that an earlier run of the same command has not stored.

        lm-eval's --cache_requests is not used: the key of its cache holds neither n nor gen_kwargs nor the documents.
        """
        with user_errors("coderm-eval"):
            if not self._predicts_only:
                _require_one_process(kwargs.get("world_size", 1))
                self._reranked.check(greedy=_is_greedy(self.config.generation_kwargs))
            super().build_all_requests(**{**kwargs, "cache_requests": False, "rewrite_requests_cache": False})
            if not self._predicts_only:
                self._reranked.check_tests({instance.doc["task_id"] for instance in self.instances})
            self._recall_samples()

    @property
    def _predicts_only(self) -> bool:
        """True where answers are wanted and no scores: --predict_only."""
        return "bypass" in self._metric_fn_list

    def _recall_samples(self) -> None:
        keys = [self._sample_key(instance) for instance in self.instances]
        stored = self._reranked.stored_samples(keys)
        recalled = [(i, stored[key]) for i, key in zip(self.instances, keys, strict=True) if key in stored]
        for instance, text in recalled:
            instance.resps.append(text)
            instance.repeats = 0
        if recalled:
            log.warning(
                "%d of %d samples are read from %s; name another store to draw them anew",
                len(recalled),
                len(self.instances),
                self._reranked.store_folder,
            )
        if len(recalled) == len(self.instances):
            self.instances[-1].repeats = 1  # lm-eval's models fail on no requests; this answer goes unused

    def _sample_key(self, instance: Instance) -> str:
        context, generation = instance.args
        return self._reranked.sample_key(context, generation, instance.idx)

    def construct_requests(
        self,
        doc: dict[str, Any],
        ctx: str,
        *,
        apply_chat_template: bool = False,
        chat_template: Callable[..., str] | None = None,
        **kwargs: Any,
    ) -> list[Instance]:
        """Build one request per sample; to a server each with a seed of its own.

        lm-eval's API models send one seed (1234) with every request, so that a server which honours it returns N
        times the same answer.
        """
        api = "base_url" in self.config.metadata or _is_server(chat_template)
        generation = dict(self.config.generation_kwargs)
        return [
            Instance(
                request_type="generate_until",
                doc=doc,
                arguments=(ctx, {**generation, "seed": sample} if api else dict(generation)),
                idx=sample,
                **kwargs,
            )
            for sample in range(self._reranked.n)
        ]

    # What lm-eval asks for once all answers are in

    def apply_filters(self) -> None:
        if self._predicts_only:
            super().apply_filters()
            return
        with user_errors("coderm-eval"):
            self._reranked.store_samples({self._sample_key(i): i.resps[0] for i in self.instances})
            report = self._reranked.rerank(
                self._answers(),
                name=self.config.task,
                generation=self.config.generation_kwargs,
                seed=min((i.args[1]["seed"] for i in self.instances if "seed" in i.args[1]), default=None),
            )
        # lm-eval's results repeat the metadata
        self.config.metadata = {**self.config.metadata, RUN_DIRECTORY: str(self._reranked.run_directory)}
        self._keep_scores(report)

    def _answers(self) -> dict[str, list[str]]:
        """The answers by task id, in the order of their sample index."""
        answers: dict[str, dict[int, str]] = {}
        for instance in self.instances:
            answers.setdefault(instance.doc["task_id"], {})[instance.idx] = instance.resps[0]
        return {task: [given[sample] for sample in sorted(given)] for task, given in answers.items()}

    def _keep_scores(self, report: RunReport) -> None:
        """Put each problem's scores where lm-eval looks for filtered answers."""
        settings = self._reranked.settings
        picks = {r.problem.task_id: r.selections[settings.rule] for r in report.results}
        for instance in self.instances:
            task_id = instance.doc["task_id"]
            for row in self._reranked.rows:
                scores = {"pass@1": report.problems[task_id][row]}
                if row == "coderm":
                    scores |= _scores_of_pick(picks[task_id], scores["pass@1"], settings.abstain_below)
                instance.filtered_resps[row] = scores

    def process_results(self, doc: dict[str, Any], results: list[Any]) -> dict[str, Any]:
        if self._predicts_only:
            return dict(super().process_results(doc, results))
        # An undefined value (a program that could not be graded) is left out of lm-eval's mean.
        return {metric: value for metric, value in results[0].items() if value == value}

    def aggregation(self) -> dict[str, Callable[..., float]]:
        return {**dict.fromkeys(_HIGHER_IS_BETTER, mean), **self._aggregation_list}

    def higher_is_better(self) -> dict[str, bool]:
        return {**_HIGHER_IS_BETTER, **self._higher_is_better}


def _is_greedy(generation: Mapping[str, Any]) -> bool:
    return generation.get("temperature") == 0 or generation.get("do_sample") is False


def _scores_of_pick(pick: Selection, right: float, abstain_below: float | None) -> dict[str, float]:
    """What only the row `coderm` has; an abstained pick is left out of `pass@1_answered`."""
    scores = {"tests_per_problem": float(pick.tests_used)}
    if abstain_below is None:
        return scores
    answered = pick.is_answer(abstain_below)
    return {**scores, "coverage": float(answered), "pass@1_answered": right if answered else math.nan}


def _require_one_process(processes: int) -> None:
    """Refuse data-parallel processes, each of which would rerank a part of the problems with a budget of its own.

    Raises:
        SettingsError: there are more than one.
    """
    if processes > 1:
        raise SettingsError(
            f"lm-eval runs in {processes} processes, and a reranked task needs all problems in one: start it without "
            "`accelerate launch` or torchrun, and use several GPUs by --model_args parallelize=True or vLLM's "
            "tensor_parallel_size"
        )


def _is_server(chat_template: object) -> bool:
    """Return whether the model whose (bound) chat template this is sends its requests to a server."""
    from lm_eval.models.api_models import TemplateAPI

    return isinstance(getattr(chat_template, "__self__", None), TemplateAPI)
