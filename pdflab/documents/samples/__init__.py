"""Seeded, realistic requests of each kind."""
