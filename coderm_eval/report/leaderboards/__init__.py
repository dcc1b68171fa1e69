"""Picks as submissions to leaderboards."""
