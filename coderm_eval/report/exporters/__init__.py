"""The picks of a run as submissions to leaderboards."""
