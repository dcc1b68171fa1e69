"""The task class behind all tasks of this project in lm-eval.

One class for each series of lm-eval; the installed version chooses.
"""

from typing import TYPE_CHECKING

from packaging.version import Version

from coderm_eval.hosts.lm_eval_version import installed_version, is_known

if TYPE_CHECKING:
    from coderm_eval.hosts.lm_eval.task_04 import RerankTask
elif not is_known(installed_version()):
    from coderm_eval.hosts.lm_eval.task_unknown import RerankTask
elif installed_version() < Version("0.5.dev0"):
    from coderm_eval.hosts.lm_eval.task_04 import RerankTask
else:
    from coderm_eval.hosts.lm_eval.task_05 import RerankTask

__all__ = ["RerankTask"]
