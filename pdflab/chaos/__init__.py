"""Fault injection: what is done to a running system, and what that did to its jobs."""
