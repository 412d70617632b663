"""How many workers a demand needs, found by simulation."""
