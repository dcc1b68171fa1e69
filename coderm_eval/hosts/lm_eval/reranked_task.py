"""A reranked task for any series of lm-eval: what it asks for before the model runs, and the run once answers are in.

The classes of `task_04.py` and `task_05.py` add where their series of lm-eval looks for scores.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any

import datasets
from lm_eval.api.instance import Instance
from lm_eval.api.task import Task

from coderm_eval.core.errors import SettingsError
from coderm_eval.core.user_errors import user_errors
from coderm_eval.hosts.lm_eval.common import LmEvalBenchmark
from coderm_eval.hosts.lm_eval.interrupt import end_interrupts_with_a_sentence
from coderm_eval.hosts.lm_eval.provenance import RUN_DIRECTORY
from coderm_eval.hosts.scores import Scores, scores_by_problem

__all__ = ["RerankedTask"]

log = logging.getLogger(__name__)


class RerankedTask(Task):  # type: ignore[misc]  # lm-eval has no types
    """What the task classes have in common; lm-eval's class for their series is their other base."""

    UNSAFE_CODE = True
    """lm-eval 0.5 does not read `unsafe_code` in a task file."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        end_interrupts_with_a_sentence()
        with user_errors("coderm-eval"):
            self.reranked = LmEvalBenchmark(config["task"], config["metadata"])
        self.predicts_only = False
        super().__init__(config=self.lm_eval_config(config))

    def lm_eval_config(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return what lm-eval's own class takes of a task file."""
        return {key: value for key, value in config.items() if key != "class"}

    # What lm-eval asks for before the model runs

    def override_metric(self, metric_name: str) -> None:
        """Note that answers are wanted and no scores: --predict_only."""
        self.predicts_only = metric_name == "bypass"
        super().override_metric(metric_name)

    def download(self, *args: Any, **kwargs: Any) -> None:
        with user_errors("coderm-eval"):
            documents = self.reranked.documents()
        self.dataset = {"test": datasets.Dataset.from_list(documents)}

    def build_all_requests(self, **kwargs: Any) -> Any:
        """Build the requests for those samples that an earlier run of the same command has not stored.

        lm-eval's --cache_requests is not used: the key of its cache holds neither n nor gen_kwargs nor the documents.
        """
        with user_errors("coderm-eval"):
            if not self.predicts_only:
                _require_one_process(kwargs.get("world_size", 1))
                self.reranked.check(greedy=_is_greedy(self.config.generation_kwargs))
            kwargs |= {"cache_requests": False, "rewrite_requests_cache": False}
            built = super().build_all_requests(**kwargs)
            if not self.predicts_only:
                self.reranked.check_tests({instance.doc["task_id"] for instance in self.instances})
            self._recall_samples()
            return built

    def _recall_samples(self) -> None:
        keys = [self._sample_key(instance) for instance in self.instances]
        stored = self.reranked.stored_samples(keys)
        recalled = [(i, stored[key]) for i, key in zip(self.instances, keys, strict=True) if key in stored]
        for instance, text in recalled:
            instance.resps.append(text)
            instance.repeats = 0
        if recalled:
            log.warning(
                "%d of %d samples are read from %s; name another store to draw them anew",
                len(recalled),
                len(self.instances),
                self.reranked.store_folder,
            )
        if len(recalled) == len(self.instances):
            self.instances[-1].repeats = 1  # lm-eval's models fail on no requests; this answer goes unused

    def _sample_key(self, instance: Instance) -> str:
        context, generation = instance.args
        return self.reranked.sample_key(context, generation, instance.idx)

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
                task_name=self.config.task,  # lm-eval 0.4 reads it from its metadata
                **kwargs,
            )
            for sample in range(self.reranked.n)
        ]

    # Once all answers are in

    def rerank(self) -> Scores:
        """Rerank and grade all answers in one run, and name its directory in the task's metadata.

        It ends the process with one sentence where the run fails by a user's mistake, or is interrupted.
        """
        with user_errors("coderm-eval"):
            self.reranked.store_samples({self._sample_key(i): i.resps[0] for i in self.instances})
            report = self.reranked.rerank(
                self._answers(),
                name=self.config.task,
                generation=self.config.generation_kwargs,
                seed=min((i.args[1]["seed"] for i in self.instances if "seed" in i.args[1]), default=None),
            )
        # lm-eval's results repeat the metadata
        self.config.metadata = {**self.config.metadata, RUN_DIRECTORY: str(self.reranked.run_directory)}
        return scores_by_problem(report, self.reranked.settings, self.reranked.rows)

    def _answers(self) -> dict[str, list[str]]:
        """The answers by task id, in the order of their sample index."""
        answers: dict[str, dict[int, str]] = {}
        for instance in self.instances:
            answers.setdefault(instance.doc["task_id"], {})[instance.idx] = instance.resps[0]
        return {task: [given[sample] for sample in sorted(given)] for task, given in answers.items()}


def _is_greedy(generation: Mapping[str, Any]) -> bool:
    return generation.get("temperature") == 0 or generation.get("do_sample") is False


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
    api_models = sys.modules.get("lm_eval.models.api_models")  # that of such a model is there; it takes long to import
    return api_models is not None and isinstance(getattr(chat_template, "__self__", None), api_models.TemplateAPI)
