"""How many workers a workload needs, by simulation."""
