"""Fault injection: faults in a running system, and their impact on its jobs."""
