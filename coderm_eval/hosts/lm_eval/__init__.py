"""The task class behind `humanevalplus_coderm`, `mbppplus_coderm`, `livecodebench_coderm` and `coderm_demo`."""

from coderm_eval.hosts.lm_eval.task import RerankTask

__all__ = ["RerankTask"]
