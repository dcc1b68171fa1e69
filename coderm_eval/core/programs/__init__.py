"""A candidate program as text: what it defines, and how it is made callable."""
