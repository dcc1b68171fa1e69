"""A reranked benchmark for any version of lm-eval: what its metadata say, its stored samples and its run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from coderm_eval.benchmarks import demo
from coderm_eval.core.errors import SettingsError
from coderm_eval.core.records import fingerprint
from coderm_eval.core.store import open_store
from coderm_eval.generation.origin import policy_origin
from coderm_eval.hosts.lm_eval.metadata import benchmark_of, require_settings_under_coderm
from coderm_eval.hosts.lm_eval.provenance import RUN_DIRECTORY, lm_eval_caller, name_results_file_in, policy_of
from coderm_eval.hosts.reranked_benchmark import RerankedBenchmark, Typed
from coderm_eval.pipeline.settings import load_settings
from coderm_eval.report.provenance import Caller
from coderm_eval.report.reporter import RunReport

__all__ = ["LmEvalBenchmark"]

_TYPED = Typed(
    settings="--metadata coderm",
    temperature="pass --gen_kwargs do_sample=True,temperature=0.8",
    test_writer=(
        'add --metadata \'{"coderm": {"tests": {"model": "KAKA22/CodeRM-8B", '
        '"base_url": "http://127.0.0.1:8001/v1"}}}\', with the model that writes the tests and its server, or '
        '\'{"coderm": {"tests": {"file": "tests.jsonl"}}}\''
    ),
    missing_tests="write tests for them, or name the tasks that have some in lm_eval's --samples",
)

_OWN_METADATA = frozenset({"version", "benchmark", "prompt", "coderm", "config_source", RUN_DIRECTORY})
"""Keys of a task's metadata that are this project's or the task file's; lm-eval adds the --model_args to them."""


class LmEvalBenchmark(RerankedBenchmark):
    """A benchmark as the metadata of a task of lm-eval describe it.

    Args:
        task: its name.
        metadata: its file's: `benchmark`, `prompt` (a PromptStyle), and settings under `coderm`; with them the
            --model_args, which say which model the policy is.

    Raises:
        SettingsError: the settings cannot be used. DatasetError: the benchmark is not on this machine.
    """

    def __init__(self, task: object, metadata: Mapping[str, Any]) -> None:
        require_settings_under_coderm(metadata, _OWN_METADATA)
        name = benchmark_of(task, metadata)
        super().__init__(name, metadata["prompt"], _settings(metadata.get("coderm") or {}), _TYPED)
        self._model_args = {key: value for key, value in metadata.items() if key not in _OWN_METADATA}
        self._model = repr(sorted((key, str(value)) for key, value in self._model_args.items()))

    def take_repeats(self, repeats: int) -> None:
        """Take the number of samples of each problem from lm-eval's --repeats.

        Raises:
            SettingsError: it is not above 0, or the settings name another.
        """
        if self.settings.n not in (None, repeats):
            raise SettingsError(
                f"--repeats is {repeats} and the setting n is {self.settings.n}, and both are the number of samples of "
                "each problem: give one of them"
            )
        self.settings = load_settings({**self.given, "n": repeats}, source="--repeats")

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
        sampled = (self._model, repr(sorted(generation.items())))
        report = self.run(answers, name=name, sampled=sampled, caller=self._caller(generation, seed))
        assert self.run_directory
        name_results_file_in(self.run_directory)
        return report

    def _caller(self, generation: Mapping[str, Any], seed: int | None) -> Caller:
        if self.is_recorded:
            return lm_eval_caller(policy_origin({}), demo.SAMPLES)
        return lm_eval_caller(policy_of(self._model_args, generation, n=self.n, seed=seed), None)


def _settings(given: Any) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise SettingsError(f'--metadata: coderm is {given!r}, not settings such as {{"coderm": {{"n": 20}}}}')
    return given
