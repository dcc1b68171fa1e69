"""The rules that ship with the package, one a file; importing this folder registers them."""

from coderm_eval.selection.rules import aces, agreement, b4, codet, em, evidence, majority, mbr_exec, srank

__all__ = ["aces", "agreement", "b4", "codet", "em", "evidence", "majority", "mbr_exec", "srank"]
