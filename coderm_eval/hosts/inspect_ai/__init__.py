"""inspect_ai as a host: a solver, tasks, a scorer of existing logs, and a sandbox. `_registry` names them all."""
