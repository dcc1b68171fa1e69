"""Which nodes of a Ray cluster would run programs."""

from __future__ import annotations

from coderm_eval.core.messages import abbreviated
from coderm_eval.pipeline.doctor.finding import Finding

__all__ = ["count_nodes"]


def count_nodes() -> Finding:
    """Count the nodes of the cluster that this process is connected to, and their CPUs."""
    from coderm_eval.execution.backends.ray.cluster import living_nodes  # Ray may not be installed

    nodes = living_nodes()
    used = [node for node in nodes if not node.drains]
    fact = f"{len(used)} with {sum(node.cpus for node in used)} CPUs: {abbreviated([node.name for node in used])}"
    leaving = len(nodes) - len(used)
    return Finding("nodes", "ok", f"{fact}; {leaving} more drain" if leaving else fact)
