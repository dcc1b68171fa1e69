"""Stage 6, REPORT: scores with intervals, tables, run directories, leaderboard files. Nothing here runs a program."""
