"""Mistakes in lm-eval's `--metadata`: another benchmark than the task's, or settings that are not under `coderm`."""

from __future__ import annotations

import difflib
import inspect
import logging
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from lm_eval.api.model import LM

from coderm_eval.core.errors import SettingsError
from coderm_eval.hosts.lm_eval_tasks import TASKS
from coderm_eval.pipeline.settings import Settings

__all__ = ["benchmark_of", "require_settings_under_coderm"]

log = logging.getLogger(__name__)


def benchmark_of(task: object, metadata: Mapping[str, Any]) -> str:
    """The name of a task's benchmark: that of its file, or the one that --metadata names.

    Raises:
        SettingsError: none is named, or another than that of the task's file.
    """
    name, of_file = metadata.get("benchmark"), TASKS.get(str(task))
    if not isinstance(name, str):
        raise SettingsError(
            f"the task {task} has the problems that you name: add --metadata "
            '\'{"benchmark": "problems.jsonl"}\', with your file of problems or the name of a package\'s benchmark'
        )
    if of_file and name != of_file:
        raise SettingsError(f"--metadata: benchmark is {name!r}, and {task} is of {of_file}: run coderm_problems")
    return name


def require_settings_under_coderm(metadata: Mapping[str, Any], own: Collection[str]) -> None:
    """Refuse keys beside `coderm` that are meant to be in it, and warn of those that nobody is known to read.

    Args:
        metadata: a task's; lm-eval mixes the --model_args into it, so that an unknown key may be one of those.
        own: keys of the task file.

    Raises:
        SettingsError: names the key, and where it belongs.
    """
    for key, value in metadata.items():
        if key in own:
            continue
        if key in Settings.model_fields or key in Settings.renamed:
            raise SettingsError(
                f'--metadata: {key!r} is beside \'coderm\' and not under it: write {{"coderm": {{"{key}": ...}}}}'
            )
        if difflib.get_close_matches(key.lower(), ["coderm"], cutoff=0.7):
            raise SettingsError(f"--metadata: unknown key {key!r}; did you mean 'coderm'?")
        if isinstance(value, Mapping) and value.keys() & Settings.model_fields.keys():
            raise SettingsError(f"--metadata: unknown key {key!r}; settings are under 'coderm'")
        if key not in _model_arguments():
            log.warning(
                "--metadata: %r is no key of this task, and the model names no such argument; %s", key, _meant(key)
            )


def _meant(key: str) -> str:
    """The setting that a key is nearest to, or where settings are."""
    near = difflib.get_close_matches(key.lower(), list(Settings.model_fields), n=1)
    return f'did you mean {{"coderm": {{"{near[0]}": ...}}}}?' if near else "settings are under 'coderm'"


def _model_arguments() -> set[str]:
    """The arguments that the models of lm-eval name which are loaded: the model is before its tasks are."""
    return {name for model in _loaded_models(LM) for name in inspect.signature(model.__init__).parameters}


def _loaded_models(model: type[Any]) -> Iterator[type[Any]]:
    yield model
    loaded: list[type[Any]] = model.__subclasses__()
    for each in loaded:
        yield from _loaded_models(each)
