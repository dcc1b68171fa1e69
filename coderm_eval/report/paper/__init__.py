"""The tables and figures of the CodeRM paper (arXiv 2501.01054), from runs of its authors' records."""
