"""Graded runs of one benchmark side by side, problem by problem."""
