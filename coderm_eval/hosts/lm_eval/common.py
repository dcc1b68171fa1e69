"""A reranked benchmark for any version of lm-eval: its prompts, its candidates, its store and its run."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from coderm_eval.benchmarks import Benchmark, demo, load_benchmark
from coderm_eval.core.errors import SettingsError
from coderm_eval.core.outputs import require_writable
from coderm_eval.core.records import Candidate, ProblemCandidates, deduplicate_candidates, fingerprint
from coderm_eval.core.store import open_store
from coderm_eval.generation.answer_notices import AnswerTally
from coderm_eval.generation.origin import policy_origin
from coderm_eval.generation.recorded.readers import read_by_task
from coderm_eval.generation.sample import DEFAULT_N, extract_program, policy_prompt
from coderm_eval.generation.write_tests import check_tests_file
from coderm_eval.hosts.lm_eval.metadata import require_settings_under_coderm, require_test_writer
from coderm_eval.hosts.lm_eval.provenance import RUN_DIRECTORY, lm_eval_caller, name_results_file_in, policy_of
from coderm_eval.pipeline.preflight import preflight
from coderm_eval.pipeline.run import run
from coderm_eval.pipeline.run_identity import run_identity
from coderm_eval.pipeline.settings import Settings, load_settings
from coderm_eval.report.provenance import Caller
from coderm_eval.report.reporter import RunReport
from coderm_eval.report.run_directory import RunDirectory
from coderm_eval.report.scores import ROWS
from coderm_eval.selection import ALL_RULES

__all__ = ["RerankedBenchmark"]

log = logging.getLogger(__name__)

DEFAULT_STORE = Path("coderm-runs")

PromptStyle = Literal["chat", "completion", "recorded"]
"""A message to a chat model; code for a base model to go on from; or no prompt at all: the candidates come with the
benchmark, and the model's answer is not used."""

_OWN_METADATA = frozenset({"version", "benchmark", "prompt", "coderm", "config_source", RUN_DIRECTORY})
"""Keys of a task's metadata that are this project's or the task file's; lm-eval adds the --model_args to them."""


class RerankedBenchmark:
    """A benchmark whose N sampled answers are reranked by unit tests.

    Args:
        metadata: a task file's: `benchmark`, `prompt` (a PromptStyle), and settings under `coderm`; with them the
            --model_args, which say which model the policy is.

    Raises:
        SettingsError: the settings cannot be used. DatasetError: the benchmark is not on this machine.
    """

    def __init__(self, metadata: Mapping[str, Any]) -> None:
        require_settings_under_coderm(metadata, _OWN_METADATA)
        style: PromptStyle = metadata["prompt"]
        self.is_recorded = style == "recorded"
        self._completes = style == "completion"
        self.settings = _settings(metadata.get("coderm") or {}, self.is_recorded)
        name = metadata["benchmark"]
        self._benchmark: Benchmark = load_benchmark(name, self.settings.for_benchmark(name))
        self._problems = self._benchmark.problem_by_id()
        self._model_args = {key: value for key, value in metadata.items() if key not in _OWN_METADATA}
        self._model = repr(sorted((key, str(value)) for key, value in self._model_args.items()))
        self.store_folder = self.settings.store or DEFAULT_STORE
        """The store; the directory of a run is a folder in it."""
        self.run_directory: Path | None = None
        """The directory of the run, once there is one."""

    @property
    def n(self) -> int:
        """Answers that the model is asked for, per problem."""
        return 1 if self.is_recorded else self.settings.n or DEFAULT_N

    @property
    def rows(self) -> tuple[str, ...]:
        """Rows of the result table; with `select: all` there is one for each rule as well, without tests no vote."""
        rules = self.settings.compared if self.settings.select == ALL_RULES else ()
        voted = self.settings.tests.backend != "none"
        return tuple(sorted(row for row in {*ROWS, *rules} if voted or row != "majority"))

    def documents(self) -> list[dict[str, str]]:
        """A row for each problem, with the prompt under `text`; no gold test or canonical solution is in it."""
        return [
            {"task_id": p.task_id, "entry_point": p.entry_point, "text": policy_prompt(p, completes=self._completes)}
            for p in self._benchmark.problems
        ]

    def check(self, generation: Mapping[str, Any]) -> None:
        """Find out before the model's hours of sampling what would fail after them.

        Raises:
            CodermError: greedy decoding of several samples, a setting that cannot be used, a host without isolation.
        """
        greedy = generation.get("temperature") == 0 or generation.get("do_sample") is False
        if greedy and self.n > 1:
            raise SettingsError(
                f"n is {self.n} but decoding is greedy, so that all samples would be the same: "
                "pass --gen_kwargs do_sample=True,temperature=0.8, or set n to 1"
            )
        require_test_writer(self.settings.tests)
        require_writable(self.store_folder, is_folder=True, flag="the setting `store`")
        preflight(self.settings)

    def check_tests(self, tasks: Collection[str]) -> None:
        """Refuse a file of tests that lacks some of the `tasks`, before the model is asked for their samples.

        Raises:
            InputError: names them.
        """
        advice = "write tests for them, or name the tasks that have some in lm_eval's --samples"
        name = self._benchmark.name
        check_tests_file(self.settings.tests, tasks, self._problems, benchmark=name, advice=advice)

    def sample_key(self, context: object, generation: Mapping[str, Any], sample: int) -> str:
        """The key that a sample is stored under, made of all that affects it."""
        return fingerprint("sample", self._model, str(context), repr(sorted(generation.items())), str(sample))

    def stored_samples(self, keys: Iterable[str]) -> dict[str, str]:
        """Return those of the samples that an earlier run has stored, by key."""
        if self.is_recorded or not self.store_folder.is_dir():
            return {}
        with open_store(self.store_folder) as store:
            return {key: row["text"] for key, row in store.table("samples").get_many(keys).items()}

    def store_samples(self, texts: Mapping[str, str]) -> None:
        """Keep the samples, by key, before anything can go wrong with them."""
        if not self.is_recorded:
            with open_store(self.store_folder) as store:
                store.table("samples").add_all({key: {"text": text} for key, text in texts.items()})

    def rerank(
        self, answers: Mapping[str, Sequence[str]], *, name: str, generation: Mapping[str, Any], seed: int | None
    ) -> RunReport:
        """Rerank and grade all answers, and write the run directory in the store.

        Args:
            answers: by task id, in the order of their sample index.
            name: of the task, which the folder's name begins with.
            generation: how the answers were sampled.
            seed: of each problem's first answer, where each has one.

        Raises:
            CodermError: as `pipeline.run.run`.
        """
        if not self.is_recorded:
            tally = AnswerTally()
            for given in answers.values():
                tally.add(given)
            tally.warn()
        problems = [
            ProblemCandidates(self._problems[task], self._candidates(task, given)) for task, given in answers.items()
        ]
        folder = self.store_folder / f"{name}-{self._run_id(problems, generation)}"
        report = run(
            self._benchmark,
            problems,
            self.settings,
            out=folder,
            store_folder=self.store_folder,
            graded=True,
            extracted=not self.is_recorded,
            caller=self._caller(generation, seed),
        )
        log.warning("%s", RunDirectory(folder).where())
        name_results_file_in(RunDirectory(folder))
        self.run_directory = folder
        return report

    def _caller(self, generation: Mapping[str, Any], seed: int | None) -> Caller:
        if self.is_recorded:
            return lm_eval_caller(policy_origin({}), demo.SAMPLES)
        return lm_eval_caller(policy_of(self._model_args, generation, n=self.n, seed=seed), None)

    def _candidates(self, task_id: str, answers: Sequence[str]) -> tuple[Candidate, ...]:
        if self.is_recorded:
            return deduplicate_candidates(read_by_task(demo.SAMPLES, "solution")[task_id][: self.settings.n])
        problem, how = self._problems[task_id], self.settings.extraction
        return deduplicate_candidates(extract_program(a, problem, how, completes=self._completes) for a in answers)

    def _run_id(self, problems: Sequence[ProblemCandidates], generation: Mapping[str, Any]) -> str:
        """Eight digits that change with all that makes it another run, so that runs never share a folder."""
        identity = run_identity(self._benchmark, problems, self.settings, extracted=not self.is_recorded)
        return fingerprint(json.dumps(identity), self._model, repr(sorted(generation.items())))[:8]


def _settings(given: Any, is_recorded: bool) -> Settings:
    if not isinstance(given, dict):
        raise SettingsError(f'--metadata: coderm is {given!r}, not settings such as {{"coderm": {{"n": 20}}}}')
    recorded = {"tests": {"file": demo.TESTS}} if is_recorded else {}
    return load_settings({**recorded, **given}, source="--metadata coderm")
