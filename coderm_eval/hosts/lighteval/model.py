"""What the command line of lighteval says of the model that samples: a task of lighteval sees nothing of it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from lighteval.models.abstract_model import ModelConfig

from coderm_eval.generation.origin import Origin, policy_origin

__all__ = ["is_greedy", "model_of_command", "policy_of", "takes_all_documents"]

_PROGRAM = "lighteval"


def model_of_command(command: Sequence[str] | None = None) -> Mapping[str, Any]:
    """The model's parameters as a command gives them, or a file that it names; empty where it is no such command.

    Args:
        command: a program and its arguments; by default those of this process.
    """
    arguments = _arguments(command)
    with suppress(OSError, ValueError, LookupError, TypeError, yaml.YAMLError):  # lighteval says it, right after this
        for argument in arguments:
            if argument.endswith(".yaml"):
                return dict(yaml.safe_load(Path(argument).read_text())["model_parameters"])
            if "model_name=" in argument:
                return dict(ModelConfig._parse_args(argument))
    return {}


def takes_all_documents(command: Sequence[str] | None = None) -> bool:
    """Whether it is a command of lighteval that evaluates all documents of its tasks."""
    arguments = _arguments(command)
    return bool(arguments) and not any(argument.startswith("--max-samples") for argument in arguments)


def _arguments(command: Sequence[str] | None) -> Sequence[str]:
    """The arguments of a command of lighteval; none of another program's."""
    program, *arguments = command or sys.argv
    path = Path(program)
    return arguments if (path.parent.name if path.name == "__main__.py" else path.name) == _PROGRAM else []


def is_greedy(model: Mapping[str, Any]) -> bool:
    """Whether the model draws nothing; lighteval's temperature is 0 unless it is given."""
    return bool(model) and not _generation(model).get("temperature", 0)


def policy_of(model: Mapping[str, Any], n: int) -> Origin:
    """The entry `policy` of a run's summary.

    Args:
        n: answers of each problem that were asked for.
    """
    generation = _generation(model)
    known = {
        "model": model.get("model_name"),
        "revision": model.get("revision"),
        "server": model.get("base_url"),
        "max_tokens": generation.get("max_new_tokens"),
        **{name: generation.get(name) for name in ("temperature", "top_p", "seed")},
    }
    return policy_origin({**known, "n": n})


def _generation(model: Mapping[str, Any]) -> Mapping[str, Any]:
    return model.get("generation_parameters") or {}
