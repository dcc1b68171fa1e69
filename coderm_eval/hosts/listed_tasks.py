"""Whether the lm-eval of this environment finds this project's tasks."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator
from pathlib import Path

from coderm_eval.core.messages import single_line
from coderm_eval.hosts.lm_eval_tasks import TASKS
from coderm_eval.hosts.lm_eval_version import PIP_INSTALL, installed_version, is_known, unknown_version
from coderm_eval.pipeline.doctor.finding import Finding
from coderm_eval.pipeline.settings import Settings

__all__ = ["check_lm_eval"]

_AGAIN = "pip install --force-reinstall --no-deps coderm-eval, or `pip install .` in its clone"


def check_lm_eval(settings: Settings) -> Iterator[Finding]:
    """Have lm-eval read the part of its tasks folder where ours are: all of it would take ten seconds."""
    spec = importlib.util.find_spec("lm_eval")
    if spec is None or not spec.submodule_search_locations:
        yield Finding("lm-eval", "failed", "not installed in this environment", PIP_INSTALL)
        return
    version = installed_version()
    if not is_known(version):
        yield Finding("lm-eval", "failed", unknown_version(version), PIP_INSTALL)
        return
    folder = _folder(spec.submodule_search_locations)
    try:
        listed = _listed(folder)
    except Exception as error:  # whatever breaks its import would break a run as well
        yield Finding("lm-eval", "failed", f"it cannot list tasks ({single_line(error)})", PIP_INSTALL)
        return
    if missing := sorted(TASKS.keys() - listed):
        yield Finding("lm-eval", "failed", f"it does not list {', '.join(missing)}: not in {folder}", _AGAIN)
    else:
        yield Finding("lm-eval", "ok", f"{version} lists all {len(TASKS)} tasks: {', '.join(sorted(TASKS)[:2])}, ...")


def _folder(package: Iterable[str]) -> Path:
    """Where the wheel puts the tasks: lm-eval finds every YAML file below this folder's parent."""
    return Path(next(iter(package))) / "tasks" / "coderm"


def _listed(folder: Path) -> set[str]:
    if not folder.is_dir():
        return set()
    from lm_eval.tasks import TaskManager

    return set(TaskManager(include_path=str(folder), include_defaults=False).all_tasks)
