"""Where pairs are run: worker processes on this machine."""
