"""A reranked benchmark for any harness that samples the candidates: its prompts, candidates, store and run."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from coderm_eval.benchmarks import Benchmark, demo, load_benchmark
from coderm_eval.core.errors import SettingsError
from coderm_eval.core.outputs import require_writable
from coderm_eval.core.records import Candidate, ProblemCandidates, deduplicate_candidates, fingerprint
from coderm_eval.generation.answer_notices import AnswerTally
from coderm_eval.generation.recorded.readers import read_by_task
from coderm_eval.generation.sample import DEFAULT_N, extract_program, policy_prompt
from coderm_eval.generation.write_tests import check_tests_file
from coderm_eval.hosts.scores import UNGRADED_ROWS, table_rows
from coderm_eval.pipeline.preflight import preflight
from coderm_eval.pipeline.run import run
from coderm_eval.pipeline.run_identity import run_identity
from coderm_eval.pipeline.settings import DEFAULT_STORE, load_settings
from coderm_eval.report.provenance import Caller
from coderm_eval.report.reporter import RunReport
from coderm_eval.report.run_directory import RunDirectory

__all__ = ["PromptStyle", "RerankedBenchmark", "Typed"]

log = logging.getLogger(__name__)

PromptStyle = Literal["chat", "completion", "recorded"]
"""A message to a chat model; code for a base model to go on from; or no prompt at all: the candidates come with the
benchmark, and the model's answer is not used."""


@dataclass(frozen=True)
class Typed:
    """What a user of the harness types, for the messages that ask for it."""

    settings: str
    """Where settings stand."""
    temperature: str
    """To sample and not to decode greedily."""
    test_writer: str
    """To name the model that writes the tests, or a file of tests."""
    missing_tests: str
    """Where a file of tests has none of some problems."""


class RerankedBenchmark:
    """A benchmark whose N sampled answers are reranked by unit tests.

    Args:
        name: of the benchmark.
        style: where the candidates come from.
        given: settings, by key.
        typed: what messages ask the user to type.

    Raises:
        SettingsError: the settings cannot be used. DatasetError: the benchmark is not on this machine.
    """

    def __init__(self, name: str, style: PromptStyle, given: Mapping[str, Any], typed: Typed) -> None:
        self.is_recorded = style == "recorded"
        self._completes = style == "completion"
        self._typed = typed
        recorded = {"tests": {"file": demo.TESTS}} if self.is_recorded else {}
        self.given = {**recorded, **given}
        self.settings = load_settings(self.given, source=typed.settings)
        self._benchmark: Benchmark = load_benchmark(name, self.settings.for_benchmark(name))
        self._problems = self._benchmark.problem_by_id()
        self.store_folder = self.settings.store or DEFAULT_STORE
        """The store; the directory of a run is a folder in it."""
        self.run_directory: RunDirectory | None = None
        """The directory of the run, once there is one."""

    @property
    def n(self) -> int:
        """Answers that the model is asked for, per problem."""
        return 1 if self.is_recorded else self.settings.n or DEFAULT_N

    @property
    def rows(self) -> tuple[str, ...]:
        """Rows of the result table."""
        return table_rows(self.settings) if self._benchmark.has_gold_tests else UNGRADED_ROWS

    def documents(self) -> list[dict[str, str]]:
        """A row for each problem, with the prompt under `text`; no gold test or canonical solution is in it.

        Raises:
            SettingsError: a problem has no code for a model that completes.
        """
        return [
            {"task_id": p.task_id, "entry_point": p.entry_point, "text": policy_prompt(p, completes=self._completes)}
            for p in self._benchmark.problems
        ]

    def check(self, *, greedy: bool) -> None:
        """Find out before the model's hours of sampling what would fail after them.

        Args:
            greedy: whether the model draws nothing, so that all its answers to a prompt are the same.

        Raises:
            CodermError: greedy decoding of several samples, gold tests of some problems only, a setting that cannot be
                used, a host without isolation.
        """
        if greedy and self.n > 1:
            raise SettingsError(
                f"n is {self.n} but decoding is greedy, so that all samples would be the same: "
                f"{self._typed.temperature}, or set n to 1"
            )
        if self.settings.tests.written and self.settings.tests.model is None:
            raise SettingsError(f"tests.model is not set: {self._typed.test_writer}")
        if self._benchmark.has_gold_tests:
            self._benchmark.require_gold_tests()
        require_writable(self.store_folder, is_folder=True, flag="the setting `store`")
        preflight(self.settings)

    def check_tests(self, tasks: Collection[str]) -> None:
        """Refuse a file of tests that lacks some of the `tasks`, before the model is asked for their samples.

        Raises:
            InputError: names them.
        """
        name, advice = self._benchmark.name, self._typed.missing_tests
        check_tests_file(self.settings.tests, tasks, self._problems, benchmark=name, advice=advice)

    def run(
        self, answers: Mapping[str, Sequence[str]], *, name: str, sampled: Sequence[str], caller: Caller
    ) -> RunReport:
        """Rerank all answers, grade them if there are gold tests, and write the run directory in the store.

        Args:
            answers: by task id, in the order of their sample index.
            name: of the task, which the folder's name begins with.
            sampled: how the answers were, so that runs of several ways have folders of their own.
            caller: who asks for the run.

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
        folder = self.store_folder / f"{name}-{self._run_id(problems, sampled)}"
        report = run(
            self._benchmark,
            problems,
            self.settings,
            out=folder,
            store_folder=self.store_folder,
            graded=self._benchmark.has_gold_tests,
            extracted=not self.is_recorded,
            caller=caller,
        )
        self.run_directory = RunDirectory(folder)
        log.warning("%s", self.run_directory.where())
        if not self._benchmark.has_gold_tests:
            log.warning(
                "%s has no gold_tests: the run has picks, rewards and verdicts, and no scores", self._benchmark.name
            )
        return report

    def _candidates(self, task_id: str, answers: Sequence[str]) -> tuple[Candidate, ...]:
        if self.is_recorded:
            return deduplicate_candidates(read_by_task(demo.SAMPLES, "solution")[task_id][: self.settings.n])
        problem, how = self._problems[task_id], self.settings.extraction
        return deduplicate_candidates(extract_program(a, problem, how, completes=self._completes) for a in answers)

    def _run_id(self, problems: Sequence[ProblemCandidates], sampled: Sequence[str]) -> str:
        """Eight digits that change with all that makes it another run, so that runs never share a folder."""
        identity = run_identity(self._benchmark, problems, self.settings, extracted=not self.is_recorded)
        return fingerprint(json.dumps(identity), *sampled)[:8]
