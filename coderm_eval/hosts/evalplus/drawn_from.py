"""The policy that `evalplus.codegen` draws samples from."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from evalplus.codegen import run_codegen

from coderm_eval.generation.origin import Origin, policy_origin

__all__ = ["drawn_from"]


def drawn_from(dataset: str, flags: Mapping[str, Any]) -> Origin | None:
    """The entry `policy` of summary.json; None where no model is named, as for recorded samples.

    The defaults of EvalPlus are those that are used. It says no more of the sampling.
    """
    if "model" not in flags:
        return None
    bound = inspect.signature(run_codegen).bind(dataset=dataset, **flags)
    bound.apply_defaults()
    given = bound.arguments
    n, temperature = (1, 0.0) if given["greedy"] else (given["n_samples"], given["temperature"])
    return policy_origin(
        {"model": given["model"], "server": given["base_url"], "n": n, "temperature": float(temperature)}
    )
