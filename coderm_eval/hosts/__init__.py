"""Adapters to evaluation harnesses, and servers for them: no algorithm, and the only place that imports a harness."""
