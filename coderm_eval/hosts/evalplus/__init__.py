"""`evalplus.coderm`: the script between `evalplus.codegen` and `evalplus.evaluate`."""

from typing import TYPE_CHECKING, Any

from coderm_eval.core.user_errors import user_errors

if TYPE_CHECKING:
    from coderm_eval.hosts.evalplus.command import evaluate

__all__ = ["evaluate", "main"]


def main() -> None:
    """The console script; EvalPlus, whose import takes seconds, is loaded where Ctrl-C is understood already."""
    with user_errors("evalplus.coderm"):
        from coderm_eval.hosts.evalplus.command import main as run

        run()


def __getattr__(name: str) -> Any:
    if name != "evaluate":
        raise AttributeError(f"module 'coderm_eval.hosts.evalplus' has no attribute {name!r}")
    from coderm_eval.hosts.evalplus.command import evaluate

    return evaluate
