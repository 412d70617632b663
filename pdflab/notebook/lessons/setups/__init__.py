"""What single lessons need and students need not read."""
