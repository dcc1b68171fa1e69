"""A run of `evalplus.coderm`: samples reranked by the pipeline, then samples and picks evaluated by EvalPlus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalplus.evaluate import evaluate as evalplus_evaluate

from coderm_eval.benchmarks import Benchmark
from coderm_eval.benchmarks.grade import grade_programs, require_complete
from coderm_eval.core.errors import InputError, OutputError
from coderm_eval.core.files import write_atomically
from coderm_eval.core.outputs import require_writable, would_destroy
from coderm_eval.core.records import Grade, ProblemCandidates, deduplicate_candidates
from coderm_eval.core.secrets import typed_command
from coderm_eval.core.store import open_store
from coderm_eval.execution.executor import make_executor
from coderm_eval.generation.origin import Origin, origin_of_samples
from coderm_eval.generation.recorded.samples import read_samples, take_first
from coderm_eval.hosts.evalplus.results import ResultsFile, results_path
from coderm_eval.pipeline.run import run
from coderm_eval.pipeline.settings import Settings
from coderm_eval.report.provenance import Caller
from coderm_eval.report.reporter import RunReport
from coderm_eval.report.run_directory import RUN_FILES, RunDirectory

__all__ = ["EvalPlusRun"]

_Programs = Mapping[str, Sequence[str]]
_PROGRAMS = ("evalplus.coderm", "evalplus")
"""Names of the script, and of the package behind `python -m`."""
_Grades = Mapping[tuple[str, str], Grade]


@dataclass(frozen=True)
class EvalPlusRun:
    """How samples are reranked and evaluated, wherever they come from."""

    dataset: str
    """EvalPlus's name of the benchmark."""
    benchmark: Benchmark
    settings: Settings
    anew: bool
    """Whether results files that exist are set aside."""
    allow_partial: bool
    policy: Origin | None
    """What the samples were drawn from; None where they are recorded."""

    def rerank_and_evaluate(self, samples: Path) -> None:
        """Write the picks, and let EvalPlus print pass@k of the samples and of the picks.

        Raises:
            CodermError: samples that cannot be used, a results file of other samples, or whatever stops a run.
        """
        programs = self._read(samples)
        if not self.anew:
            self._results_file(samples, programs).require_match()
        out, picks = _beside(samples, ".coderm"), _beside(samples, ".coderm.jsonl")
        self._require_outputs(samples, picks, out)
        store = self.settings.store or out / "store"
        report = self._rerank(samples, programs, out, store)
        write_atomically(picks, (out / "chosen.jsonl").read_bytes())
        grades = self._grade(programs, store, out)
        self._evaluate(
            samples, programs, grades, f"{sum(map(len, programs.values()))} samples of {len(programs)} tasks"
        )
        tests = report.summary["tests_per_problem"]
        how = f"one sample per task, picked by rule {self.settings.rule} with {tests:g} tests per problem"
        self._evaluate(picks, self._picked(report), grades, how)
        print(RunDirectory(out).where())

    def _require_outputs(self, samples: Path, picks: Path, out: Path) -> None:
        """Find out before work starts what cannot be written, and which input would be lost by it.

        Raises:
            OutputError: names it.
        """
        require_writable(picks, is_folder=False, flag="--samples")
        inputs = {"--samples": samples, "--tests": self.settings.tests.file}
        for path in (picks, results_path(samples), results_path(picks), *(out / name for name in RUN_FILES)):
            for flag, given in inputs.items():
                if given is not None and would_destroy(path, given):
                    raise OutputError(f"{path}: it would overwrite the input {flag} {given}; rename that")

    def _read(self, samples: Path) -> Mapping[str, Sequence[str]]:
        """The programs of each of the benchmark's tasks, in the benchmark's order."""
        if not samples.is_dir() and samples.suffix != ".jsonl":
            raise InputError(
                f"{samples}: EvalPlus takes samples from a plain .jsonl file or from a folder; unpack or rename it"
            )
        return read_samples(
            samples,
            self.benchmark.problem_by_id(),
            benchmark=self.benchmark.name,
            n=None,
            allow_partial=self.allow_partial,
        )

    def _rerank(self, samples: Path, programs: Mapping[str, Sequence[str]], out: Path, store: Path) -> RunReport:
        known = self.benchmark.problem_by_id()
        problems = [
            ProblemCandidates(known[task], deduplicate_candidates(listed))
            for task, listed in take_first(samples, programs, self.settings.n).items()
        ]
        return run(
            self.benchmark,
            problems,
            self.settings,
            out=out,
            store_folder=store,
            graded=True,
            allow_partial=self.allow_partial,
            extracted=self.policy is not None,
            overwrite=True,  # the run directory is named after the samples, as EvalPlus names its files
            caller=self._caller(samples),
        )

    def _caller(self, samples: Path) -> Caller:
        command = typed_command()
        policy = self.policy or origin_of_samples(self.settings.policy, samples)
        return Caller("evalplus", command if command[0] in _PROGRAMS else None, samples, policy=policy)

    def _picked(self, report: RunReport) -> Mapping[str, Sequence[str]]:
        """The one program of each task that was picked."""
        return {row["task_id"]: [row["solution"]] for row in report.directory.rows("chosen.jsonl")}

    def _grade(self, programs: _Programs, store: Path, out: Path) -> _Grades:
        """Grade all samples; only those that `n` left out of the run are not in the store yet."""
        pairs = [(task, program) for task, listed in programs.items() for program in listed]
        execution = self.settings.execution
        with open_store(store) as opened, make_executor(execution) as executor:
            grades = grade_programs(self.benchmark, pairs, opened, executor)
        ungraded = sum(grades[pair].passed is None for pair in pairs)
        require_complete(executions=0, grades=ungraded, out=out, allowed=execution.allow_incomplete)
        return grades

    def _evaluate(self, samples: Path, programs: _Programs, grades: _Grades, description: str) -> None:
        """Write the results file, from which EvalPlus then prints pass@k."""
        self._results_file(samples, programs).write(grades, anew=self.anew)
        print(f"{samples}: {description}")
        evalplus_evaluate(self.dataset, str(samples), base_only=self.settings.evalplus.base_only)

    def _results_file(self, samples: Path, programs: _Programs) -> ResultsFile:
        base_only = self.settings.evalplus.base_only
        return ResultsFile(results_path(samples), self.benchmark.results_hash, programs, base_only)


def _beside(samples: Path, ending: str) -> Path:
    """X.ending for samples X.jsonl, FOLDER.ending for those in a folder."""
    if samples.name in ("", ".."):  # a folder which such a path does not name
        samples = samples.resolve()
    return samples.with_name((samples.name if samples.is_dir() else samples.stem) + ending)
