"""The lm-eval task class behind `humanevalplus_coderm`, `mbppplus_coderm`, `coderm_demo` and their variants.

lm-eval samples the candidates; when all its answers are in, it calls `apply_filters` once for the whole
task, and there `run` does everything. `process_results`, called for each document and row, only looks up.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import datasets
from lm_eval.api.instance import Instance
from lm_eval.api.metrics import mean
from lm_eval.api.task import ConfigurableTask

from coderm_eval.benchmarks import Benchmark, demo, load_benchmark
from coderm_eval.core.errors import SettingsError
from coderm_eval.core.messages import user_errors
from coderm_eval.core.records import Candidate, Problem, ProblemCandidates, deduplicate_candidates, fingerprint
from coderm_eval.core.store import open_store
from coderm_eval.generation.recorded.readers import read_by_task
from coderm_eval.generation.sample import DEFAULT_N, extract_program, policy_prompt
from coderm_eval.pipeline.preflight import preflight
from coderm_eval.pipeline.run import run
from coderm_eval.pipeline.settings import Settings, load_settings
from coderm_eval.report.scores import ROWS
from coderm_eval.selection import ALL_RULES

__all__ = ["RerankTask"]

log = logging.getLogger(__name__)

DEFAULT_STORE = Path("coderm-runs")


class RerankTask(ConfigurableTask):  # type: ignore[misc]  # lm-eval has no types
    """A benchmark whose N sampled answers are reranked by unit tests; rows are named in `report.scores.ROWS`.

    A task file's `metadata` says which `benchmark` it is, and whether the `prompt` is a `chat` message, a
    `completion` to go on from, or `recorded`: candidates that come with the benchmark, so that the model's
    answer is not used.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        config = {key: value for key, value in config.items() if key != "class"}
        metadata = config["metadata"]
        self._prompt_style: str = metadata["prompt"]
        name = metadata["benchmark"]
        with user_errors("coderm-eval"):
            given = metadata.get("coderm") or {}
            if not isinstance(given, dict):
                raise SettingsError(f'--metadata: coderm is {given!r}, not settings such as {{"coderm": {{"n": 20}}}}')
            if self._prompt_style == "recorded":
                given = {"tests": {"file": demo.TESTS}, **given}
            self._settings: Settings = load_settings(given, source="--metadata coderm")
            self._benchmark: Benchmark = load_benchmark(name, self._settings.for_benchmark(name))
        self._problems = self._benchmark.problem_by_id()
        super().__init__(config=config)

    # What lm-eval asks for before the model runs

    def download(self, *args: Any, **kwargs: Any) -> None:
        """Documents hold no gold test and no canonical solution, so none can reach a prompt or a log."""
        rows = [
            {"task_id": p.task_id, "entry_point": p.entry_point, "text": self._text(p)}
            for p in self._benchmark.problems
        ]
        self.dataset = {"test": datasets.Dataset.from_list(rows)}

    def _text(self, problem: Problem) -> str:
        return policy_prompt(problem, completes=self._prompt_style == "completion")

    @property
    def _n(self) -> int:
        return 1 if self._prompt_style == "recorded" else self._settings.n or DEFAULT_N

    def build_all_requests(self, **kwargs: Any) -> None:
        """What would fail after the model's hours of sampling fails here, before them."""
        if "bypass" not in self._metric_fn_list:
            with user_errors("coderm-eval"):
                _refuse_greedy(self.config.generation_kwargs, self._n)
                preflight(self._settings)
        super().build_all_requests(**kwargs)
        if self._prompt_style != "recorded":
            self._recall_samples()

    def _recall_samples(self) -> None:
        """Take the samples that an earlier run of the same command has stored, and ask only for the others."""
        if not self._store_folder.is_dir():
            return
        keys = [self._sample_key(instance) for instance in self.instances]
        with open_store(self._store_folder) as store:
            stored = store.table("samples").get_many(keys)
        pairs = zip(self.instances, keys, strict=True)
        recalled = [(instance, stored[key]["text"]) for instance, key in pairs if key in stored]
        for instance, text in recalled:
            instance.resps.append(text)
            instance.repeats = 0
        if recalled:
            log.warning(
                "%d of %d samples are read from %s; name another store to draw them anew",
                len(recalled),
                len(self.instances),
                self._store_folder,
            )
        if len(recalled) == len(self.instances):
            self.instances[-1].repeats = 1  # lm-eval's models fail on no requests; this answer goes unused

    def _sample_key(self, instance: Instance) -> str:
        context, generation = instance.args
        return fingerprint("sample", self._model, str(context), repr(sorted(generation.items())), str(instance.idx))

    @property
    def _model(self) -> str:
        """What is known of the policy: the --model_args, which lm-eval adds to a task's metadata."""
        own = {"version", "benchmark", "prompt", "coderm", "config_source"}
        return repr(sorted((key, str(value)) for key, value in self.config.metadata.items() if key not in own))

    @property
    def _store_folder(self) -> Path:
        """The store; a run's directory is a folder in it."""
        return self._settings.store or DEFAULT_STORE

    def construct_requests(
        self,
        doc: dict[str, Any],
        ctx: str,
        *,
        apply_chat_template: bool = False,
        chat_template: Callable[..., str] | None = None,
        **kwargs: Any,
    ) -> list[Instance]:
        """One request per sample; to a server each with a seed of its own.

        lm-eval's API models send one seed (1234) with every request, so that a server which honours it
        returns N times the same answer.
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
            for sample in range(self._n)
        ]

    # What lm-eval asks for once all answers are in

    def apply_filters(self) -> None:
        if "bypass" in self._metric_fn_list:  # --predict_only: answers are wanted, not scores
            super().apply_filters()
            return
        answers = self._stored_answers()
        _warn_of_duplicates(answers)
        folder = self._store_folder / self._run_name(answers)
        with user_errors("coderm-eval"):
            result = run(
                self._benchmark,
                [
                    ProblemCandidates(self._problems[task_id], self._candidates(task_id, given))
                    for task_id, given in answers.items()
                ],
                self._settings,
                out=folder,
                store_folder=self._store_folder,
                graded=True,
            )
        log.warning("run directory: %s", folder)
        used = {r.problem.task_id: float(r.selections[self._settings.rule].tests_used) for r in result.results}
        for instance in self.instances:
            task_id = instance.doc["task_id"]
            for row in self._rows:
                found = {"pass@1": result.problems[task_id][row]}
                if row == "coderm":
                    found["tests_per_problem"] = used[task_id]
                instance.filtered_resps[row] = found

    @property
    def _rows(self) -> tuple[str, ...]:
        """Of the result table; with `select: all` there is one for each rule as well."""
        return tuple(sorted({*ROWS, *self._settings.compared})) if self._settings.select == ALL_RULES else ROWS

    def _stored_answers(self) -> dict[str, dict[int, str]]:
        """{task id: {sample index: answer}}, kept in the store before anything can go wrong with them."""
        answers: dict[str, dict[int, str]] = {}
        for instance in self.instances:
            answers.setdefault(instance.doc["task_id"], {})[instance.idx] = instance.resps[0]
        if self._prompt_style != "recorded":
            with open_store(self._store_folder) as store:
                rows = {self._sample_key(instance): {"text": instance.resps[0]} for instance in self.instances}
                store.table("samples").add_all(rows)
        return answers

    def _candidates(self, task_id: str, answers: Mapping[int, str]) -> tuple[Candidate, ...]:
        if self._prompt_style == "recorded":
            return deduplicate_candidates(read_by_task(demo.SAMPLES, "solution")[task_id][: self._settings.n])
        problem = self._problems[task_id]
        texts = [answers[sample] for sample in sorted(answers)]
        how, completes = self._settings.extraction, self._prompt_style == "completion"
        return deduplicate_candidates(extract_program(t, problem, how, completes=completes) for t in texts)

    def _run_name(self, answers: Mapping[str, object]) -> str:
        """A name that changes with all that makes it another run, so that runs never share a folder."""
        settings = self._settings.model_dump_json(exclude={"store": True, "execution": {"workers"}})
        generation = repr(sorted(self.config.generation_kwargs.items()))
        name = fingerprint(settings, self._model, generation, *sorted(answers))
        return f"{self.config.task}-{name[:8]}"

    def process_results(self, doc: dict[str, Any], results: list[Any]) -> dict[str, Any]:
        if "bypass" in self._metric_fn_list:
            return dict(super().process_results(doc, results))
        # An undefined value (a program that could not be graded) is left out of lm-eval's mean.
        return {metric: value for metric, value in results[0].items() if value == value}

    def aggregation(self) -> dict[str, Callable[..., float]]:
        return {"pass@1": mean, "tests_per_problem": mean, **self._aggregation_list}

    def higher_is_better(self) -> dict[str, bool]:
        return {"pass@1": True, "tests_per_problem": False, **self._higher_is_better}


def _is_server(chat_template: object) -> bool:
    """Whether the model whose (bound) chat template this is sends its requests to a server."""
    from lm_eval.models.api_models import TemplateAPI

    return isinstance(getattr(chat_template, "__self__", None), TemplateAPI)


def _refuse_greedy(generation: Mapping[str, Any], n: int) -> None:
    greedy = generation.get("temperature") == 0 or generation.get("do_sample") is False
    if greedy and n > 1:
        raise SettingsError(
            f"n is {n} but decoding is greedy, so that all samples would be the same: "
            "pass --gen_kwargs do_sample=True,temperature=0.8, or set n to 1"
        )


def _warn_of_duplicates(answers: Mapping[str, Mapping[int, str]]) -> None:
    """Say so when more than half of a problem's samples, on average, repeat another: N is then not what it seems."""
    repeated = [1 - len(set(given.values())) / len(given) for given in answers.values() if len(given) > 1]
    if repeated and sum(repeated) > len(repeated) / 2:
        log.warning(
            "%.0f %% of the samples repeat another sample of their problem: sampling is off or nearly so "
            "(--gen_kwargs temperature=...), or the server gives one answer whatever the seed",
            100 * sum(repeated) / len(repeated),
        )
