"""What inspect_ai finds under `coderm_eval/...`; it imports this module when it first meets such a name."""

from coderm_eval.core.errors import SettingsError

__all__ = ["CodermSandbox"]

try:
    from coderm_eval.hosts.inspect_ai.sandbox import CodermSandbox
except ImportError as error:  # inspect logs it as a warning, and goes on with what is not ours
    raise SettingsError(
        f"this inspect_ai is not one that coderm-eval works with ({error}): pip install 'inspect-ai>=0.3.285,<0.4'"
    ) from error
