"""What Every Eval Ever asks for beside the run."""

from __future__ import annotations

from typing import Literal

from coderm_eval.report.exporters import entry

__all__ = ["Entry"]


class Entry(entry.Entry):
    """Who ran it, and what is known of the policy model."""

    organization: str
    """name of who ran it."""
    relationship: Literal["first_party", "third_party", "collaborative", "other"]
    """relationship of who ran it to the policy model: first_party, third_party, collaborative or other."""
    deployment: Literal["self_deployed", "externally_managed", "unknown"] = "unknown"
    availability: Literal["open_weights", "closed_weights", "unknown"] = "unknown"
