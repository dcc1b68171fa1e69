"""A finished run as one HTML file that needs nothing else: the tables, the curves, and every verdict."""
