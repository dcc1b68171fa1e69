"""Stage 6, REPORT: scores with intervals, tables, the files of a run directory, leaderboards."""
