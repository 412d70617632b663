"""Experiments: one plan against both endpoints, and the simulation against the real service."""
