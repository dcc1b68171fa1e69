"""The problem that a request to a server states, found by its text and by its answers.

conversation      which message counts
function_stubs    functions without a body
surroundings      the code that they stand in
asserts           asserts as examples
statement         the statement without a harness's instructions
candidate_names   what candidates define and read
examples          whether another question follows
problem           what these say together
"""

from coderm_eval.generation.stated_problem.conversation import asked_text, begun_answer
from coderm_eval.generation.stated_problem.examples import asks_for_another
from coderm_eval.generation.stated_problem.problem import problem_of_request

__all__ = ["asked_text", "asks_for_another", "begun_answer", "problem_of_request"]
