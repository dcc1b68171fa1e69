"""Policies that decide how many more tests each problem gets: pure functions of what is known so far."""

from coderm_eval.budget.greedy import GreedyBudget
from coderm_eval.budget.policy import BudgetPolicy
from coderm_eval.budget.sequential import SequentialBudget
from coderm_eval.budget.standing import Standing
from coderm_eval.budget.uniform import UniformBudget

__all__ = ["BudgetPolicy", "GreedyBudget", "SequentialBudget", "Standing", "UniformBudget"]
