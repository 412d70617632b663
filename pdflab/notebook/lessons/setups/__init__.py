"""What a lesson runs: plans in multiples of this machine's capacity, and a button for each run."""
