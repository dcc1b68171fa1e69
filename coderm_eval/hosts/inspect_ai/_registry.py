"""What inspect_ai finds under `coderm_eval/...`; it imports this module when it first meets such a name."""

from coderm_eval.core.errors import SettingsError

__all__ = [
    "CodermSandbox",
    "best_of_epochs",
    "best_of_n",
    "best_of_recorded",
    "coderm_demo",
    "coderm_problems",
    "humanevalplus_coderm",
    "livecodebench_coderm",
    "mbppplus_coderm",
    "pass_at_1",
    "tests_per_problem",
]

try:
    from coderm_eval.hosts.inspect_ai.epochs import best_of_epochs
    from coderm_eval.hosts.inspect_ai.recorded import best_of_recorded
    from coderm_eval.hosts.inspect_ai.sandbox import CodermSandbox
    from coderm_eval.hosts.inspect_ai.scorer import pass_at_1, tests_per_problem
    from coderm_eval.hosts.inspect_ai.solver import best_of_n
    from coderm_eval.hosts.inspect_ai.tasks import (
        coderm_demo,
        coderm_problems,
        humanevalplus_coderm,
        livecodebench_coderm,
        mbppplus_coderm,
    )
except ImportError as error:  # inspect logs it as a warning, and goes on with what is not ours
    if not (error.name or "").startswith("inspect_ai"):
        raise
    raise SettingsError(
        f"this inspect_ai is not one that coderm-eval works with ({error}): pip install 'inspect-ai>=0.3.285,<0.4'"
    ) from error
