"""A reranked benchmark for lighteval: its documents as a file, how complete the answers are, and its run."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coderm_eval.benchmarks import demo
from coderm_eval.core.errors import IncompleteRunError
from coderm_eval.core.files import jsonl_text, write_text
from coderm_eval.core.records import fingerprint
from coderm_eval.core.secrets import typed_command
from coderm_eval.generation.origin import policy_origin
from coderm_eval.hosts.lighteval.model import is_greedy, model_of_command, policy_of, takes_all_documents
from coderm_eval.hosts.lighteval.results_file import name_results_file_in
from coderm_eval.hosts.reranked_benchmark import PromptStyle, RerankedBenchmark, Typed
from coderm_eval.hosts.scores import Scores, scores_by_problem
from coderm_eval.report.provenance import Caller

__all__ = ["TYPED", "LightevalBenchmark"]

log = logging.getLogger(__name__)

TYPED = Typed(
    settings="parameters of the task",
    temperature="add generation_parameters={temperature:0.8,top_p:0.95} to the model's arguments",
    test_writer=(
        "name a YAML file in the variable CODERM_CONFIG with `tests: {model: KAKA22/CodeRM-8B, base_url: "
        "http://127.0.0.1:8001/v1}`, the model that writes the tests and its server, or `tests: {file: tests.jsonl}`"
    ),
    missing_tests="write tests for them, or name no file, so that a model writes them",
)


class LightevalBenchmark(RerankedBenchmark):
    """A benchmark as a task of lighteval.

    Args:
        task: its name in lighteval.
        benchmark: its name.
        style: where the candidates come from.
        given: settings, by key; those of CODERM_CONFIG stand behind them.

    Raises:
        SettingsError: the settings cannot be used. DatasetError: the benchmark is not on this machine.
    """

    def __init__(self, task: str, benchmark: str, style: PromptStyle, given: Mapping[str, Any]) -> None:
        super().__init__(benchmark, style, given, TYPED)
        self._task = task

    def documents_folder(self) -> Path:
        """Check all that can be checked before the model's answers, and write the documents where lighteval reads them.

        The folder's name changes with the documents: lighteval keeps answers under it and the number of a line.

        Raises:
            CodermError: as `check`.
        """
        self.check(greedy=is_greedy(model_of_command()))
        documents = self.documents()
        if takes_all_documents():
            self.check_tests({document["task_id"] for document in documents})
        text = jsonl_text(documents)
        folder = self.store_folder / "lighteval" / f"{self._task}-{fingerprint(text)[:8]}"
        write_text(folder / "test.jsonl", text)
        return folder

    def scores(self, answers: Mapping[str, Sequence[str]]) -> Scores:
        """Rerank and grade the answers, by task id, in the benchmark's order; problems without all answers have none.

        Raises:
            IncompleteRunError: a problem has not as many answers as were asked for.
            CodermError: as `run`.
        """
        answers = answers if self.is_recorded else self._complete(answers)
        ordered = {p.task_id: answers[p.task_id] for p in self._benchmark.problems if p.task_id in answers}
        model = model_of_command()
        sampled = repr(sorted((key, str(value)) for key, value in model.items()))
        report = self.run(ordered, name=self._task, sampled=[sampled], caller=self._caller(model))
        assert self.run_directory
        name_results_file_in(self.run_directory)
        return scores_by_problem(report, self.settings, self.rows)

    def _complete(self, answers: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
        """The problems that have all n answers; lighteval gives one empty answer where a request failed."""
        complete = {task: given for task, given in answers.items() if len(given) == self.n and [*given] != [""]}
        missing = {task: len(given) for task, given in answers.items() if task not in complete}
        if missing and not (complete and self.settings.execution.allow_incomplete):
            task, number = next(iter(missing.items()))
            raise IncompleteRunError(
                f"{len(missing)} of {len(answers)} problems have not the {self.n} answers that lighteval was asked for "
                f"({task}: {number}): a request failed, the server ignores `n`, or tasks with another n run in the "
                "same command; mend that, remove lighteval's cache of answers (~/.cache/huggingface/lighteval, or the "
                "model's cache_dir), and run the command again"
            )
        if missing:
            log.warning("%d of %d problems have not all answers, and are in no score", len(missing), len(answers))
        return complete

    def _caller(self, model: Mapping[str, Any]) -> Caller:
        command = typed_command()
        policy = policy_origin({}) if self.is_recorded else policy_of(model, self.n)
        samples = demo.SAMPLES if self.is_recorded else None
        return Caller("lighteval", command if command[0] == "lighteval" else None, samples, policy=policy)
