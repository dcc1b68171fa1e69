"""`evalplus.coderm`: the script between `evalplus.codegen` and `evalplus.evaluate`."""

from coderm_eval.hosts.evalplus.command import evaluate, main

__all__ = ["evaluate", "main"]
