"""Policies that decide how many more tests each problem gets: pure functions of what is known so far."""

from coderm_eval.selection.budget.greedy import GreedyBudget
from coderm_eval.selection.budget.policy import BudgetPolicy
from coderm_eval.selection.budget.sequential import SequentialBudget
from coderm_eval.selection.budget.state import ProblemState
from coderm_eval.selection.budget.uniform import UniformBudget

__all__ = ["BudgetPolicy", "GreedyBudget", "ProblemState", "SequentialBudget", "UniformBudget"]
