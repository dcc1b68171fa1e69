"""What `verify` checks in a run directory: its files against each other, and against what came out again."""
