"""`python -m coderm_eval` is the command `coderm-eval`."""

from coderm_eval.cli import main

main(prog_name="coderm-eval")
