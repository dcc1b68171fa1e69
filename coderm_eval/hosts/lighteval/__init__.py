"""Tasks of lighteval, by `--custom-tasks coderm_eval.hosts.lighteval`; importing this needs lighteval.

The names are those of lm-eval's: `humanevalplus_coderm`, `mbppplus_coderm`, `livecodebench_coderm`, `coderm_demo`.
"""

from typing import TYPE_CHECKING

from coderm_eval.core.user_errors import user_errors
from coderm_eval.hosts.lighteval.version import require_known_version

with user_errors("coderm-eval"):
    require_known_version()

if not TYPE_CHECKING:  # after the check: another version may lack what this imports
    from coderm_eval.hosts.lighteval.tasks import TASKS_TABLE
else:
    TASKS_TABLE: list[object]

__all__ = ["TASKS_TABLE"]
