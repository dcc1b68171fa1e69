"""What lm-eval knows of a run: the policy, the command, and its own file of results, which it writes after the run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lm_eval.loggers import EvaluationTracker

from coderm_eval.core.secrets import typed_command
from coderm_eval.generation.origin import Origin, policy_origin
from coderm_eval.report.provenance import Caller, name_results_file
from coderm_eval.report.run_directory import RunDirectory

__all__ = ["RUN_DIRECTORY", "lm_eval_caller", "name_results_file_in", "policy_of"]

RUN_DIRECTORY = "run_directory"
"""The key of a task's metadata, which lm-eval's results repeat, that names the run directory."""

_PROGRAMS = ("lm_eval", "lm-eval")


def policy_of(model: Mapping[str, Any], generation: Mapping[str, Any], *, n: int, seed: int | None) -> Origin:
    """The policy, as far as --model_args and the task's generation say it.

    Args:
        model: the --model_args.
        generation: generation_kwargs with --gen_kwargs.
        n: answers of each problem that are asked for.
        seed: of the first of them; None where no seed is sent with each.
    """
    greedy = generation.get("do_sample") is False and seed is None  # servers are not sent do_sample
    drawn = {} if greedy else {name: generation.get(name) for name in ("temperature", "top_p")}
    name = next((str(model[key]) for key in ("pretrained", "model", "path") if model.get(key)), None)
    known = {"model": name, "revision": model.get("revision"), "server": model.get("base_url")}
    return policy_origin({**known, "n": n, **drawn, "max_tokens": generation.get("max_gen_toks"), "seed": seed})


def lm_eval_caller(policy: Origin, samples: Path | None) -> Caller:
    """Who asks for the run; a program that calls lm-eval has typed no command of it."""
    command = typed_command()
    return Caller("lm-eval", command if command[0] in _PROGRAMS else None, samples, policy=policy)


_waiting: list[RunDirectory] = []
"""Of the runs since lm-eval last wrote a file of results: one for each task of a command."""


def name_results_file_in(directory: RunDirectory) -> None:
    """Have lm-eval's next file of results named in the run directory, if it names that."""
    _waiting.append(directory)
    save = EvaluationTracker.save_results_aggregated
    if len(_waiting) > 1:
        return

    def save_and_name(tracker: EvaluationTracker, results: Mapping[str, Any], *rest: Any, **named: Any) -> None:
        EvaluationTracker.save_results_aggregated = save
        waiting = [*_waiting]
        _waiting.clear()
        tracker.save_results_aggregated(results, *rest, **named)
        path, known = _results_file(tracker), _run_directories(results)
        for each in waiting:
            if path and str(each) in known:
                name_results_file(each, path)

    EvaluationTracker.save_results_aggregated = save_and_name


def _run_directories(results: Mapping[str, Any]) -> list[str | None]:
    return [config.get("metadata", {}).get(RUN_DIRECTORY) for config in results["configs"].values()]


def _results_file(tracker: EvaluationTracker) -> Path | None:
    """The file that was written; None where there is none, or where another version of lm-eval names it otherwise."""
    if not tracker.output_path or not hasattr(tracker, "date_id"):
        return None
    out = Path(tracker.output_path)
    folder = out / str(tracker.general_config_tracker.model_name_sanitized)
    name = f"_{tracker.date_id}.json"
    path = out.with_name(out.stem + name) if out.suffix == ".json" else folder / f"results{name}"
    return path if path.is_file() else None
