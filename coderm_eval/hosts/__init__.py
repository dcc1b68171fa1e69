"""Adapters to evaluation harnesses: no algorithm here, and nowhere else is a harness imported."""
